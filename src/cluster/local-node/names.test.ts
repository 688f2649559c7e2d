import { expect, test } from 'vitest'
import { addressIn, fabricOf } from './fabric.ts'
import { fabricPort, macOf } from './names.ts'

test('a fabric has its gateway at the first address of its subnet', () => {
  expect(fabricOf('c', '172.30.4.0/22')).toEqual({
    cluster: 'c',
    namespace: 'tsukube-c-fabric',
    gateway: '172.30.4.1',
    prefixLength: 22,
  })
})

test('addresses are counted from the start of the subnet', () => {
  expect(addressIn('172.30.0.0/16', 300)).toBe('172.30.1.44')
  expect(() => addressIn('172.30.0.0/24', 255)).toThrow('has no address number 255')
})

test.each(['172.30.0.0', '172.30.0.0/31', '300.1.1.0/24', 'fd00::/64'])('%s is refused', subnet => {
  expect(() => fabricOf('c', subnet)).toThrow('is not an IPv4 subnet')
})

test('a node keeps its hardware address and differs from others', () => {
  expect(macOf('c', 'a')).toBe(macOf('c', 'a'))
  expect(macOf('c', 'a')).not.toBe(macOf('c', 'b'))
  expect(macOf('c', 'a')).toMatch(/^02(:[0-9a-f]{2}){5}$/)
})

test('the name of a cable fits a long node name', () => {
  expect(fabricPort('n'.repeat(63)).length).toBeLessThan(16)
})
