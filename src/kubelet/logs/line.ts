/** One line of a container's log as the CRI writes it: `2026-01-01T00:00:00.000000000Z stdout F text`. */
export interface LogLine {
  readonly time: string
  readonly stream: string
  /** The runtime has cut a longer line here; what follows belongs to the same line. */
  readonly partial: boolean
  readonly content: Buffer
}

const SPACE = 0x20

/** Reads a line without its newline; undefined when it is not one. */
export function parseLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(SPACE)
  const second = line.indexOf(SPACE, first + 1)
  const third = line.indexOf(SPACE, second + 1)
  if (first < 0 || second < 0 || third < 0) return undefined
  const tags = line.toString('latin1', second + 1, third).split(':')
  return {
    time: line.toString('latin1', 0, first),
    stream: line.toString('latin1', first + 1, second),
    partial: tags.includes('P'),
    content: line.subarray(third + 1),
  }
}

/** Milliseconds since the epoch of a line's time, with fractions. */
export function timeOf(time: string): number {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? ''
  const whole = Date.parse(time.replace(/\.\d+/, ''))
  return whole + (fraction ? Number(`0.${fraction}`) * 1000 : 0)
}
