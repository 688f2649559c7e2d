import { expect, test } from 'vitest'
import { simulate } from '../simulation/simulation.ts'

/** The run of 1,000 hours is a command: docs/testing.md. */
const HOURS = 3

test.each([1, 2])('a cluster with faults of all kinds keeps its promises and comes to rest (seed %i)', async seed => {
  const { failure } = await simulate({ seed, hours: HOURS })
  expect(failure).toBeUndefined()
})

test('the same seed gives the same history', async () => {
  const [first, second] = [await simulate({ seed: 3, hours: 2 }), await simulate({ seed: 3, hours: 2 })]
  expect(first.failure).toBeUndefined()
  expect(second.hash).toBe(first.hash)
  expect((await simulate({ seed: 4, hours: 2 })).hash).not.toBe(first.hash)
})
