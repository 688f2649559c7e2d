import { own } from './own.ts'

/** Go's durations ("1h30m0s") and the ages kubectl shows ("3d4h"). Spans of time are in milliseconds unless said otherwise. */

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const PART = /(\d*)(?:\.(\d*))?([a-zµμ]*)/gy
const MAX = 2n ** 63n - 1n

/** Reads a Go duration. Answers in nanoseconds; throws with Go's text. */
export function parseDurationNanos(text: string): bigint {
  const quoted = JSON.stringify(text)
  const negative = text.startsWith('-')
  const body = /^[-+]/.test(text) ? text.slice(1) : text
  if (body === '0') return 0n
  if (body === '') throw new Error(`time: invalid duration ${quoted}`)
  let total = 0n
  PART.lastIndex = 0
  while (PART.lastIndex < body.length) {
    const match = PART.exec(body)
    const [, whole = '', fraction = '', unit = ''] = match ?? []
    if (!match || (whole === '' && fraction === '')) throw new Error(`time: invalid duration ${quoted}`)
    if (unit === '') throw new Error(`time: missing unit in duration ${quoted}`)
    const size = own(UNITS, unit)
    if (size === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`)
    total += BigInt(whole || 0) * size + (BigInt(fraction || 0) * size) / 10n ** BigInt(fraction.length)
    if (total > MAX) throw new Error(`time: invalid duration ${quoted}`)
  }
  return negative ? -total : total
}

/** Reads a Go duration. Answers in milliseconds; throws with Go's text. */
export const parseDuration = (text: string): number => Number(parseDurationNanos(text)) / 1e6

const withFraction = (nanos: bigint, unit: bigint) => {
  const fraction = (nanos % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '')
  return `${nanos / unit}${fraction && `.${fraction}`}`
}

/** Writes a duration as Go does: "1h30m0s", "1.5s", "250ms". */
export function formatDurationNanos(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  const sign = nanos < 0n ? '-' : ''
  const span = nanos < 0n ? -nanos : nanos
  if (span < 1_000n) return `${sign}${span}ns`
  if (span < 1_000_000n) return `${sign}${withFraction(span, 1_000n)}µs`
  if (span < 1_000_000_000n) return `${sign}${withFraction(span, 1_000_000n)}ms`
  const hours = span / UNITS.h!
  const minutes = (span % UNITS.h!) / UNITS.m!
  const seconds = `${withFraction(span % UNITS.m!, UNITS.s!)}s`
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

/** Writes milliseconds as Go writes a duration. */
export const formatDuration = (ms: number): string => formatDurationNanos(BigInt(Math.round(ms * 1e6)))

/** The age of something with two or three figures, as in kubectl's AGE column: "45s", "3m20s", "5d", "2y10d". */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const both = (large: number, unit: string, small: number, rest: string) =>
    small === 0 ? `${large}${unit}` : `${large}${unit}${small}${rest}`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (days < 8) return both(days, 'd', hours % 24, 'h')
  if (days < 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  return days < 365 * 8 ? both(years, 'y', days % 365, 'd') : `${years}y`
}

/** The age of something with a single unit. */
export function shortHumanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.trunc(seconds / 60)}m`
  const hours = Math.trunc(seconds / 3600)
  if (hours < 24) return `${hours}h`
  return hours < 24 * 365 ? `${Math.trunc(hours / 24)}d` : `${Math.trunc(hours / 24 / 365)}y`
}
