import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteOptions } from '../../src/apimachinery/meta/options.ts'
import type { Kind } from '../../src/apimachinery/schema/kind.ts'
import { encodeProtobuf } from '../../src/apimachinery/schema/protobuf.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
})
afterAll(() => api.stop())

const MAPS = '/api/v1/namespaces/default/configmaps'
const PODS = '/api/v1/namespaces/default/pods'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'

const createPod = (name: string, spec: object = {}, metadata: object = {}) =>
  api.request('POST', PODS, {
    metadata: { name, ...metadata },
    spec: { nodeName: 'somewhere', containers: [{ name: 'c', image: 'i' }], ...spec },
  })
const named = async (path: string) =>
  (await api.request('GET', path)).json.items.map((i: { metadata: { name: string } }) => i.metadata.name)

test('a dry run asked for in the body deletes nothing', async () => {
  await api.request('POST', MAPS, { metadata: { name: 'kept' } })
  const answer = await api.request('DELETE', `${MAPS}/kept`, { dryRun: ['All'] })
  expect(answer.json.status).toBe('Success')
  expect((await api.request('GET', `${MAPS}/kept`)).status).toBe(200)
  await api.request('DELETE', MAPS, { dryRun: ['All'] })
  expect(await named(MAPS)).toEqual(['kept'])
  expect((await api.request('DELETE', `${MAPS}/kept`, { dryRun: ['Some'] })).status).toBe(422)
})

test('a dry-run eviction evicts nobody', async () => {
  await createPod('safe')
  const body = { metadata: { name: 'safe' }, deleteOptions: { dryRun: ['All'] } }
  expect((await api.request('POST', `${PODS}/safe/eviction`, body)).status).toBe(201)
  expect((await api.request('GET', `${PODS}/safe`)).json.metadata.deletionTimestamp).toBeUndefined()
})

test('a pod’s grace period can be shortened, not prolonged, and counts from the first deletion', async () => {
  await createPod('graceful', { terminationGracePeriodSeconds: 60 })
  const first = (await api.request('DELETE', `${PODS}/graceful`)).json.metadata
  expect(first).toMatchObject({ deletionGracePeriodSeconds: 60, generation: 2 })
  const longer = (await api.request('DELETE', `${PODS}/graceful`, { gracePeriodSeconds: 90 })).json.metadata
  expect(longer.deletionTimestamp).toBe(first.deletionTimestamp)
  const shorter = (await api.request('DELETE', `${PODS}/graceful`, { gracePeriodSeconds: 10 })).json.metadata
  expect(shorter).toMatchObject({ deletionGracePeriodSeconds: 10, generation: 2 })
  expect(Date.parse(first.deletionTimestamp) - Date.parse(shorter.deletionTimestamp)).toBe(50_000)
  await api.request('DELETE', `${PODS}/graceful`, { gracePeriodSeconds: 0 })
  expect((await api.request('GET', `${PODS}/graceful`)).status).toBe(404)
})

test('a pod with a finalizer outlives its grace period', async () => {
  await createPod('final', {}, { finalizers: ['example.com/hold'] })
  await api.request('DELETE', `${PODS}/final`, { gracePeriodSeconds: 0 })
  expect((await api.request('GET', `${PODS}/final`)).json.metadata.deletionGracePeriodSeconds).toBe(0)
  const merge = { 'content-type': 'application/merge-patch+json' }
  const added = await api.request(
    'PATCH',
    `${PODS}/final`,
    { metadata: { finalizers: ['example.com/hold', 'example.com/b'] } },
    merge,
  )
  expect(added.status).toBe(422)
  expect(added.json.message).toContain('no new finalizers can be added if the object is being deleted')
  await api.request('PATCH', `${PODS}/final/status`, { status: { phase: 'Failed' } }, merge)
  expect((await api.request('GET', `${PODS}/final`)).status).toBe(200)
  await api.request('PATCH', `${PODS}/final`, { metadata: { finalizers: null } }, merge)
  expect((await api.request('GET', `${PODS}/final`)).status).toBe(404)
})

