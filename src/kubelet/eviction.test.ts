import { expect, test } from 'vitest'
import { DEFAULT_THRESHOLDS, evictionMessage, pressuresOf, victimOf } from './eviction.ts'
import { podOf } from './testing/pods.ts'

const plenty = { memoryAvailable: 2 ** 30, diskAvailable: 0.5, inodesFree: 0.5, pidsFree: 0.5 }
const MI = 2 ** 20

test('each shortage is its own pressure', () => {
  const pressures = (less: Partial<typeof plenty>) => pressuresOf({ ...plenty, ...less }, DEFAULT_THRESHOLDS)
  expect(pressures({})).toEqual({ memory: false, disk: false, pid: false })
  expect(pressures({ memoryAvailable: 50 * MI }).memory).toBe(true)
  expect(pressures({ inodesFree: 0.01 }).disk).toBe(true)
  expect(pressures({ pidsFree: 0 }).pid).toBe(true)
})

test('who exceeds its request goes first, then low priority, then the largest excess', () => {
  const pod = (memory: string, priority = 0) => ({
    ...podOf({ containers: [{ name: 'main', image: 'x', resources: { requests: { memory } } }], priority }),
  })
  const modest = pod('1Gi')
  const important = pod('0', 1000)
  const large = pod('0')
  const critical = pod('0', 2_000_000_000)
  const use = new Map([
    [modest, 500 * MI],
    [important, 900 * MI],
    [large, 300 * MI],
    [critical, 999 * MI],
  ])
  const pods = [modest, critical, important, large]
  expect(victimOf(pods, each => use.get(each) ?? 0)).toBe(large)
  expect(victimOf([modest, important], each => use.get(each) ?? 0)).toBe(important)
  expect(victimOf([critical], () => 1)).toBeUndefined()
})

test('the message names the threshold', () => {
  expect(evictionMessage('memory', { ...plenty, memoryAvailable: 51_200 }, DEFAULT_THRESHOLDS)).toBe(
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Ki. ',
  )
})
