import { type LogOptions, readLog } from '../logs/read-log.ts'
import type { RuntimeContainer } from '../runtime/runtime-pod.ts'

/** Longest piece of a log that is read again for somebody who attaches: what a log holds until it is rotated. */
const MAX_BYTES = 10 << 20
const NEWLINE = 0x0a

/**
 * What a container had written before somebody attached to it: its log without what has come `since` through the attachment.
 * Of that the log holds at least the first `atLeast` bytes, in whole lines, and maybe more that is still to come. Undefined
 * while the log does not tell.
 */
export function outputBefore(log: Buffer, since: Buffer, atLeast: number): Buffer | undefined {
  const all = wholeLines(since)
  if (all === 0) return log
  for (let end = all; end >= Math.max(atLeast, 1); end = wholeLines(since.subarray(0, end - 1))) {
    const start = log.length - end
    if (start >= 0 && log.subarray(start).equals(since.subarray(0, end))) return log.subarray(0, start)
  }
  const start = log.lastIndexOf(since.subarray(0, all))
  return start >= 0 ? log.subarray(0, start) : undefined
}

/** How much of some output is whole lines, in bytes. */
export const wholeLines = (output: Buffer): number => output.lastIndexOf(NEWLINE) + 1

/** All that a container has written to one of its streams, as a terminal would have it where it has one. */
export async function loggedOutput(
  { logPath }: RuntimeContainer,
  stream: LogOptions['stream'],
  tty: boolean,
  signal: AbortSignal,
): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of readLog(logPath, { stream }, signal)) {
    const text = tty && piece.at(-1) === NEWLINE ? Buffer.concat([piece.subarray(0, -1), Buffer.from('\r\n')]) : piece
    pieces.push(text)
    size += text.length
    while (size > MAX_BYTES) size -= pieces.shift()!.length
  }
  return Buffer.concat(pieces)
}
