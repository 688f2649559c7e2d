import { setMaxListeners } from 'node:events'

/** Aborted when the process is asked to end. */
export function endSignal(): AbortSignal {
  const end = new AbortController()
  // Every part of the process listens to it.
  setMaxListeners(0, end.signal)
  process.once('SIGTERM', () => end.abort())
  process.once('SIGINT', () => end.abort())
  return end.signal
}

/** A line in the log of a process that runs in the background. */
export function logLine(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`)
}
