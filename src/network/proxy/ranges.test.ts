import { expect, test } from 'vitest'
import { disjoint } from './ranges.ts'

test('leaves out ranges within others, and what is none', () => {
  expect(
    disjoint(['10.1.0.0/16', ' 10.0.0.5/8', '192.168.1.7/32', '10.0.0.0/8', 'fd00::/8', 'x', '1.2.3.4/33']),
  ).toEqual(['10.0.0.0/8', '192.168.1.7/32'])
  expect(disjoint(['200.1.2.3/1', '100.0.0.0/1'])).toEqual(['128.0.0.0/1', '0.0.0.0/1'])
})

test('all addresses are no restriction, and no range is none', () => {
  expect(disjoint(['10.0.0.0/8', '0.0.0.0/0'])).toBeUndefined()
  expect(disjoint(['fd00::/8'])).toEqual([])
})
