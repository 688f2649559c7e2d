import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data: object = { a: '1' }) => ({ metadata: { name }, data })

test('creates, reads, replaces, patches and deletes an object', async () => {
  const created = await api.request('POST', CONFIGMAPS, configMap('crud'))
  expect(created.status).toBe(201)
  expect(created.json).toMatchObject({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'crud', namespace: 'default' },
  })
  expect(created.json.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)

  const read = await api.request('GET', `${CONFIGMAPS}/crud`)
  expect(read.json).toEqual(created.json)

  const replaced = await api.request('PUT', `${CONFIGMAPS}/crud`, { ...read.json, data: { a: '2' } })
  expect(replaced.json.data).toEqual({ a: '2' })
  expect(Number(replaced.json.metadata.resourceVersion)).toBeGreaterThan(Number(read.json.metadata.resourceVersion))

  const merge = { 'content-type': 'application/merge-patch+json' }
  const patched = await api.request('PATCH', `${CONFIGMAPS}/crud`, { data: { a: null, b: '3' } }, merge)
  expect(patched.json.data).toEqual({ b: '3' })

  const deleted = await api.request('DELETE', `${CONFIGMAPS}/crud`)
  expect(deleted.json).toMatchObject({
    kind: 'Status',
    status: 'Success',
    details: { name: 'crud', kind: 'configmaps' },
  })
  const gone = await api.request('GET', `${CONFIGMAPS}/crud`)
  expect(gone.status).toBe(404)
  expect(gone.json).toMatchObject({ reason: 'NotFound', message: 'configmaps "crud" not found', code: 404 })
})

test('refuses a second object of the same name', async () => {
  await api.request('POST', CONFIGMAPS, configMap('twice'))
  const again = await api.request('POST', CONFIGMAPS, configMap('twice'))
  expect(again.json).toMatchObject({ reason: 'AlreadyExists', message: 'configmaps "twice" already exists', code: 409 })
})

test('refuses a write based on an old state', async () => {
  const { json: first } = await api.request('POST', CONFIGMAPS, configMap('race'))
  await api.request('PUT', `${CONFIGMAPS}/race`, { ...first, data: { a: '2' } })
  const late = await api.request('PUT', `${CONFIGMAPS}/race`, { ...first, data: { a: '3' } })
  expect(late.status).toBe(409)
  expect(late.json.message).toBe(
    'Operation cannot be fulfilled on configmaps "race": the object has been modified; please apply your changes to the latest version and try again',
  )
})

test('a write that changes nothing is none', async () => {
  const { json: first } = await api.request('POST', CONFIGMAPS, configMap('same'))
  const { json: second } = await api.request('PUT', `${CONFIGMAPS}/same`, first)
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
})

test('makes a name from a prefix', async () => {
  const { json } = await api.request('POST', CONFIGMAPS, { metadata: { generateName: 'made-' } })
  expect(json.metadata.name).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
})

test('a dry run answers as if, and stores nothing', async () => {
  const dry = await api.request('POST', `${CONFIGMAPS}?dryRun=All`, configMap('dry'))
  expect(dry.status).toBe(201)
  expect((await api.request('GET', `${CONFIGMAPS}/dry`)).status).toBe(404)
})

test('an object with a finalizer waits for it', async () => {
  const { json } = await api.request('POST', CONFIGMAPS, {
    metadata: { name: 'held', finalizers: ['example.com/hold'] },
  })
  const deleted = await api.request('DELETE', `${CONFIGMAPS}/held`)
  expect(deleted.json.metadata.deletionTimestamp).toBeTruthy()
  expect((await api.request('GET', `${CONFIGMAPS}/held`)).status).toBe(200)
  const current = (await api.request('GET', `${CONFIGMAPS}/held`)).json
  await api.request('PUT', `${CONFIGMAPS}/held`, { ...current, metadata: { ...current.metadata, finalizers: [] } })
  expect((await api.request('GET', `${CONFIGMAPS}/held`)).status).toBe(404)
  expect(json.metadata.uid).toBeTruthy()
})

test('deletes only the object that is meant', async () => {
  await api.request('POST', CONFIGMAPS, configMap('precise'))
  const wrong = await api.request('DELETE', `${CONFIGMAPS}/precise`, { preconditions: { uid: 'other' } })
  expect(wrong.status).toBe(409)
  expect(wrong.json.message).toContain('the UID in the precondition (other) does not match the UID in record')
})

test('deletes what a selector chooses', async () => {
  for (const name of ['one', 'two']) {
    await api.request('POST', CONFIGMAPS, { metadata: { name: `many-${name}`, labels: { set: name } } })
  }
  await api.request('DELETE', `${CONFIGMAPS}?labelSelector=set%3Done`)
  expect((await api.request('GET', `${CONFIGMAPS}/many-one`)).status).toBe(404)
  expect((await api.request('GET', `${CONFIGMAPS}/many-two`)).status).toBe(200)
})

test('reads YAML and writes it', async () => {
  const yaml = { 'content-type': 'application/yaml', accept: 'application/yaml' }
  const { status, text } = await api.request('POST', CONFIGMAPS, 'metadata:\n  name: yaml\ndata:\n  on: "yes"\n', yaml)
  expect(status).toBe(201)
  expect(text).toContain('name: yaml')
})

test('binding a pod to a node leaves its generation; changing what it should be does not', async () => {
  const pods = '/api/v1/namespaces/default/pods'
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  await api.request('POST', pods, { metadata: { name: 'bound' }, spec: { containers: [{ name: 'c', image: 'i:1' }] } })
  const target = { metadata: { name: 'bound' }, target: { kind: 'Node', name: 'somewhere' } }
  expect((await api.request('POST', `${pods}/bound/binding`, target)).status).toBe(201)
  const { json } = await api.request('GET', `${pods}/bound`)
  expect(json).toMatchObject({ metadata: { generation: 1 }, spec: { nodeName: 'somewhere' } })
  const image = { spec: { containers: [{ name: 'c', image: 'i:2' }] } }
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
  expect((await api.request('PATCH', `${pods}/bound`, image, strategic)).json.metadata.generation).toBe(2)
  expect((await api.request('POST', `${pods}/bound/binding`, target)).status).toBe(409)
})
