import { expect, test } from 'vitest'
import { TimedDistribution, Utilization } from './utilization.ts'

test('weighs values by the time that they last', () => {
  const distribution = new TimedDistribution([0, 0.5, 1], 1000)
  distribution.set(0.5, 1010)
  distribution.set(2, 1030)
  expect(distribution.until(1031)).toEqual({ weights: [10e6, 20e6, 0, 1e6], sum: 12e6 })
})

test('is a part of what there is', () => {
  const utilization = new Utilization(0)
  const load = { seatsInUse: 5, executing: 3, waiting: 10, waitingSeats: 20, limit: 10, nominal: 5, room: 100 }
  utilization.note(load, 0)
  const inBucket = (distribution: TimedDistribution) => {
    const i = distribution.until(1).weights.findIndex(weight => weight > 0)
    return distribution.bounds[i]
  }
  expect(inBucket(utilization.seats)).toBe(0.5)
  expect(inBucket(utilization.executing)).toBe(0.5)
  expect(inBucket(utilization.waiting)).toBe(0.1)
  expect(inBucket(utilization.demand)).toBe(6)
})
