import { expect, test } from 'vitest'
import { isProxyable } from './proxyable.ts'

test.each(['10.244.0.7', '192.168.1.1', '8.8.8.8', 'fd00::7', '2001:db8::1'])('%s may be reached', address => {
  expect(isProxyable(address)).toBe(true)
})

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  'localhost',
  '',
])('%s may not', address => {
  expect(isProxyable(address)).toBe(false)
})
