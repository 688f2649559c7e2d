const DAY_MS = 86_400_000
/** A schedule that meets no day for so long meets none (robfig/cron gives up after five years). */
const HORIZON_DAYS = 5 * 366
const NAMES = [
  [],
  [],
  [],
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
]
const BOUNDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const
const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** The first time of a schedule after another, both in ms since the epoch; undefined when there is none. */
export type Next = (after: number) => number | undefined

/** Reads a schedule in cron's five fields, or by name as `@daily` (robfig/cron's standard form). Throws when it is none. */
export function parseSchedule(text: string, timeZone = 'UTC'): Next {
  const every = /^@every (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text)
  if (every) {
    const [, hours = 0, minutes = 0, seconds = 0] = every.map(Number).map(part => part || 0)
    const period = Math.max(1, hours * 3600 + minutes * 60 + seconds) * 1000
    return after => Math.floor(after / 1000) * 1000 + period
  }
  const fields = (MACROS[text] ?? text).trim().split(/\s+/)
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const [minutes, hours, days, months, weekdays] = fields.map(parseField) as [Field, Field, Field, Field, Field]
  const offset = offsetsIn(timeZone)
  const fitsDay = (date: Date) => {
    const [day, weekday] = [days.set.has(date.getUTCDate()), weekdays.set.has(date.getUTCDay())]
    const both = days.any || weekdays.any ? day && weekday : day || weekday
    return both && months.set.has(date.getUTCMonth() + 1)
  }
  return after => {
    const local = after + offset(after)
    const start = Math.floor(local / DAY_MS) - 1
    // No need to ask the zone about times long past.
    const past = local - DAY_MS / 8
    for (let day = start; day < start + HORIZON_DAYS; day++) {
      if (!fitsDay(new Date(day * DAY_MS))) continue
      for (const hour of hours.set) {
        for (const minute of minutes.set) {
          const wall = day * DAY_MS + hour * 3_600_000 + minute * 60_000
          if (wall < past) continue
          const time = wall - offset(wall - offset(wall))
          // A time that clocks skip is none.
          if (time > after && time + offset(time) === wall) return time
        }
      }
    }
    return undefined
  }
}

interface Field {
  readonly set: ReadonlySet<number>
  readonly any: boolean
}

function parseField(text: string, at: number): Field {
  const [low, high] = BOUNDS[at]!
  const number = (name: string): number => {
    const named = NAMES[at]!.indexOf(name.toLowerCase())
    const value = named >= 0 ? named + low : Number(name)
    if (!Number.isInteger(value) || value < low || value > high) throw new Error(`failed to parse ${text}: ${name}`)
    return value
  }
  const values = new Set<number>()
  let any = false
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/')
    const isAny = range === '*' || range === '?'
    any ||= isAny && (step === undefined || step === '1')
    const [first = '', last] = range.split('-')
    const from = isAny ? low : number(first)
    const to = isAny || (last === undefined && step !== undefined) ? high : number(last ?? first)
    for (let value = from; value <= to; value += Math.max(1, Number(step ?? 1))) values.add(value)
  }
  return { set: new Set([...values].sort((a, b) => a - b)), any }
}

/** How far clocks of a zone are ahead of UTC at a time, in ms. */
function offsetsIn(timeZone: string): (time: number) => number {
  if (timeZone === 'UTC') return () => 0
  const numeric = '2-digit' as const
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  })
  return time => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
    const wall = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!)
    return wall - Math.floor(time / 1000) * 1000
  }
}
