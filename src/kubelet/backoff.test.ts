import { expect, test } from 'vitest'
import { VirtualClock } from '../apimachinery/virtual-clock.ts'
import { Backoff } from './backoff.ts'

test('the first failure is tried again at once, then ever later up to the limit', async () => {
  const clock = new VirtualClock()
  const backoff = new Backoff(clock)
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    const failed = clock.now()
    const wait = backoff.remaining('a', failed)
    waits.push(wait / 1000)
    await clock.advance(wait)
    expect(backoff.remaining('a', failed)).toBe(0)
    backoff.next('a', failed)
  }
  expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
})

test('after twice the limit without a failure it begins anew', async () => {
  const clock = new VirtualClock()
  const backoff = new Backoff(clock)
  backoff.next('a', clock.now())
  backoff.next('a', clock.now())
  expect(backoff.get('a')).toBe(20_000)
  await clock.advance(601_000)
  expect(backoff.remaining('a', clock.now())).toBe(0)
  backoff.next('a', clock.now())
  expect(backoff.get('a')).toBe(10_000)
})
