import { expect, test } from 'vitest'
import { expandedKey, seededCipher } from './seeded-cipher.ts'

const PATH = '/registry/secrets/default/a'
const seed = Buffer.alloc(32, 7)

test('each value has a key of its own, of the seed and what stands before it', () => {
  const cipher = seededCipher(seed)
  const stored = cipher.encrypt(Buffer.from('hello'), PATH)
  expect(stored).toHaveLength(32 + 12 + 5 + 16)
  expect(Buffer.from(cipher.decrypt(stored, PATH)).toString()).toBe('hello')
  const other = Buffer.from(stored)
  other[0]! ^= 1
  expect(() => cipher.decrypt(other, PATH)).toThrow('message authentication failed')
  expect(() => seededCipher(Buffer.alloc(32, 8)).decrypt(stored, PATH)).toThrow('message authentication failed')
})

test('the key is the first block of HKDF-Expand (RFC 5869)', () => {
  // Test case 3 of the RFC: no info, and this pseudorandom key.
  const prk = Buffer.from('19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04', 'hex')
  expect(expandedKey(prk, Buffer.alloc(0)).toString('hex')).toBe(
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
  )
})
