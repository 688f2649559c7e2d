import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

/** Server-side apply of one object through versions that have other fields. */

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const OLD = 'networking.k8s.io/v1beta1'
const NOW = 'networking.k8s.io/v1'
const pathOf = (apiVersion: string, plural: string, name: string) =>
  `/apis/${apiVersion}/namespaces/default/${plural}/${name}`

function applying(kind: string, plural: string) {
  return (manager: string, apiVersion: string, name: string, spec: object, force = false) =>
    api.request(
      'PATCH',
      `${pathOf(apiVersion, plural, name)}?fieldManager=${manager}&force=${force}`,
      { apiVersion, kind, metadata: { name }, spec },
      { 'content-type': 'application/apply-patch+yaml' },
    )
}
const apply = applying('Ingress', 'ingresses')
const get = async (name: string) => (await api.request('GET', pathOf(NOW, 'ingresses', name))).json

type Entry = { manager: string; apiVersion: string; fieldsV1: { 'f:spec'?: object } }
const ownedBy = (object: { metadata: { managedFields: Entry[] } }, manager: string) =>
  object.metadata.managedFields
    .filter(entry => entry.manager === manager)
    .map(({ apiVersion, fieldsV1 }) => ({ apiVersion, spec: fieldsV1['f:spec'] }))

const oldBackend = (serviceName: string, servicePort: number) => ({ backend: { serviceName, servicePort } })
const backend = (name: string, number: number) => ({ defaultBackend: { service: { name, port: { number } } } })

test('what is owned in one version conflicts with what is applied in another, unless they agree', async () => {
  await apply('a', OLD, 'conflict', oldBackend('one', 80))
  expect((await apply('b', NOW, 'conflict', backend('one', 80))).status).toBe(200)
  const refused = await apply('b', NOW, 'conflict', backend('two', 80))
  expect(refused.status).toBe(409)
  expect(refused.json.message).toBe('Apply failed with 1 conflict: conflict with "a": .spec.backend.serviceName')
})

test('what is taken by force is no longer owned, in whatever version it was', async () => {
  await apply('a', OLD, 'force', oldBackend('one', 80))
  const { json } = await apply('b', NOW, 'force', backend('two', 80), true)
  expect(json.spec).toMatchObject(backend('two', 80))
  expect(ownedBy(json, 'a')).toEqual([{ apiVersion: OLD, spec: { 'f:backend': { 'f:servicePort': {} } } }])
})

test('what an apply in another version leaves out is removed', async () => {
  await apply('a', OLD, 'remove', { ...oldBackend('one', 80), ingressClassName: 'x' })
  const { status, json } = await apply('a', NOW, 'remove', { ingressClassName: 'y', rules: [{ host: 'a.example' }] })
  expect(status).toBe(200)
  expect(json.spec).toEqual({ ingressClassName: 'y', rules: [{ host: 'a.example' }] })
  expect(ownedBy(json, 'a')).toEqual([{ apiVersion: NOW, spec: { 'f:ingressClassName': {}, 'f:rules': {} } }])
})

test('what an apply leaves out stays where somebody owns it in another version', async () => {
  await apply('a', OLD, 'shared', oldBackend('one', 80))
  await apply('b', NOW, 'shared', backend('one', 80))
  await apply('a', OLD, 'shared', { rules: [{ host: 'a.example' }] })
  expect((await get('shared')).spec).toMatchObject({ ...backend('one', 80), rules: [{ host: 'a.example' }] })
  const { json } = await apply('b', NOW, 'shared', { ingressClassName: 'x' })
  expect(json.spec).toEqual({ ingressClassName: 'x', rules: [{ host: 'a.example' }] })
})

test('an ordinary write takes fields from owners in other versions, and leaves them the rest', async () => {
  await apply('a', OLD, 'update', { ...oldBackend('one', 80), ingressClassName: 'x' })
  const object = await get('update')
  object.spec.defaultBackend.service.port = { number: 81 }
  const { json } = await api.request('PUT', `${pathOf(NOW, 'ingresses', 'update')}?fieldManager=editor`, object)
  expect(ownedBy(json, 'a')).toEqual([
    { apiVersion: OLD, spec: { 'f:backend': { 'f:serviceName': {} }, 'f:ingressClassName': {} } },
  ])
  const editor = ownedBy(json, 'editor')
  expect(JSON.stringify(editor)).toContain('"f:defaultBackend":{"f:service":{"f:port"')
  object.spec = { rules: [{ host: 'a.example' }] }
  delete object.metadata.resourceVersion
  const next = await api.request('PUT', `${pathOf(NOW, 'ingresses', 'update')}?fieldManager=editor`, object)
  expect(ownedBy(next.json, 'a')).toEqual([])
})

test('an autoscaler’s CPU target is owned by whoever sets it, as a number or as a metric', async () => {
  const applyAutoscaler = applying('HorizontalPodAutoscaler', 'horizontalpodautoscalers')
  const base = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 }
  const cpu = (averageUtilization: number) => ({
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }],
  })
  await applyAutoscaler('a', 'autoscaling/v1', 'web', { ...base, targetCPUUtilizationPercentage: 50 })
  const refused = await applyAutoscaler('b', 'autoscaling/v2', 'web', { ...base, ...cpu(60) })
  expect(refused.json.message).toBe(
    'Apply failed with 1 conflict: conflict with "a": .spec.targetCPUUtilizationPercentage',
  )
  const forced = await applyAutoscaler('b', 'autoscaling/v2', 'web', { ...base, ...cpu(60) }, true)
  expect(forced.json.spec.metrics).toEqual(cpu(60).metrics)
  const again = await applyAutoscaler('a', 'autoscaling/v1', 'web', base)
  expect(again.status).toBe(200)
  expect(again.json.spec.targetCPUUtilizationPercentage).toBe(60)
})
