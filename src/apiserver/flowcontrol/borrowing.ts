import { allocate } from './concurrency-allocation.ts'
import type { PriorityLevel } from './priority-level.ts'

/**
 * Shares the server's seats out anew by what levels asked for since the last time: those that need more borrow what others
 * lend (upstream updateBorrowing, KEP-1040). Answers with the fraction of their targets that levels got.
 */
export function shareOutSeats(levels: Iterable<PriorityLevel>, now: number): number {
  const all = [...levels]
  for (const { set } of all) set.demand.endPeriod(now)
  const [exempt, limited] = [all.filter(level => level.exempt), all.filter(level => !level.exempt)]
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const total = sum(all.map(level => level.nominal))
  for (const level of exempt) level.current = level.target = Math.max(level.min, level.set.demand.highWatermark)
  const remaining = total - sum(exempt.map(level => level.current))
  const least = limited.map(level => Math.max(level.min, Math.min(level.nominal, level.set.demand.highWatermark)))
  const [configured, needed] = [sum(limited.map(level => level.min)), sum(least)]
  const claims = limited.map((level, i) => ({
    lowerBound: least[i]!,
    upperBound: level.max,
    target: Math.max(least[i]!, level.set.demand.smoothed),
  }))
  const shared = remaining > needed ? allocate(total, claims) : undefined
  const scarce = remaining <= configured ? 0 : (remaining - configured) / Math.max(1, needed - configured)
  limited.forEach((level, i) => {
    level.target = claims[i]!.target
    if (shared) level.current = Math.round(shared.seats[i]!)
    else if (remaining <= needed) level.current = level.min + Math.round((least[i]! - level.min) * scarce)
  })
  for (const level of all) level.set.setLimit(level.current)
  return shared?.fraction ?? 0
}
