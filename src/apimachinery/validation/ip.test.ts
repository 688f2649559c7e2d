import { expect, test } from 'vitest'
import { canonicalCIDR, canonicalIP, cidrContains, ipBits, ipFromBits, isCanonicalIP, isCIDR, isIP } from './ip.ts'

test.each([
  ['10.0.0.1', []],
  ['010.0.0.1', ['must not have leading 0s']],
  ['::ffff:1.2.3.4', ['must not be an IPv4-mapped IPv6 address']],
  ['x', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  ['1.2.3', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
])('address %s', (value, messages) => {
  expect(isIP(value)).toEqual(messages)
})

test('the canonical form of an address', () => {
  expect(canonicalIP('2001:DB8:0:0::1')).toBe('2001:db8::1')
  expect(isCanonicalIP('2001:db8:0::1')).toEqual(['must be in canonical form ("2001:db8::1")'])
})

test.each([
  ['10.0.0.0/8', []],
  ['10.0.0.1/8', ['must not have bits set beyond the prefix length']],
  ['010.0.0.0/8', ['must not have leading 0s in IP or prefix length']],
  ['10.0.0.0/08', ['must not have leading 0s in IP or prefix length']],
  ['10.0.0.0/33', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
  ['10.0.0.0', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
  ['2001:db8::/64', []],
])('CIDR %s', (value, messages) => {
  expect(isCIDR(value)).toEqual(messages)
})

test('CIDRs lose their host bits and contain their addresses', () => {
  expect(canonicalCIDR('10.1.2.3/8')).toBe('10.0.0.0/8')
  expect(canonicalCIDR('2001:db8::5/64')).toBe('2001:db8::/64')
  expect(cidrContains('10.0.0.0/8', '10.9.9.9')).toBe(true)
  expect(cidrContains('10.0.0.0/8', '11.0.0.1')).toBe(false)
})

test('addresses become numbers and back', () => {
  expect(ipFromBits(ipBits('10.0.0.255') + 1n, 4)).toBe('10.0.1.0')
  expect(ipFromBits(ipBits('2001:db8::ffff') + 1n, 6)).toBe('2001:db8::1:0')
})
