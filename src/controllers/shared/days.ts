import { rfc3339 } from '../../apimachinery/clock.ts'

export const DAY_MS = 24 * 3600_000

/** A day in UTC, as 2030-12-24. `now` in milliseconds since the epoch. */
export const dayOf = (now: number): string => rfc3339(now).slice(0, 'YYYY-MM-DD'.length)

/** Whether a text is a day, as `dayOf` writes it. */
export const isDay = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))
