import { EvaluationError } from './errors.ts'
import { Timestamp } from './values.ts'

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/
const MIN = -62_135_596_800_000_000_000n
const MAX = 253_402_300_799_999_999_999n

/** A point in time from RFC 3339. Throws EvaluationError. */
export function parseTimestamp(text: string): Timestamp {
  const match = RFC3339.exec(text)
  const whole = match && Date.parse(text.replace(/\.\d+/, ''))
  if (!match || whole === null || Number.isNaN(whole)) {
    const shown = JSON.stringify(text)
    throw new EvaluationError(`parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as "2006"`)
  }
  const nanos = BigInt(whole) * 1_000_000n + BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'))
  return inRange(nanos, /[Zz]/.test(match[8]!) ? 0 : offsetOf(0, match[8]!) / 60_000)
}

/** Throws EvaluationError for what is before the year 1 or after 9999. */
export function inRange(nanos: bigint, offset = 0): Timestamp {
  if (nanos < MIN || nanos > MAX) throw new EvaluationError('timestamp overflow')
  return new Timestamp(nanos, offset)
}

export interface Calendar {
  readonly year: number
  /** From 0. */
  readonly month: number
  /** From 1. */
  readonly day: number
  readonly weekday: number
  /** From 0. */
  readonly yearDay: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly milliseconds: number
}

/**
 * A point in time in a time zone: a name of the IANA database, or an offset such as `-07:30`; its own when left out. Throws
 * EvaluationError.
 */
export function calendarOf({ nanos, offset }: Timestamp, zone?: string): Calendar {
  const ms = Number(nanos / 1_000_000n) - (nanos % 1_000_000n < 0n ? 1 : 0)
  const local = new Date(ms + (zone === undefined ? offset * 60_000 : offsetOf(ms, zone)))
  const yearStart = Date.UTC(2000, 0, 1)
  const start = new Date(yearStart)
  start.setUTCFullYear(local.getUTCFullYear())
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth(),
    day: local.getUTCDate(),
    weekday: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - start.getTime()) / 86_400_000),
    hours: local.getUTCHours(),
    minutes: local.getUTCMinutes(),
    seconds: local.getUTCSeconds(),
    milliseconds: local.getUTCMilliseconds(),
  }
}

/** Milliseconds that a zone is ahead of UTC at a moment. */
function offsetOf(ms: number, zone: string): number {
  if (zone === 'UTC' || zone === '') return 0
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone)
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(ms)
    const get = (type: string) => Number(parts.find(part => part.type === type)?.value)
    const local = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'))
    return local - Math.floor(ms / 1000) * 1000
  } catch {
    throw new EvaluationError(`unknown time zone ${zone}`)
  }
}
