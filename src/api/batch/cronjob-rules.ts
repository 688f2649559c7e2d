import type { At } from '../../apimachinery/validation/at.ts'
import type { CronJob } from './cronjob.ts'
import { validateJob } from './job-rules.ts'

/** The rules of CronJobs, after upstream's pkg/apis/batch/validation. */

const MAX_NAME = 52
const MACROS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']
const BOUNDS = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { low: 0, high: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
]
type Bounds = (typeof BOUNDS)[number]

function number(text: string, { low, names }: Bounds): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return low + named
  if (!/^\d+$/.test(text)) {
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}

/** Throws with what is wrong with one part of a schedule, in the words of upstream's cron parser. */
function checkPart(part: string, bounds: Bounds): void {
  const [range = '', step, ...more] = part.split('/')
  if (more.length > 0) throw new Error(`too many slashes: ${part}`)
  const ends = range.split('-')
  if (ends.length > 2) throw new Error(`too many hyphens: ${part}`)
  const wild = range === '*' || range === '?'
  const low = wild ? bounds.low : number(ends[0]!, bounds)
  const high = wild ? bounds.high : ends[1] === undefined ? low : number(ends[1], bounds)
  if (low < bounds.low) throw new Error(`beginning of range (${low}) below minimum (${bounds.low}): ${part}`)
  if (high > bounds.high) throw new Error(`end of range (${high}) above maximum (${bounds.high}): ${part}`)
  if (low > high) throw new Error(`beginning of range (${low}) beyond end of range (${high}): ${part}`)
  if (step !== undefined && number(step, { low: 0, high: 0 }) === 0) {
    throw new Error(`step of range should be a positive number: ${part}`)
  }
}

function checkSchedule(schedule: string): void {
  const text = schedule.replace(/^(TZ|CRON_TZ)=\S+\s+/, '')
  if (text.startsWith('@every ')) return
  if (text.startsWith('@')) {
    if (!MACROS.includes(text)) throw new Error(`unrecognized descriptor: ${text}`)
    return
  }
  const fields = text.split(/\s+/).filter(Boolean)
  if (fields.length !== BOUNDS.length) {
    throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  }
  fields.forEach((field, i) => {
    for (const part of field.split(',')) checkPart(part, BOUNDS[i]!)
  })
}

function validateTimeZone(zone: string, at: At): void {
  if (zone === '') {
    at.invalid(zone, 'timeZone must be nil or non-empty string')
  } else if (zone.toLowerCase() === 'local') {
    at.invalid(zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')
  } else {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone })
    } catch {
      at.invalid(zone, `unknown time zone ${zone}`)
    }
  }
}

export function validateCronJob({ metadata, spec }: CronJob, at: At): void {
  const name = metadata.name ?? ''
  if (name.length > MAX_NAME) at.child('metadata', 'name').invalid(name, `must be no more than ${MAX_NAME} characters`)
  const place = at.child('spec')
  if (spec.schedule === '') {
    place.child('schedule').required()
  } else {
    try {
      checkSchedule(spec.schedule)
    } catch (error) {
      place.child('schedule').invalid(spec.schedule, (error as Error).message)
    }
    if (/TZ/.test(spec.schedule)) {
      place.child('schedule').invalid(spec.schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
    }
  }
  if (spec.timeZone !== undefined) validateTimeZone(spec.timeZone, place.child('timeZone'))
  validateJob(spec.jobTemplate.spec, place.child('jobTemplate', 'spec'))
}
