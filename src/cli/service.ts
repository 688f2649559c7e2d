import { setMaxListeners } from 'node:events'
import { explain } from './explain.ts'

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

/** Ends the process with a service: one that fails half-way must not linger with what it has opened so far. */
export async function untilItEnds(service: Promise<void>): Promise<never> {
  try {
    await service
    process.exit(0)
  } catch (error) {
    process.stderr.write(explain(error))
    process.exit(1)
  }
}
