import { expect, test } from 'vitest'
import { type Point, resourceList, usageOf } from './usage.ts'

const RESOLUTION = 15_000
const point = (at: number, cpuSeconds: number, startedAt?: number): Point => ({
  at,
  cpuSeconds,
  workingSet: 4096,
  startedAt,
})

test('processors in use are the growth of their time over the window', () => {
  expect(usageOf(point(20_000, 7), point(5_000, 4), RESOLUTION)).toEqual({
    at: 20_000,
    windowMs: 15_000,
    nanoCores: 200_000_000,
    workingSet: 4096,
  })
})

test('what was seen once only has no use, unless it started a short time before', () => {
  expect(usageOf(point(100_000, 7), undefined, RESOLUTION)).toBeUndefined()
  expect(usageOf(point(100_000, 7, 1_000), undefined, RESOLUTION)).toBeUndefined()
  expect(usageOf(point(100_000, 7, 95_000), undefined, RESOLUTION)).toBeUndefined()
  expect(usageOf(point(100_000, 1.2, 88_000), undefined, RESOLUTION)).toMatchObject({
    windowMs: 12_000,
    nanoCores: 100_000_000,
  })
})

test('what started anew is not compared with what it was', () => {
  expect(usageOf(point(100_000, 1, 99_000), point(85_000, 50, 1_000), RESOLUTION)).toBeUndefined()
  expect(usageOf(point(100_000, 6, 88_000), point(85_000, 5, 1_000), RESOLUTION)).toMatchObject({ windowMs: 12_000 })
  expect(usageOf(point(100_000, 1), point(85_000, 50), RESOLUTION)).toBeUndefined()
})

test('quantities are in billionths of processors and in bytes', () => {
  expect(resourceList({ nanoCores: 1_234_567, workingSet: 5 << 20 })).toEqual({ cpu: '1234567n', memory: '5Mi' })
  expect(resourceList({ nanoCores: 250_000_000, workingSet: 5001 })).toEqual({ cpu: '250m', memory: '5001' })
  expect(resourceList({ nanoCores: 0, workingSet: 0 })).toEqual({ cpu: '0', memory: '0' })
})