test('propagation policies become finalizers; the older form does the same', async () => {
  const body = (name: string) => ({
    metadata: { name },
    spec: {
      selector: { matchLabels: { a: name } },
      template: { metadata: { labels: { a: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
  const finalizersAfter = async (name: string, options: object) => {
    await api.request('POST', DEPLOYMENTS, body(name))
    return (await api.request('DELETE', `${DEPLOYMENTS}/${name}`, options)).json.metadata.finalizers
  }
  expect(await finalizersAfter('orphan', { propagationPolicy: 'Orphan' })).toEqual(['orphan'])
  expect(await finalizersAfter('foreground', { propagationPolicy: 'Foreground' })).toEqual(['foregroundDeletion'])
  expect(await finalizersAfter('older', { orphanDependents: true })).toEqual(['orphan'])
  await api.request('DELETE', `${DEPLOYMENTS}/older`, { orphanDependents: false })
  expect((await api.request('GET', `${DEPLOYMENTS}/older`)).status).toBe(404)
  const both = await api.request('DELETE', `${DEPLOYMENTS}/orphan`, {
    propagationPolicy: 'Orphan',
    orphanDependents: true,
  })
  expect(both.status).toBe(422)
})

test('options of a wrong type are a bad request', async () => {
  const answer = await api.request('DELETE', `${MAPS}/kept`, { gracePeriodSeconds: 'soon' })
  expect(answer.json).toMatchObject({ code: 400, reason: 'BadRequest' })
  const scale = await api.request('PUT', `${DEPLOYMENTS}/orphan/scale`, { spec: { replicas: 'many' } })
  expect(scale.json).toMatchObject({ code: 400, reason: 'BadRequest' })
})

test('options may come as protobuf', async () => {
  const { json } = await api.request('POST', MAPS, { metadata: { name: 'proto' } })
  const kind = { message: deleteOptions, apiVersion: 'v1', kind: 'DeleteOptions' } as unknown as Kind
  const encode = (uid: string) => encodeProtobuf(kind, { preconditions: { uid } } as never)
  const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' }
  expect((await api.request('DELETE', `${MAPS}/proto`, encode('other'), headers)).status).toBe(409)
  expect((await api.request('DELETE', `${MAPS}/proto`, encode(json.metadata.uid), headers)).status).toBe(200)
})

test('a collection is deleted by selector, and page by page', async () => {
  const path = '/api/v1/namespaces/default/secrets'
  for (const name of ['a', 'b', 'c', 'd']) {
    await api.request('POST', path, { metadata: { name, labels: { group: name < 'c' ? 'one' : 'two' } } })
  }
  await api.request('DELETE', `${path}?labelSelector=group%3Done`)
  expect(await named(path)).toEqual(['c', 'd'])
  const page = await api.request('DELETE', `${path}?limit=1`)
  expect(page.json.items).toHaveLength(1)
  expect(await named(path)).toEqual(['d'])
})

test('a patch cannot rename an object, or give it a value of another type', async () => {
  await api.request('POST', MAPS, { metadata: { name: 'fixed' } })
  const merge = { 'content-type': 'application/merge-patch+json' }
  const renamed = await api.request('PATCH', `${MAPS}/fixed`, { metadata: { name: 'other' } }, merge)
  expect(renamed.json).toMatchObject({ code: 422, reason: 'Invalid' })
  expect(renamed.json.message).toBe(
    'ConfigMap "fixed" is invalid: metadata.name: Invalid value: "other": field is immutable',
  )
  const typed = await api.request('PATCH', `${MAPS}/fixed`, { data: { a: 1 } }, merge)
  expect(typed.json).toMatchObject({ code: 422, reason: 'Invalid' })
  expect(typed.json.message).toBe(
    ' "" is invalid: patch: Invalid value: "{\\"data\\":{\\"a\\":1}}": json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  )
  const strict = await api.request(
    'PATCH',
    `${MAPS}/fixed?fieldValidation=Strict`,
    '{"data":{"a":"1","a":"2"},"x":1}',
    merge,
  )
  expect(strict.json.message).toContain('strict decoding error: duplicate field "data.a", unknown field "x"')
})
