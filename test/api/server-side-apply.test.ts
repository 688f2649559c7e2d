import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const MAPS = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const map = (name: string, data: object | undefined, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...(data && { data }),
})
const deployment = (name: string, containers: object[], spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers } },
    ...spec,
  },
})
const send = (path: string, type: string, body: unknown, manager: string, query = '') =>
  api.request('PATCH', `${path}?fieldManager=${manager}${query}`, body, { 'content-type': `application/${type}` })
const apply = (path: string, body: unknown, manager: string, query = '') =>
  send(path, 'apply-patch+yaml', body, manager, query)
const merge = (path: string, body: unknown, manager: string) => send(path, 'merge-patch+json', body, manager)
const ownersOf = ({ json }: Answer) =>
  Object.fromEntries(
    (json.metadata.managedFields ?? []).map((e: { manager: string; operation: string; fieldsV1: object }) => [
      `${e.manager} ${e.operation}`,
      e.fieldsV1,
    ]),
  )

test('an update takes the fields it changes from whoever owned them', async () => {
  await apply(`${MAPS}/taken`, map('taken', { a: '1', b: '1' }), 'one')
  const answer = await merge(`${MAPS}/taken`, { data: { a: '2' } }, 'editor')
  expect(ownersOf(answer)).toEqual({
    'one Apply': { 'f:data': { 'f:b': {} } },
    'editor Update': { 'f:data': { 'f:a': {} } },
  })
})

test('what an update removes belongs to nobody any more', async () => {
  await apply(`${MAPS}/removed`, map('removed', { a: '1', b: '1' }), 'one')
  await apply(`${MAPS}/removed`, map('removed', { a: '1' }), 'two')
  const answer = await merge(`${MAPS}/removed`, { data: { a: null } }, 'editor')
  expect(ownersOf(answer)).toEqual({ 'one Apply': { 'f:data': { 'f:b': {} } } })
})

test('names the fields in conflict manager by manager', async () => {
  await apply(`${MAPS}/contested`, map('contested', { a: '1', b: '1', c: '1' }), 'one')
  await merge(`${MAPS}/contested`, { data: { c: '2' } }, 'editor')
  const conflict = await apply(`${MAPS}/contested`, map('contested', { a: '9', b: '9', c: '9' }), 'two')
  expect(conflict.status).toBe(409)
  expect(conflict.json.message).toMatch(
    /^Apply failed with 3 conflicts: conflicts with "editor" using v1 at [\dTZ:-]+:\n- \.data\.c\nconflicts with "one":\n- \.data\.a\n- \.data\.b$/,
  )
})

test('stating the same value makes a field shared, and it stays while one of them states it', async () => {
  const path = `${MAPS}/shared`
  await apply(path, map('shared', { a: '1' }), 'one')
  await apply(path, map('shared', { a: '1', b: '1' }), 'two')
  expect((await apply(path, map('shared', { x: '1' }), 'one')).json.data).toEqual({ a: '1', b: '1', x: '1' })
  expect((await apply(path, map('shared', undefined), 'two')).json.data).toEqual({ x: '1' })
})

test('an item goes with its fields when its applier drops it, even if another had changed one', async () => {
  const path = `${DEPLOYMENTS}/items`
  const web = { name: 'web', image: 'web:1' }
  await apply(path, deployment('items', [web, { name: 'side', image: 'side:1' }]), 'one')
  const image = [{ name: 'side', image: 'side:2' }]
  await send(path, 'strategic-merge-patch+json', { spec: { template: { spec: { containers: image } } } }, 'editor')
  const answer = await apply(path, deployment('items', [web]), 'one')
  expect(answer.json.spec.template.spec.containers.map((c: { name: string }) => c.name)).toEqual(['web'])
  expect(Object.keys(ownersOf(answer))).toEqual(['one Apply'])
})

test('a field stays as long as something in it is owned', async () => {
  const path = `${MAPS}/parents`
  await api.request('POST', `${MAPS}?fieldManager=creator`, map('parents', { a: '1' }, { labels: { l: '1' } }))
  const { json } = await api.request('GET', path)
  const [entry] = json.metadata.managedFields
  const value = [{ ...entry, manager: 'kubectl', operation: 'Apply' }]
  await send(path, 'json-patch+json', [{ op: 'replace', path: '/metadata/managedFields', value }], 'upgrader')
  const answer = await apply(path, map('parents', { a: '1' }, { labels: { l: '1' } }), 'kubectl')
  expect(answer.json.data).toEqual({ a: '1' })
  expect(answer.json.metadata.labels).toEqual({ l: '1' })
})

test('items are found by their keys’ defaults', async () => {
  const path = `${DEPLOYMENTS}/ports`
  const ports = (port: object) => [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80, ...port }] }]
  await apply(path, deployment('ports', ports({})), 'one')
  const answer = await apply(path, deployment('ports', ports({ protocol: 'TCP', name: 'http' })), 'one')
  expect(answer.json.spec.template.spec.containers[0].ports).toEqual([
    { containerPort: 80, protocol: 'TCP', name: 'http' },
  ])
})

test('the status in a configuration is nobody’s business', async () => {
  const path = `${DEPLOYMENTS}/exported`
  const body = { ...deployment('exported', [{ name: 'web', image: 'web:1' }]), status: { replicas: 3 } }
  await apply(path, body, 'one')
  await merge(`${path}/status`, { status: { replicas: 1 } }, 'controller')
  const again = await apply(path, body, 'one')
  expect(again.status).toBe(200)
  expect(again.json.status.replicas).toBe(1)
  expect(ownersOf(again)['one Apply']).not.toHaveProperty('f:status')
})

