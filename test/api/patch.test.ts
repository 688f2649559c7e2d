import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const deployment = (name: string, containers: object[] = [{ name: 'web', image: 'web:1' }]) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers } },
  },
})
const patch = (name: string, type: string, body: unknown, query = '') =>
  api.request('PATCH', `${DEPLOYMENTS}/${name}${query}`, body, { 'content-type': `application/${type}` })
const images = (object: { spec: { template: { spec: { containers: { name: string; image: string }[] } } } }) =>
  Object.fromEntries(object.spec.template.spec.containers.map(c => [c.name, c.image]))

test('a strategic merge patch joins containers by name', async () => {
  await api.request('POST', DEPLOYMENTS, deployment('strategic'))
  const containers = [
    { name: 'web', image: 'web:2' },
    { name: 'side', image: 'side:1' },
  ]
  const added = await patch('strategic', 'strategic-merge-patch+json', { spec: { template: { spec: { containers } } } })
  expect(images(added.json)).toEqual({ web: 'web:2', side: 'side:1' })
  const removal = { spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } }
  const removed = await patch('strategic', 'strategic-merge-patch+json', removal)
  expect(images(removed.json)).toEqual({ web: 'web:2' })
})

test('a strategic merge patch puts what it adds first, and leaves the rest in its order', async () => {
  const named = (...names: string[]) => names.map(name => ({ name, image: `${name}:1` }))
  await api.request('POST', DEPLOYMENTS, deployment('ordered', named('a', 'b', 'c')))
  const patched = async (spec: object) => {
    const { json } = await patch('ordered', 'strategic-merge-patch+json', { spec: { template: { spec } } })
    return json.spec.template.spec.containers.map(({ name }: { name: string }) => name).join('')
  }
  expect(await patched({ containers: named('d') })).toBe('dabc')
  expect(await patched({ containers: named('c', 'a') })).toBe('dbca')
  const $setElementOrder = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'e' }, { name: 'c' }] }
  expect(await patched({ ...$setElementOrder, containers: named('e') })).toBe('dbeca')
})

test('a JSON patch follows paths and tests values', async () => {
  await api.request('POST', DEPLOYMENTS, deployment('json'))
  const image = '/spec/template/spec/containers/0/image'
  const ok = await patch('json', 'json-patch+json', [
    { op: 'test', path: image, value: 'web:1' },
    { op: 'replace', path: image, value: 'web:3' },
  ])
  expect(images(ok.json)).toEqual({ web: 'web:3' })
  const failed = await patch('json', 'json-patch+json', [{ op: 'test', path: image, value: 'web:1' }])
  const misfit = 'the server rejected our request due to an error in our request'
  expect(failed.json).toMatchObject({ code: 422, reason: 'Invalid', message: misfit })
  const missing = await patch('json', 'json-patch+json', [{ op: 'remove', path: '/spec/nothing' }])
  expect(missing.json).toMatchObject({ code: 422, reason: 'Invalid', message: misfit })
  const object = await patch('json', 'json-patch+json', {})
  expect(object.json).toMatchObject({
    code: 400,
    message: 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  })
})

