import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const inNamespace = async (name: string) => {
  await api.request('POST', '/api/v1/namespaces', { metadata: { name } })
  return `/api/v1/namespaces/${name}/configmaps`
}
const named = (name: string, labels?: object) => ({ metadata: { name, labels } })

test('pages through a list that stays as it was at its first page', async () => {
  const path = await inNamespace('paging')
  for (let i = 0; i < 5; i++) await api.request('POST', path, named(`item-${i}`))
  const first = (await api.request('GET', `${path}?limit=2`)).json
  expect(first.items).toHaveLength(2)
  expect(first.metadata.remainingItemCount).toBe(3)
  await api.request('DELETE', `${path}/item-3`)
  await api.request('POST', path, named('item-2b'))
  const rest = (await api.request('GET', `${path}?continue=${first.metadata.continue}`)).json
  expect(rest.items.map((i: { metadata: { name: string } }) => i.metadata.name)).toEqual(['item-2', 'item-3', 'item-4'])
  expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
})

test('lists exactly as things were', async () => {
  const path = await inNamespace('exact')
  const { json } = await api.request('POST', path, named('one'))
  await api.request('POST', path, named('two'))
  const then = await api.request(
    'GET',
    `${path}?resourceVersion=${json.metadata.resourceVersion}&resourceVersionMatch=Exact`,
  )
  expect(then.json.items).toHaveLength(1)
})

test('a revision from the future is refused', async () => {
  const answer = await api.request('GET', '/api/v1/namespaces?resourceVersion=999999999')
  expect(answer.status).toBe(504)
  expect(answer.json.message).toContain('Too large resource version: 999999999')
})

test('selects by labels and fields', async () => {
  const path = await inNamespace('selecting')
  await api.request('POST', path, named('a', { app: 'web', tier: 'front' }))
  await api.request('POST', path, named('b', { app: 'db' }))
  const names = async (query: string) =>
    (await api.request('GET', `${path}?${query}`)).json.items.map(
      (i: { metadata: { name: string } }) => i.metadata.name,
    )
  expect(await names('labelSelector=app%20in%20(web),tier')).toEqual(['a'])
  expect(await names('labelSelector=app!%3Dweb')).toEqual(['b'])
  expect(await names('fieldSelector=metadata.name%3Db')).toEqual(['b'])
  const unknown = await api.request('GET', `${path}?fieldSelector=data.x%3D1`)
  expect(unknown.json.message).toBe('field label not supported: data.x')
})

test('a watch tells every change from a revision on, once and in order', async () => {
  const path = await inNamespace('watching')
  const { json: start } = await api.request('GET', path)
  await api.request('POST', path, named('w'))
  await api.request('PUT', `${path}/w`, { ...named('w'), data: { a: '1' } })
  const events = api.watch(
    `${path}?watch=1&resourceVersion=${start.metadata.resourceVersion}`,
    seen => seen.length === 4,
  )
  await api.request('DELETE', `${path}/w`)
  await api.request('POST', path, named('w'))
  expect((await events).map(e => e.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED'])
})

test('an object that leaves or enters a selection is deleted or added there', async () => {
  const path = await inNamespace('leaving')
  const { json: start } = await api.request('GET', path)
  await api.request('POST', path, named('x', { in: 'yes' }))
  const query = `watch=1&labelSelector=in%3Dyes&resourceVersion=${start.metadata.resourceVersion}`
  const events = api.watch(`${path}?${query}`, seen => seen.length === 3)
  const merge = { 'content-type': 'application/merge-patch+json' }
  await api.request('PATCH', `${path}/x`, { metadata: { labels: { in: 'no' } } }, merge)
  await api.request('PATCH', `${path}/x`, { metadata: { labels: { in: 'yes' } } }, merge)
  expect((await events).map(e => e.type)).toEqual(['ADDED', 'DELETED', 'ADDED'])
})

test('a streamed list ends with its bookmark', async () => {
  const path = await inNamespace('streaming')
  await api.request('POST', path, named('s'))
  const query = 'watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan'
  const events = await api.watch(`${path}?${query}`, seen => seen.length === 2)
  expect(events.map(e => e.type)).toEqual(['ADDED', 'BOOKMARK'])
  expect(events[1]!.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
})

test('a watch from a forgotten revision says so', async () => {
  const path = await inNamespace('forgotten')
  const { json } = await api.request('POST', path, named('f'))
  for (let i = 0; i < 3; i++) await api.request('PUT', `${path}/f`, { ...named('f'), data: { i: String(i) } })
  const { store } = api.cluster.controlPlane.server
  await store.compact(store.revision)
  const events = await api.watch(
    `${path}?watch=1&resourceVersion=${json.metadata.resourceVersion}`,
    seen => seen.length === 1,
  )
  expect(events[0]).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
})

test('answers with a table for kubectl get', async () => {
  const path = await inNamespace('tables')
  await api.request('POST', path, { ...named('t'), data: { a: '1', b: '2' } })
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
  const { json } = await api.request('GET', path, undefined, { accept })
  expect(json.kind).toBe('Table')
  expect(json.columnDefinitions.map((c: { name: string }) => c.name)).toEqual(['Name', 'Data', 'Age'])
  expect(json.rows[0].cells.slice(0, 2)).toEqual(['t', 2])
  expect(json.rows[0].object.kind).toBe('PartialObjectMetadata')
})
