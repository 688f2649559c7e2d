import { expect, test } from 'vitest'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import { priorityLevels } from './bootstrap.ts'
import { shareOutSeats } from './borrowing.ts'
import { allocate } from './concurrency-allocation.ts'
import { DroppedRequests } from './dropped-requests.ts'
import { PriorityLevel } from './priority-level.ts'
import { Dealer } from './shuffle-sharding.ts'

const claim = (lowerBound: number, upperBound: number, target: number) => ({ lowerBound, upperBound, target })
const rounded = (sum: number, ...claims: ReturnType<typeof claim>[]) =>
  allocate(sum, claims)?.seats.map(seats => Math.round(seats * 1000) / 1000)

test('claims get the same fraction of their targets, within their bounds', () => {
  expect(rounded(30, claim(0, 100, 10), claim(0, 100, 20))).toEqual([10, 20])
  expect(rounded(15, claim(0, 100, 10), claim(0, 100, 20))).toEqual([5, 10])
  expect(rounded(60, claim(0, 100, 10), claim(0, 25, 20))).toEqual([35, 25])
  expect(rounded(12, claim(8, 100, 10), claim(0, 100, 20))).toEqual([8, 4])
  expect(rounded(5, claim(8, 100, 10))).toBeUndefined()
  expect(rounded(500, claim(8, 100, 10))).toBeUndefined()
})

test('seats are shared out by shares; what is asked for is borrowed from those that lend', async () => {
  const clock = new VirtualClock()
  const levels = priorityLevels.map(({ name, spec }) => new PriorityLevel(name, spec, clock))
  const shares = levels.reduce((sum, level) => sum + level.shares, 0)
  for (const level of levels) level.share(600, shares)
  const of = (name: string) => levels.find(level => level.name === name)!
  const seats = (name: string) => [of(name).nominal, of(name).min, of(name).max]
  // Upstream's figures for 600 seats.
  expect(['catch-all', 'system', 'node-high', 'workload-low'].map(seats)).toEqual([
    [13, 13, 613],
    [74, 50, 674],
    [98, 73, 698],
    [245, 24, 845],
  ])
  expect(of('workload-low').maxSeats).toBe(37)
  shareOutSeats(levels, clock.now())
  const before = of('global-default').current
  of('global-default').set.demand.set(200, clock.now())
  await clock.advance(10_000)
  shareOutSeats(levels, clock.now())
  expect(of('global-default').current).toBeGreaterThan(Math.max(before, 150))
  expect(of('workload-low').current).toBeGreaterThanOrEqual(of('workload-low').min)
  const sum = levels.reduce((a, level) => a + level.current, 0)
  expect(Math.abs(sum - levels.reduce((a, level) => a + level.nominal, 0))).toBeLessThan(levels.length)
})

test('a hand has different queues, always the same for a flow', () => {
  const dealer = new Dealer(64, 6)
  const hand = dealer.handOf('schema', 'jane')
  expect(new Set(hand).size).toBe(6)
  expect(hand.every(queue => queue >= 0 && queue < 64)).toBe(true)
  expect(new Dealer(64, 6).handOf('schema', 'jane')).toEqual(hand)
  expect(dealer.handOf('schema', 'joe')).not.toEqual(hand)
})

test('clients are asked to stay away for longer while many are refused', () => {
  const dropped = new DroppedRequests()
  const seconds: number[] = []
  for (let second = 1; second <= 20; second++) {
    for (let i = 0; i < 100; i++) dropped.add(second * 1000 + i)
    seconds.push(dropped.retryAfterSeconds)
  }
  expect(seconds.slice(0, 4)).toEqual([1, 2, 2, 4])
  expect(seconds.at(-1)).toBe(16)
  for (let second = 100; second <= 102; second++) dropped.add(second * 1000)
  expect(dropped.retryAfterSeconds).toBe(13)
})
