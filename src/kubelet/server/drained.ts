import type { Writable } from 'node:stream'

/** Resolves when a stream takes more, or never will because it is closed. */
export function drained(stream: Writable): Promise<void> {
  if (stream.closed) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}
