import { createDecipheriv } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Provider } from './configuration.ts'
import { isEncrypted, Transformer } from './transformer.ts'

const PATH = '/registry/secrets/default/a'
const text = Buffer.from('a secret that nobody may read')
const key = (name: string, byte = 1, length = 32) => ({ name, secret: Buffer.alloc(length, byte).toString('base64') })
const PROVIDERS: Record<string, Provider> = {
  aescbc: { aescbc: { keys: [key('k1')] } },
  aesgcm: { aesgcm: { keys: [key('k1', 1, 16)] } },
  secretbox: { secretbox: { keys: [key('k1')] } },
}

test.each(Object.keys(PROVIDERS))('%s: what is written can be read, under the prefix that others write', type => {
  const transformer = new Transformer([PROVIDERS[type]!])
  const stored = Buffer.from(transformer.toStorage(text, PATH))
  expect(stored.subarray(0, stored.indexOf('k1:') + 3).toString()).toBe(`k8s:enc:${type}:v1:k1:`)
  expect(stored.includes('secret that')).toBe(false)
  expect(Buffer.from(transformer.fromStorage(stored, PATH).plain)).toEqual(text)
})

test('aescbc is an initialization vector and padded blocks', () => {
  const stored = Buffer.from(new Transformer([PROVIDERS.aescbc!]).toStorage(text, PATH)).subarray(
    'k8s:enc:aescbc:v1:k1:'.length,
  )
  const cipher = createDecipheriv('aes-256-cbc', Buffer.alloc(32, 1), stored.subarray(0, 16))
  expect(Buffer.concat([cipher.update(stored.subarray(16)), cipher.final()])).toEqual(text)
})

test('aesgcm binds a value to its place', () => {
  const transformer = new Transformer([PROVIDERS.aesgcm!])
  const stored = transformer.toStorage(text, PATH)
  expect(() => transformer.fromStorage(stored, '/registry/secrets/default/b')).toThrow('message authentication failed')
})

test('the first key writes, all read; what another one wrote is stale', () => {
  const old = new Transformer([{ aescbc: { keys: [key('k1', 1)] } }])
  const rotated = new Transformer([{ aescbc: { keys: [key('k2', 2), key('k1', 1)] } }])
  const stored = old.toStorage(text, PATH)
  expect(rotated.fromStorage(stored, PATH)).toMatchObject({ plain: text, stale: true })
  expect(rotated.fromStorage(rotated.toStorage(text, PATH), PATH).stale).toBe(false)
})

test('a key of the same name that does not fit is passed by', () => {
  const stored = new Transformer([PROVIDERS.aesgcm!]).toStorage(text, PATH)
  const both = new Transformer([{ aesgcm: { keys: [key('k1', 9)] } }, PROVIDERS.aesgcm!])
  expect(both.fromStorage(stored, PATH).stale).toBe(true)
  const wrong = new Transformer([{ aesgcm: { keys: [key('k1', 9)] } }])
  expect(() => wrong.fromStorage(stored, PATH)).toThrow('message authentication failed')
  const other = new Transformer([{ secretbox: { keys: [key('k1')] } }])
  expect(() => other.fromStorage(stored, PATH)).toThrow('no matching prefix found')
})

test('identity reads what is plain, and leaves the rest to others', () => {
  const transformer = new Transformer([PROVIDERS.secretbox!, { identity: {} }])
  expect(transformer.fromStorage(text, PATH)).toMatchObject({ plain: text, stale: true })
  const away = new Transformer([{ identity: {} }, PROVIDERS.secretbox!])
  const stored = transformer.toStorage(text, PATH)
  expect(isEncrypted(stored)).toBe(true)
  expect(away.fromStorage(stored, PATH).stale).toBe(true)
  expect(away.toStorage(text, PATH)).toBe(text)
})
