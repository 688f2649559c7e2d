import type { Duplex } from 'node:stream'

/**
 * Joins two connections. When one has said all, the other is closed behind what it still has to send; when one breaks off,
 * so does the other.
 */
export function join(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      if (!from.readableEnded || to.writableFinished) to.destroy()
      else to.end(() => to.destroy())
    })
  }
}
