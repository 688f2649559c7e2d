import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { openMemoryStore } from '../../src/storage/memory.ts'
import { prefixEnd, type Store } from '../../src/storage/store.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { TestKeyService } from '../support/key-service.ts'

const SECRETS = '/api/v1/namespaces/default/secrets'
const WORD = 'correct-horse-battery'
const folder = mkdtempSync(path.join(tmpdir(), 'encryption-'))
let store: Store
let running: ApiUnderTest | undefined
const errors: string[] = []

beforeEach(() => {
  store = openMemoryStore()
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  await store.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

const key = (name: string, byte: number) => ({ name, secret: Buffer.alloc(32, byte).toString('base64') })
const [first, second] = [key('one', 1), key('two', 2)]

const file = path.join(folder, 'encryption.json')
function write(...providers: object[]): void {
  const resources = [{ resources: ['secrets', 'widgets.example.com'], providers }]
  writeFileSync(
    file,
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources }),
  )
}

/** The server on the same store, started again with other providers for Secrets. */
async function restart(...providers: object[]): Promise<ApiUnderTest> {
  await running?.stop()
  running = undefined
  errors.length = 0
  write(...providers)
  running = await startApi({
    store,
    onError: (_component, _key, error) => errors.push((error as Error).message),
    ...(providers.length > 0 && { encryptionProviderConfig: file }),
  })
  return running
}

/** What lies in the store under a prefix. */
async function raw(prefix = '/registry/secrets/default/'): Promise<string[]> {
  const { kvs } = await store.range(prefix, prefixEnd(prefix))
  return kvs.map(({ value }) => Buffer.from(value).toString('latin1'))
}

const secret = (name: string) => ({ metadata: { name }, stringData: { word: WORD } })

test.each([
  ['aescbc', { aescbc: { keys: [first] } }],
  ['aesgcm', { aesgcm: { keys: [first] } }],
  ['secretbox', { secretbox: { keys: [first] } }],
])('with %s the store never holds a secret in the clear, and clients see it', async (type, provider) => {
  let api = await restart(provider)
  await api.request('POST', SECRETS, secret('a'))
  await api.request(
    'PATCH',
    `${SECRETS}/a`,
    { metadata: { labels: { x: 'y' } } },
    { 'content-type': 'application/merge-patch+json' },
  )
  const [value] = await raw()
  expect(value).toMatch(new RegExp(`^k8s:enc:${type}:v1:one:`))
  expect(value).not.toContain(Buffer.from(WORD).toString('base64'))
  api = await restart(provider)
  const { json } = await api.request('GET', `${SECRETS}/a`)
  expect(json).toMatchObject({ metadata: { labels: { x: 'y' } }, data: { word: Buffer.from(WORD).toString('base64') } })
  expect((await api.request('DELETE', `${SECRETS}/a`)).status).toBe(200)
})

test('other resources stay as they are', async () => {
  const api = await restart({ aescbc: { keys: [first] } })
  await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'plain' }, data: { a: WORD } })
  expect((await raw('/registry/configmaps/default/'))[0]).toContain(WORD)
})

test('a rotated key reads what the old one wrote; an update without change brings it under the new one', async () => {
  let api = await restart({ aesgcm: { keys: [first] } })
  const { json: made } = await api.request('POST', SECRETS, secret('a'))
  api = await restart({ aesgcm: { keys: [second, first] } })
  expect((await raw())[0]).toContain(':one:')
  const { json: read } = await api.request('GET', `${SECRETS}/a`)
  expect(read).toEqual(made)
  const { json: written } = await api.request('PUT', `${SECRETS}/a`, read)
  expect((await raw())[0]).toContain(':two:')
  expect(written.metadata.resourceVersion).not.toBe(read.metadata.resourceVersion)
  const again = await api.request('PUT', `${SECRETS}/a`, written)
  expect(again.json.metadata.resourceVersion).toBe(written.metadata.resourceVersion)
  api = await restart({ aesgcm: { keys: [second] } })
  expect((await api.request('GET', `${SECRETS}/a`)).json.data).toEqual(made.data)
})

test('encryption can be begun and ended', async () => {
  let api = await restart()
  const { json } = await api.request('POST', SECRETS, secret('a'))
  api = await restart({ aescbc: { keys: [first] } }, { identity: {} })
  await api.request('PUT', `${SECRETS}/a`, json)
  expect((await raw())[0]).toContain('k8s:enc:')
  api = await restart({ identity: {} }, { aescbc: { keys: [first] } })
  await api.request('PUT', `${SECRETS}/a`, { ...json, metadata: { name: 'a' } })
  expect((await raw())[0]).not.toContain('k8s:enc:')
})

test('watches and reads of the past see plain objects', async () => {
  const api = await restart({ aescbc: { keys: [first] } })
  const { json: made } = await api.request('POST', SECRETS, secret('a'))
  await api.request('PUT', `${SECRETS}/a`, { ...secret('a'), stringData: { word: 'other' } })
  await api.request('DELETE', `${SECRETS}/a`)
  const since = Number(made.metadata.resourceVersion) - 1
  const events = await api.watch(`${SECRETS}?watch=1&resourceVersion=${since}`, seen => seen.length === 3)
  expect(events.map(({ type, object }) => [type, object.data.word])).toEqual([
    ['ADDED', Buffer.from(WORD).toString('base64')],
    ['MODIFIED', Buffer.from('other').toString('base64')],
    ['DELETED', Buffer.from('other').toString('base64')],
  ])
  const past = `resourceVersion=${made.metadata.resourceVersion}&resourceVersionMatch=Exact`
  expect((await api.request('GET', `${SECRETS}?${past}`)).json.items).toEqual([
    expect.objectContaining({ data: made.data }),
  ])
})