test('an apply that changes nothing writes nothing, however the values are spelled', async () => {
  const path = `${DEPLOYMENTS}/idle`
  const body = (cpu: string) =>
    deployment('idle', [{ name: 'web', image: 'web:1', resources: { limits: { cpu } } }], { replicas: 2 })
  const first = await apply(path, body('0.5'), 'one')
  const second = await apply(path, body('0.5'), 'one')
  expect(second.json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion)
  expect(second.json.metadata.generation).toBe(1)
})

test('an empty list of managedFields forgets the owners, and the first apply afterwards finds them again', async () => {
  const path = `${MAPS}/forgotten`
  await apply(path, map('forgotten', { a: '1' }), 'one')
  const reset = await merge(path, { metadata: { managedFields: [{}] } }, 'editor')
  expect(reset.json.metadata.managedFields).toBeUndefined()
  expect((await merge(path, { data: { b: '2' } }, 'editor')).json.metadata.managedFields).toBeUndefined()
  const conflict = await apply(path, map('forgotten', { a: '9' }), 'two')
  expect(conflict.json.message).toMatch(/conflict with "before-first-apply" using v1 at .*: \.data\.a$/)
  const empty = await merge(path, { metadata: { managedFields: [] } }, 'editor')
  expect(empty.json.metadata.managedFields).toBeUndefined()
})

test('a client may hand its fields over to another manager', async () => {
  const path = `${MAPS}/handed`
  await api.request('POST', `${MAPS}?fieldManager=kubectl-client-side-apply`, map('handed', { a: '1' }))
  const entry = { manager: 'kubectl', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1' }
  const patch = [
    { op: 'replace', path: '/metadata/managedFields', value: [{ ...entry, fieldsV1: { 'f:data': { 'f:a': {} } } }] },
  ]
  await send(path, 'json-patch+json', patch, 'upgrader')
  const answer = await apply(path, map('handed', { b: '1' }), 'kubectl')
  expect(answer.json.data).toEqual({ b: '1' })
})

test('managedFields that cannot be read are as good as none', async () => {
  const path = `${MAPS}/nonsense`
  await apply(path, map('nonsense', { a: '1' }), 'one')
  const answer = await merge(path, { metadata: { managedFields: [{ manager: 'x', operation: 'Steal' }] } }, 'x')
  expect(answer.status).toBe(200)
  expect(Object.keys(ownersOf(answer))).toEqual(['one Apply'])
})

test('kubectl’s own server-side apply goes on where its client-side apply left off', async () => {
  const path = `${MAPS}/upgraded`
  const applied = JSON.stringify(map('upgraded', { a: '1' }))
  const created = map('upgraded', { a: '1' }, { annotations: { [LAST_APPLIED]: applied } })
  await api.request('POST', `${MAPS}?fieldManager=kubectl-client-side-apply`, created)
  const answer = await apply(path, map('upgraded', { a: '2' }), 'kubectl')
  expect(answer.status).toBe(200)
  const annotation = JSON.parse(answer.json.metadata.annotations[LAST_APPLIED])
  expect(annotation.data).toEqual({ a: '2' })
})

test('a configuration must fit the schema', async () => {
  const unknown = await apply(`${MAPS}/odd`, { ...map('odd', {}), extra: 1 }, 'one')
  expect(unknown.json.message).toBe(
    'failed to create typed patch object (default/odd; /v1, Kind=ConfigMap): .extra: field not declared in schema',
  )
  const web = { name: 'web', image: 'web:1' }
  const twice = await apply(`${DEPLOYMENTS}/twice`, deployment('twice', [web, web]), 'one')
  expect(twice.json.message).toContain('.spec.template.spec.containers: duplicate entries for key [name="web"]')
  const env = [{ name: 'DEBUG', value: true }]
  const typed = await apply(`${DEPLOYMENTS}/typed`, deployment('typed', [{ ...web, env }]), 'one')
  expect(typed.json.message).toContain(
    '.spec.template.spec.containers[name="web"].env[name="DEBUG"].value: expected string, got &value.valueUnstructured{Value:true}',
  )
})

test('a configuration cannot say who manages what', async () => {
  const answer = await apply(`${MAPS}/forged`, map('forged', {}, { managedFields: [] }), 'one')
  expect(answer.json).toMatchObject({ code: 400, message: 'metadata.managedFields must be nil' })
})

test('many updaters become few', async () => {
  const path = `${MAPS}/many`
  await api.request('POST', `${MAPS}?fieldManager=m0`, map('many', { k0: '1' }))
  for (let i = 1; i < 13; i++) await merge(path, { data: { [`k${i}`]: '1' } }, `m${i}`)
  const { json } = await api.request('GET', path)
  const managers = json.metadata.managedFields.map((e: { manager: string }) => e.manager)
  expect(managers).toHaveLength(10)
  expect(managers).toContain('ancient-changes')
})

test('a dry run gives no resourceVersion away', async () => {
  const created = await api.request('POST', `${MAPS}?dryRun=All`, map('dry', { a: '1' }))
  expect(created.json.metadata).not.toHaveProperty('resourceVersion')
  expect(created.json.metadata.uid).toBeTruthy()
})
