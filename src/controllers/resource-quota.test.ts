import { expect } from 'vitest'
import { type World, worldTest } from '../../test/support/world.ts'
import { configMap } from '../api/core/configmap.ts'
import { pod } from '../api/core/pod.ts'
import { resourceQuota } from '../api/core/resourcequota.ts'
import { service } from '../api/core/service.ts'
import { resourceQuotaController } from './resource-quota.ts'
import { namespacedKinds } from './shared/stored-kinds.ts'

const test = worldTest({ controllers: [resourceQuotaController(namespacedKinds)] })

const podOf = (name: string, requests: Record<string, string> = {}, extra: object = {}) => ({
  metadata: { name },
  spec: { nodeName: 'n', containers: [{ name: 'main', image: 'a', resources: { requests } }], ...extra },
})
const quotaOf = (hard: Record<string, string>, extra: object = {}) => ({
  metadata: { name: 'q' },
  spec: { hard, ...extra },
})
const used = async (world: World) => (await world.get(resourceQuota, 'q')).status.used

test('counts what is there when a quota is made', async ({ world }) => {
  await world.apply(pod, podOf('a', { cpu: '500m', memory: '1Gi' }))
  await world.apply(service, {
    metadata: { name: 's' },
    spec: { type: 'NodePort', ports: [{ port: 80 }, { port: 81 }].map(p => ({ ...p, name: `p${p.port}` })) },
  })
  await world.apply(
    resourceQuota,
    quotaOf({ pods: '5', cpu: '2', 'requests.memory': '4Gi', 'services.nodeports': '3', 'count/configmaps': '9' }),
  )
  expect(await used(world)).toEqual({
    pods: '1',
    cpu: '500m',
    'requests.memory': '1Gi',
    'services.nodeports': '2',
    'count/configmaps': '0',
  })
})

test('what is created is charged, what goes is given back, what has ended is not counted', async ({ world }) => {
  await world.apply(resourceQuota, quotaOf({ pods: '2', 'requests.cpu': '1' }))
  await world.apply(pod, podOf('a', { cpu: '400m' }))
  await world.apply(pod, podOf('b', { cpu: '600m' }))
  expect(await used(world)).toEqual({ pods: '2', 'requests.cpu': '1' })
  await expect(world.apply(pod, podOf('c', { cpu: '100m' }))).rejects.toThrow(
    'pods "c" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=100m, used: pods=2,requests.cpu=1, limited: pods=2,requests.cpu=1',
  )
  await world.client.delete(pod, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 })
  await world.settle()
  expect(await used(world)).toEqual({ pods: '1', 'requests.cpu': '600m' })
  const b = await world.get(pod, 'b')
  await world.client.updateStatus(pod, { ...b, status: { ...b.status, phase: 'Succeeded' } })
  await world.settle()
  expect(await used(world)).toEqual({ pods: '0', 'requests.cpu': '0' })
})

test('pods have to state what a quota limits', async ({ world }) => {
  await world.apply(resourceQuota, quotaOf({ 'limits.memory': '1Gi', 'requests.cpu': '1' }))
  await expect(world.apply(pod, podOf('a'))).rejects.toThrow(
    'pods "a" is forbidden: failed quota: q: must specify limits.memory for: main; requests.cpu for: main',
  )
})

test('a quota with scopes counts what is in them only', async ({ world }) => {
  await world.apply(resourceQuota, quotaOf({ pods: '1' }, { scopes: ['BestEffort'] }))
  await world.apply(pod, podOf('burstable', { cpu: '1' }))
  expect(await used(world)).toEqual({ pods: '0' })
  await world.apply(pod, podOf('best'))
  await expect(world.apply(pod, podOf('more'))).rejects.toThrow('exceeded quota: q')
  await world.apply(pod, podOf('other', { cpu: '1' }))
})

test('many creates at once never exceed a quota', async ({ world }) => {
  await world.apply(resourceQuota, quotaOf({ 'count/configmaps': '10' }))
  const creates = Array.from({ length: 40 }, (_, i) =>
    world.client.create(configMap, { metadata: { namespace: 'default', name: `c${i}` } }),
  )
  const outcomes = await Promise.allSettled(creates)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  expect(await used(world)).toEqual({ 'count/configmaps': '10' })
})

test('a larger service is charged for what it has more', async ({ world }) => {
  await world.apply(resourceQuota, quotaOf({ services: '1', 'services.nodeports': '1' }))
  await world.apply(service, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } })
  expect(await used(world)).toEqual({ services: '1', 'services.nodeports': '0' })
  const patch = (type: string) =>
    world.client.patch(service, { namespace: 'default', name: 's' }, 'merge', { spec: { type } })
  await patch('NodePort')
  expect(await used(world)).toEqual({ services: '1', 'services.nodeports': '1' })
  await patch('ClusterIP')
  await world.settle()
  expect(await used(world)).toEqual({ services: '1', 'services.nodeports': '0' })
})

test('who counted before an object came has to count again', async ({ world }) => {
  await world.apply(resourceQuota, quotaOf({ pods: '2' }))
  await world.apply(pod, podOf('a'))
  const quota = await world.get(resourceQuota, 'q')
  const counted = { ...quota, status: { ...quota.status, used: { pods: '0' } } }
  await expect(world.client.updateStatus(resourceQuota, counted)).rejects.toThrow('please count again')
  expect(await used(world)).toEqual({ pods: '1' })
})

test('what is on its way is counted already', async ({ world }) => {
  await world.apply(resourceQuota, quotaOf({ pods: '2' }))
  await world.apply(pod, podOf('a'))
  const creating = world.client.create(pod, { ...podOf('b'), metadata: { name: 'b', namespace: 'default' } })
  const refusals: unknown[] = []
  for (let turn = 0; turn < 200; turn++) {
    const quota = await world.get(resourceQuota, 'q')
    if (quota.status.used?.pods !== '2') continue
    const counted = { ...quota, status: { ...quota.status, used: { pods: '1' } } }
    await world.client.updateStatus(resourceQuota, counted).catch(error => refusals.push(error))
    break
  }
  await creating
  expect(refusals).toHaveLength(1)
  expect(await used(world)).toEqual({ pods: '2' })
})
