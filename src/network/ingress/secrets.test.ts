import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Secret } from '../../api/core/secret.ts'
import { systemClock } from '../../apimachinery/clock.ts'
import { Pki } from '../../cluster/pki/pki.ts'
import { type Certificate, certificateOf, usersOf } from './secrets.ts'

let dir: string
let one: Certificate
let other: Certificate
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'secrets-'))
  const pki = await Pki.open(dir, systemClock)
  one = await pki.leaf('one', { commonName: 'one', hosts: ['a.test'] })
  other = await pki.leaf('other', { commonName: 'other', hosts: ['b.test'] })
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const secretOf = (data: Record<string, string>): Secret => {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])
  return { metadata: { name: 's', namespace: 'dev' }, data: Object.fromEntries(encoded) } as unknown as Secret
}

test('a certificate with its key', () => {
  expect(certificateOf(secretOf({ 'tls.crt': one.certificate, 'tls.key': one.key }))).toEqual({
    certificate: one.certificate,
    key: one.key,
  })
})

test('says what is wrong with a Secret', () => {
  const wrong = (secret: Secret | undefined) => () => certificateOf(secret)
  expect(wrong(undefined)).toThrow('it does not exist')
  expect(wrong(secretOf({ 'tls.crt': one.certificate }))).toThrow('it has no tls.crt and tls.key')
  expect(wrong(secretOf({ 'tls.crt': 'junk', 'tls.key': one.key }))).toThrow('cannot be read')
  expect(wrong(secretOf({ 'tls.crt': one.certificate, 'tls.key': other.key }))).toThrow('not that of its certificate')
})

test('the users for basic authentication', () => {
  expect(usersOf(secretOf({ auth: 'me:hash\n' }))).toBe('me:hash\n')
  expect(usersOf(secretOf({}))).toBeUndefined()
  expect(usersOf(undefined)).toBeUndefined()
})