test('lists of a strategic merge patch fit their merge key and their order', async () => {
  await api.request('POST', DEPLOYMENTS, deployment('misfit'))
  const patched = async (spec: object) => {
    const { json } = await patch('misfit', 'strategic-merge-patch+json', { spec: { template: { spec } } })
    return `${json.code} ${json.message}`
  }
  expect(await patched({ containers: [{ image: 'x' }] })).toBe(
    '500 map: map[image:x] does not contain declared merge key: name',
  )
  const containers = [
    { name: 'a', image: 'i' },
    { name: 'b', image: 'i' },
  ]
  expect(await patched({ '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers })).toBe(
    "500 The order in patch list:\n[map[image:i name:a] map[image:i name:b]]\n doesn't match $setElementOrder list:\n[map[name:b] map[name:a]]\n",
  )
})

test('server-side apply with a uid makes no new object', async () => {
  const body = deployment('unmade')
  const answer = await patch(
    'unmade',
    'apply-patch+yaml',
    { ...body, metadata: { ...body.metadata, uid: 'u-1' } },
    '?fieldManager=me',
  )
  expect(answer.json).toMatchObject({
    code: 409,
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled on deployments.apps "unmade": uid mismatch: the provided object specified uid u-1, and no existing object was found',
  })
})

test('server-side apply creates, owns and gives up fields', async () => {
  const apply = (body: object, manager: string, query = '') =>
    patch('applied', 'apply-patch+yaml', body, `?fieldManager=${manager}${query}`)
  const first = await apply({ ...deployment('applied'), spec: { ...deployment('applied').spec, replicas: 3 } }, 'one')
  expect(first.status).toBe(201)
  expect(first.json.metadata.managedFields).toMatchObject([{ manager: 'one', operation: 'Apply' }])

  const scale = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'applied' }, spec: { replicas: 5 } }
  const conflict = await apply(scale, 'two')
  expect(conflict.status).toBe(409)
  expect(conflict.json.message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.replicas')
  expect(conflict.json.details.causes).toEqual([
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.replicas' },
  ])

  const forced = await apply(scale, 'two', '&force=true')
  expect(forced.json.spec.replicas).toBe(5)
  const one = await apply(deployment('applied'), 'one')
  expect(one.json.spec.replicas).toBe(5)
})

test('server-side apply removes what its manager no longer states', async () => {
  const labelled = (labels: object) => ({ ...deployment('pruned'), metadata: { name: 'pruned', labels } })
  const apply = (labels: object) => patch('pruned', 'apply-patch+yaml', labelled(labels), '?fieldManager=me')
  await apply({ a: '1', b: '2' })
  const second = await apply({ a: '1' })
  expect(second.json.metadata.labels).toEqual({ a: '1' })
})

test('apply needs a field manager', async () => {
  const answer = await patch('nobody', 'apply-patch+yaml', deployment('nobody'))
  expect(answer.status).toBe(422)
  expect(answer.json.message).toContain('fieldManager: Required value: is required for apply patch')
})

test('updates are recorded by manager and by subresource', async () => {
  await api.request('POST', `${DEPLOYMENTS}?fieldManager=creator`, deployment('tracked'))
  await api.request(
    'PATCH',
    `${DEPLOYMENTS}/tracked/status?fieldManager=controller`,
    { status: { replicas: 2 } },
    {
      'content-type': 'application/merge-patch+json',
    },
  )
  const { json } = await api.request('GET', `${DEPLOYMENTS}/tracked`)
  // They stand in the order of their times, which are whole seconds.
  expect(json.metadata.managedFields).toHaveLength(2)
  expect(json.metadata.managedFields).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        manager: 'controller',
        operation: 'Update',
        subresource: 'status',
        fieldsV1: { 'f:status': { 'f:replicas': {} } },
      }),
      expect.objectContaining({ manager: 'creator', operation: 'Update' }),
    ]),
  )
})

test('the status is changed through its subresource only', async () => {
  await api.request('POST', DEPLOYMENTS, { ...deployment('split'), status: { replicas: 9 } })
  const read = (await api.request('GET', `${DEPLOYMENTS}/split`)).json
  expect(read.status.replicas ?? 0).toBe(0)
  const status = await api.request('PUT', `${DEPLOYMENTS}/split/status`, {
    ...read,
    spec: { ...read.spec, replicas: 7 },
    status: { replicas: 4 },
  })
  expect(status.json.status.replicas).toBe(4)
  expect(status.json.spec.replicas).toBe(1)
  expect(status.json.metadata.generation).toBe(1)
})

test('scale reads and writes the replica count', async () => {
  await api.request('POST', DEPLOYMENTS, deployment('scaled'))
  const scale = (await api.request('GET', `${DEPLOYMENTS}/scaled/scale`)).json
  expect(scale).toMatchObject({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    spec: { replicas: 1 },
    status: { selector: 'app=scaled' },
  })
  const written = await api.request('PUT', `${DEPLOYMENTS}/scaled/scale`, { ...scale, spec: { replicas: 6 } })
  expect(written.json.spec.replicas).toBe(6)
  const merge = { 'content-type': 'application/merge-patch+json' }
  const patched = await api.request('PATCH', `${DEPLOYMENTS}/scaled/scale`, { spec: { replicas: 2 } }, merge)
  expect(patched.json.spec.replicas).toBe(2)
  const after = (await api.request('GET', `${DEPLOYMENTS}/scaled`)).json
  expect(after.spec.replicas).toBe(2)
  expect(after.metadata.generation).toBe(3)
})

test.each([
  ['application/merge-patch+json', (i: number) => ({ data: { [`k${i}`]: 'x' } })],
  ['application/strategic-merge-patch+json', (i: number) => ({ data: { [`k${i}`]: 'x' } })],
  ['application/json-patch+json', (i: number) => [{ op: 'add', path: `/data/k${i}`, value: 'x' }]],
])('patches made at the same time all succeed: %s', async (type, patch) => {
  const name = `many-${type.length}`
  const path = '/api/v1/namespaces/default/configmaps'
  const made = await api.request('POST', path, { metadata: { name }, data: { own: 'x' } })
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => api.request('PATCH', `${path}/${name}`, patch(i), { 'content-type': type })),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const { json } = await api.request('GET', `${path}/${name}`)
  expect(Object.keys(json.data)).toHaveLength(41)
  const stale = { metadata: { resourceVersion: made.json.metadata.resourceVersion } }
  const refused = await api.request('PATCH', `${path}/${name}`, stale, {
    'content-type': 'application/merge-patch+json',
  })
  expect(refused.status).toBe(409)
})
