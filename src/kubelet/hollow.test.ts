import { afterEach, beforeEach, expect, test } from 'vitest'
import { node } from '../api/core/node.ts'
import { pod } from '../api/core/pod.ts'
import { serviceAccount } from '../api/core/serviceaccount.ts'
import { isReason } from '../apimachinery/errors.ts'
import { type Cluster, createCluster } from '../cluster/create-cluster.ts'

const namespace = 'default'
let cluster: Cluster

beforeEach(async () => {
  cluster = await createCluster({ hollowNodes: 3, controllers: false })
  await cluster.client.create(serviceAccount, { metadata: { name: 'default', namespace } })
})
afterEach(() => cluster.stop())

const create = (name: string, owner?: string) =>
  cluster.client.create(pod, {
    metadata: {
      name,
      namespace,
      ...(owner && { ownerReferences: [{ apiVersion: 'batch/v1', kind: owner, name: 'x', uid: 'x' }] }),
    },
    spec: { nodeName: 'node-1', restartPolicy: owner ? 'Never' : 'Always', containers: [{ name: 'main', image: 'x' }] },
  })
const phaseOf = async (name: string) => (await cluster.client.get(pod, { namespace, name })).status.phase

test('hollow nodes are ready', async () => {
  const { items } = await cluster.client.list(node)
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['node-0', 'node-1', 'node-2'])
  const ready = items.map(({ status }) => status.conditions?.find(({ type }) => type === 'Ready')?.status)
  expect(ready).toEqual(['True', 'True', 'True'])
  expect(items[2]!.status.addresses).toEqual([
    { type: 'InternalIP', address: '10.128.0.3' },
    { type: 'Hostname', address: 'node-2' },
  ])
})

test('pods run in name only, and go when deleted', async () => {
  await create('web')
  await expect.poll(() => phaseOf('web')).toBe('Running')
  const { status } = await cluster.client.get(pod, { namespace, name: 'web' })
  expect(status.podIP).toMatch(/^10\.64\.1\./)
  expect(status).toMatchObject({ hostIP: '10.128.0.2', hostIPs: [{ ip: '10.128.0.2' }] })
  expect(status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  await cluster.client.delete(pod, { namespace, name: 'web' })
  const gone = () =>
    phaseOf('web').then(
      () => false,
      error => isReason(error, 'NotFound'),
    )
  await expect.poll(gone).toBe(true)
})

test('pods of Jobs come to their end', async () => {
  await create('task', 'Job')
  await expect.poll(() => phaseOf('task')).toBe('Succeeded')
})

const readiness = async (name: string) => {
  const { status } = await cluster.client.get(pod, { namespace, name })
  return status.conditions?.find(({ type }) => type === 'Ready')?.status
}
const patchConditions = (kind: typeof pod | typeof node, key: object, type: string, status: string) => {
  const conditions = [{ type, status, lastTransitionTime: '2026-01-01T00:00:00Z' }]
  return cluster.client.patch(kind, key, 'strategic', { status: { conditions } }, { subresource: 'status' })
}

test('a node that was taken for lost says that it is there', async () => {
  const ready = async () => {
    const { status } = await cluster.client.get(node, { name: 'node-1' })
    return status.conditions?.find(({ type }) => type === 'Ready')
  }
  await patchConditions(node, { name: 'node-1' }, 'Ready', 'Unknown')
  await expect.poll(ready).toMatchObject({ status: 'True', reason: 'KubeletReady' })
})

test('a pod is as ready as its containers and gates, whatever others say', async () => {
  const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'x' }] }
  const readinessGates = [{ conditionType: 'example.com/open' }]
  await cluster.client.create(pod, { metadata: { name: 'gated', namespace }, spec: { ...spec, readinessGates } })
  await expect.poll(() => readiness('gated')).toBe('False')
  await patchConditions(pod, { namespace, name: 'gated' }, 'example.com/open', 'True')
  await expect.poll(() => readiness('gated')).toBe('True')
  // As the node lifecycle controller does with pods of a silent node.
  await patchConditions(pod, { namespace, name: 'gated' }, 'Ready', 'False')
  await expect.poll(() => readiness('gated')).toBe('True')
})

test('a pod that somebody holds on to has failed once it is stopped', async () => {
  await create('held')
  await expect.poll(() => phaseOf('held')).toBe('Running')
  const finalizers = (value: string[] | null) =>
    cluster.client.patch(pod, { namespace, name: 'held' }, 'merge', { metadata: { finalizers: value } })
  await finalizers(['example.com/hold'])
  await cluster.client.delete(pod, { namespace, name: 'held' })
  await expect.poll(() => phaseOf('held')).toBe('Failed')
  await finalizers(null)
})
