import { rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestKeyService } from '../../../../test/support/key-service.ts'
import { systemClock } from '../../../apimachinery/clock.ts'
import { systemRandom } from '../../../apimachinery/random.ts'
import { VirtualClock } from '../../../apimachinery/virtual-clock.ts'
import { openKeyService } from './key-service.ts'
import { encryptedObject, KmsCipher } from './kms-cipher.ts'

const PATH = '/registry/secrets/default/a'
const text = Buffer.from('a secret that nobody may read')
const socket = path.join(os.tmpdir(), `tsukube-kms-${process.pid}.sock`)
let service: TestKeyService
let clock: VirtualClock
const open: KmsCipher[] = []

beforeEach(async () => {
  await rm(socket, { force: true })
  service = await TestKeyService.start(socket)
  clock = new VirtualClock()
})
afterEach(() => {
  for (const cipher of open.splice(0)) cipher.close()
  service.stop()
})

/** As after a restart: nothing is known but where the service is. */
function cipher(): KmsCipher {
  const { endpoint } = service
  const connection = openKeyService({ endpoint, timeoutMs: 3000, clock: systemClock, random: systemRandom })
  const made = new KmsCipher(connection, clock)
  open.push(made)
  return made
}

test('asks for one key, and encrypts any number of values with it', async () => {
  const kms = cipher()
  await kms.ready()
  const [a, b] = [kms.encrypt(text, PATH), kms.encrypt(text, PATH)]
  expect(kms.ready()).toBeUndefined()
  expect(service.calls).toEqual(['status', 'encrypt'])
  expect(a.equals(b)).toBe(false)
  expect(a.includes('secret that')).toBe(false)
  expect(encryptedObject.decode(a)).toMatchObject({ keyID: 'key-1', encryptedDEKSourceType: 1 })
  expect(Buffer.from(kms.decrypt(a, PATH))).toEqual(text)
  expect(() => kms.decrypt(a, '/registry/secrets/default/b')).toThrow('message authentication failed')
})

test('asks once for the key of what others wrote', async () => {
  const before = cipher()
  await before.ready()
  const stored = [before.encrypt(text, PATH), before.encrypt(text, PATH)]
  service.calls.length = 0
  const kms = cipher()
  await Promise.all(stored.map(value => kms.prepare(value)))
  expect(service.calls).toEqual(['decrypt'])
  for (const value of stored) expect(Buffer.from(kms.decrypt(value, PATH))).toEqual(text)
})

test("takes another key when the service's own has changed, and still reads what was written before", async () => {
  const kms = cipher()
  await kms.ready()
  const old = kms.encrypt(text, PATH)
  service.keyId = 'key-2'
  await clock.advance(59_000)
  expect(kms.ready()).toBeUndefined()
  await clock.advance(200_000)
  await kms.ready()
  const now = kms.encrypt(text, PATH)
  expect([kms.versionOf(old), kms.versionOf(now), kms.version]).toEqual(['key-1', 'key-2', 'key-2'])
  expect(Buffer.from(kms.decrypt(old, PATH))).toEqual(text)
})

test('a service that is not well gives no new keys; for a while the last one will do', async () => {
  const kms = cipher()
  await kms.ready()
  service.healthz = 'tired'
  await clock.advance(100_000)
  expect(kms.ready()).toBeUndefined()
  expect(Buffer.from(kms.decrypt(kms.encrypt(text, PATH), PATH))).toEqual(text)
  await clock.advance(100_000)
  await expect(kms.ready()).rejects.toThrow('got unexpected healthz status: tired')
})

test('a service that is not there is told of', async () => {
  service.stop()
  await expect(cipher().ready()).rejects.toThrow(/UNAVAILABLE/)
})
