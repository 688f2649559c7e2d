import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { deployment } from '../../src/api/apps/index.ts'
import { node, pod, resourceQuota } from '../../src/api/core/index.ts'
import { type Explanation, explanation } from '../../src/api/why/index.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const WAIT = { timeout: 10_000, interval: 20 }
let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi({ hollowNodes: 2, controllers: true })
})
afterAll(() => api.stop())

const namespace = 'default'
const containers = (cpu: string) => [{ name: 'main', image: 'main:1', resources: { requests: { cpu } } }]
const why = (name: string) => api.cluster.client.get(explanation, { namespace, name })

/** Waits until an explanation has a cause of this source and reason. */
const until = (name: string, source: string, reason: string): Promise<Explanation> =>
  vi.waitFor(async () => {
    const found = await why(name)
    expect(found.causes.map(cause => `${cause.source} ${cause.reason}`)).toContain(`${source} ${reason}`)
    return found
  }, WAIT)

test('a pod without a node: which plugin said no where, what it saw, and what would change that', async () => {
  await api.cluster.client.patch(node, { name: 'node-0' }, 'merge', { spec: { unschedulable: true } })
  await api.cluster.client.create(pod, { metadata: { name: 'big', namespace }, spec: { containers: containers('33') } })
  const { summary, causes, about } = await until('pods:big', 'Scheduler', 'NodeUnschedulable')
  expect(about).toMatchObject({ kind: 'Pod', name: 'big', namespace })
  expect(summary).toBe('Pending: it has no node')
  expect(causes).toContainEqual(
    expect.objectContaining({
      source: 'Scheduler',
      reason: 'NodeResourcesFit',
      message: '1 node: Insufficient cpu (node-1: 33 of cpu is asked for, 32 of 32 is free)',
      remedy: 'ask for less cpu: even empty the node would be too small',
      nodes: ['node-1'],
    }),
  )
  expect(causes.find(({ reason }) => reason === 'NodeUnschedulable')!.remedy).toContain('kubectl uncordon node-0')
  await api.cluster.client.patch(node, { name: 'node-0' }, 'merge', { spec: { unschedulable: null } })
})

test('a Deployment whose pods are refused: by which plugin, and through which ReplicaSet', async () => {
  await api.cluster.client.create(resourceQuota, {
    metadata: { name: 'small', namespace },
    spec: { hard: { 'limits.cpu': '1' } },
  })
  await vi.waitFor(async () => {
    const { status } = await api.cluster.client.get(resourceQuota, { namespace, name: 'small' })
    expect(status.hard).toEqual({ 'limits.cpu': '1' })
  }, WAIT)
  await api.cluster.client.create(deployment, {
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: containers('100m') } },
    },
  })
  const { causes } = await until('deployments.apps:web', 'Admission', 'ResourceQuota')
  const refused = causes.find(({ source }) => source === 'Admission')!
  expect(refused.message).toContain('failed quota: small: must specify limits.cpu for: main')
  expect(refused.object).toMatchObject({ kind: 'ReplicaSet' })
  expect(refused.remedy).toContain('kubectl edit resourcequota')
  await api.cluster.client.delete(resourceQuota, { namespace, name: 'small' })
  await vi.waitFor(async () => expect((await why('deployments.apps:web')).causes).toEqual([]), WAIT)
  expect((await why('deployments.apps:web')).summary).toContain('2 of 2 pods are ready')
})

test('a claim without a class, and an object held by a finalizer', async () => {
  await api.request('POST', `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Gi' } } },
  })
  const { causes } = await why('persistentvolumeclaims:data')
  expect(causes[0]).toMatchObject({ reason: 'StorageClassNotFound', message: 'There is no storage class none' })
  await api.request('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
    metadata: { name: 'held', finalizers: ['example.com/mine'] },
  })
  await api.request('DELETE', `/api/v1/namespaces/${namespace}/configmaps/held`)
  expect((await why('configmaps:held')).causes[0]!.message).toContain('the finalizer example.com/mine is taken away')
})

test('a list has what is held back, and names that make no sense are told so', async () => {
  const { items } = await api.cluster.client.list(explanation, { namespace })
  expect(items.map(({ metadata }) => metadata.name)).toEqual(
    expect.arrayContaining(['pods:big', 'persistentvolumeclaims:data']),
  )
  expect(items.map(({ metadata }) => metadata.name)).not.toContain('deployments.apps:web')
  await expect(why('web')).rejects.toThrow('as pods:web or deployments.apps:web')
  await expect(why('nothings:web')).rejects.toThrow('there is no resource "nothings"')
  await expect(why('pods:nobody')).rejects.toThrow('pods "nobody" not found')
})

test('after a refusal connections are let through as before', async () => {
  const path = `/api/v1/namespaces/${namespace}`
  const refused = await api.request('POST', `${path}/pods`, {
    metadata: { name: 'nobody' },
    spec: { serviceAccountName: 'nobody', containers: [{ name: 'main', image: 'main:1' }] },
  })
  expect(refused.status).toBe(403)
  const { status, json } = await api.request('GET', `${path}/services/nothing:80/proxy/x`)
  expect([status, json.message]).toEqual([404, 'services "nothing" not found'])
})