test.each<[string, object[], string]>([
  ['another key', [{ aesgcm: { keys: [key('one', 9)] } }], 'message authentication failed'],
  ['no such key', [{ secretbox: { keys: [second] } }], 'no matching prefix found'],
  ['no configuration', [], 'no encryption configuration covers this resource'],
])('with %s the server does not start, says why, and loses nothing', async (_, providers, why) => {
  const provider = { aesgcm: { keys: [first] } }
  await (await restart(provider)).request('POST', SECRETS, secret('a'))
  const before = await raw()
  await expect(restart(...providers)).rejects.toMatchObject({
    what: '/registry/secrets/default/a in the store cannot be read',
    why: expect.stringContaining(why),
  })
  expect(await raw()).toEqual(before)
  expect((await (await restart(provider)).request('GET', `${SECRETS}/a`)).status).toBe(200)
})

test('custom resources are encrypted, too', async () => {
  const provider = { secretbox: { keys: [first] } }
  let api = await restart(provider)
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await api.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names,
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  })
  const widgets = '/apis/example.com/v1/namespaces/default/widgets'
  await expect.poll(async () => (await api.request('GET', widgets)).status).toBe(200)
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, word: WORD }
  await api.request('POST', widgets, widget)
  expect((await raw('/registry/example.com/widgets/'))[0]).toContain('k8s:enc:secretbox')
  api = await restart(provider)
  await expect.poll(async () => (await api.request('GET', `${widgets}/w`)).json?.word).toBe(WORD)
})

test('a change of the file holds without a restart, and one that cannot be used is told of', async () => {
  const api = await restart({ aesgcm: { keys: [first] } })
  const { json } = await api.request('POST', SECRETS, secret('a'))
  write({ aesgcm: { keys: [second, first] } })
  const rewritten = async () => {
    await api.request('PUT', `${SECRETS}/a`, { ...json, metadata: { name: 'a' } })
    return (await raw())[0]
  }
  await expect.poll(rewritten, { timeout: 5000 }).toContain(':two:')
  write({ aesgcm: { keys: [{ name: 'short', secret: 'AAAA' }] } })
  await expect.poll(() => errors, { timeout: 5000 }).toHaveLength(1)
  expect(errors[0]).toContain('secret is not of the expected length')
  expect((await api.request('GET', `${SECRETS}/a`)).json.data).toEqual(json.data)
  const { text } = await api.request('GET', '/metrics')
  expect(text).toContain('apiserver_encryption_config_controller_automatic_reloads_total{status="success"} 1')
  expect(text).toContain('apiserver_encryption_config_controller_automatic_reloads_total{status="failure"} 1')
})

test('a key service has the key of the keys', async () => {
  const service = await TestKeyService.start(path.join(folder, 'kms.sock'))
  const kms = { kms: { apiVersion: 'v2', name: 'vault', endpoint: service.endpoint } }
  try {
    let api = await restart(kms)
    const { json } = await api.request('POST', SECRETS, secret('a'))
    await api.request('POST', SECRETS, secret('b'))
    const [value] = await raw()
    expect(value).toMatch(/^k8s:enc:kms:v2:vault:/)
    expect(value).not.toContain(Buffer.from(WORD).toString('base64'))
    expect(service.calls).toEqual(['status', 'encrypt'])

    service.calls.length = 0
    api = await restart(kms)
    expect((await api.request('GET', `${SECRETS}/a`)).json).toEqual(json)
    expect((await api.request('GET', SECRETS)).json.items).toHaveLength(2)
    expect(service.calls.filter(call => call === 'decrypt')).toHaveLength(1)

    // With another key, an update without change brings an object under it.
    service.keyId = 'key-2'
    api = await restart(kms)
    await api.request('POST', SECRETS, secret('c'))
    const before = (await api.request('GET', `${SECRETS}/a`)).json
    const after = (await api.request('PUT', `${SECRETS}/a`, before)).json
    expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion)
    expect((await raw()).map(stored => /key-\d/.exec(stored)?.[0])).toEqual(['key-2', 'key-1', 'key-2'])

    // What a service that is gone has encrypted cannot be read.
    service.stop()
    await expect(restart(kms)).rejects.toMatchObject({
      what: '/registry/secrets/default/a in the store cannot be read',
      why: expect.stringContaining('failed to decrypt DEK'),
    })
  } finally {
    service.stop()
  }
})

test('without a key from its service nothing is written', async () => {
  const service = await TestKeyService.start(path.join(folder, 'other.sock'))
  service.healthz = 'sealed'
  try {
    const api = await restart({ kms: { apiVersion: 'v2', name: 'vault', endpoint: service.endpoint, timeout: '1s' } })
    const { status, json } = await api.request('POST', SECRETS, secret('a'))
    expect(status).toBe(500)
    expect(json.message).toContain('got unexpected healthz status: sealed')
    expect(await raw()).toEqual([])
    service.healthz = 'ok'
    expect((await api.request('POST', SECRETS, secret('a'))).status).toBe(201)
  } finally {
    service.stop()
  }
})
