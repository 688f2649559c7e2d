import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { lease } from '../api/coordination/lease.ts'
import { namespace } from '../api/core/namespace.ts'
import { node } from '../api/core/node.ts'
import { pod } from '../api/core/pod.ts'
import { rfc3339, rfc3339Micro } from '../apimachinery/clock.ts'
import { freePart, nodeIpamController } from './node-ipam.ts'
import { nodeLifecycleController } from './node-lifecycle.ts'
import { podGarbageCollector } from './pod-gc.ts'
import { taintEvictionController } from './taint-eviction.ts'

const test = worldTest({
  controllers: [nodeLifecycleController(), taintEvictionController, podGarbageCollector({ terminatedThreshold: 2 })],
})

async function addNode(world: World, name: string, ready = 'True'): Promise<void> {
  await world.apply(node, { metadata: { name } })
  await setReady(world, name, ready)
}

async function setReady(world: World, name: string, status: string): Promise<void> {
  const time = rfc3339(world.clock.now())
  const conditions = [{ type: 'Ready', status, lastHeartbeatTime: time, lastTransitionTime: time }]
  await world.client.patch(node, { name }, 'strategic', { status: { conditions } }, { subresource: 'status' })
  await world.settle()
}

/** Renews the lease of a node every ten seconds, as a kubelet does. */
async function renew(world: World, name: string, forMs: number): Promise<void> {
  for (let passed = 0; passed < forMs; passed += seconds(10)) {
    const spec = { holderIdentity: name, renewTime: rfc3339Micro(world.clock.now()) }
    await world.apply(lease, { metadata: { name, namespace: 'kube-node-lease' }, spec })
    await world.advance(seconds(10))
  }
}

async function addPod(world: World, name: string, nodeName: string | undefined, spec: object = {}): Promise<void> {
  const created = await world.apply(pod, {
    metadata: { name },
    spec: { nodeName, containers: [{ name: 'a', image: 'a' }], ...spec },
  })
  if (nodeName) await world.setPod(created, 'Running')
}

const taints = async (world: World, name: string) =>
  ((await world.get(node, name)).spec.taints ?? []).map(t => `${t.key.split('/')[1]}:${t.effect}`).sort()
const readyOf = async (world: World, name: string) =>
  (await world.get(node, name)).status.conditions?.find(c => c.type === 'Ready')

test('a new node takes no pods until it is ready', async ({ world }) => {
  await world.apply(node, { metadata: { name: 'a' } })
  expect(await taints(world, 'a')).toEqual(['not-ready:NoSchedule'])
  await setReady(world, 'a', 'True')
  expect(await taints(world, 'a')).toEqual([])
})

test('leases keep a node alive; silence makes it unknown, tainted, and its pods not ready', async ({ world }) => {
  await world.apply(namespace, { metadata: { name: 'kube-node-lease' } })
  await addNode(world, 'a')
  await addNode(world, 'b')
  await addPod(world, 'p', 'a')
  await Promise.all([renew(world, 'a', seconds(60)), Promise.resolve()])
  expect((await readyOf(world, 'a'))?.status).toBe('True')
  await renew(world, 'b', seconds(60))
  expect(await readyOf(world, 'a')).toMatchObject({
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  })
  expect(await taints(world, 'a')).toEqual(['unreachable:NoSchedule'])
  const ready = (await world.get(pod, 'p')).status.conditions?.find(c => c.type === 'Ready')
  expect(ready?.status).toBe('False')
  expect(await world.events(node)).toContain('NodeNotReady: Node a status is now: NodeNotReady')
  expect(await world.events(pod)).toContain('NodeNotReady: Node is not ready')
  await setReady(world, 'b', 'True')
  expect(await taints(world, 'a')).toEqual(['unreachable:NoExecute', 'unreachable:NoSchedule'])
  await setReady(world, 'a', 'True')
  expect(await taints(world, 'a')).toEqual([])
})

test('a node that was never heard of is unknown after a minute', async ({ world }) => {
  await world.apply(node, { metadata: { name: 'a' } })
  await world.advance(seconds(61))
  expect(await readyOf(world, 'a')).toMatchObject({ reason: 'NodeStatusNeverUpdated' })
})

test('when no node is ready no pods are driven out', async ({ world }) => {
  await addNode(world, 'a', 'False')
  expect(await taints(world, 'a')).toEqual(['not-ready:NoSchedule'])
  await addNode(world, 'b')
  expect(await taints(world, 'a')).toEqual(['not-ready:NoExecute', 'not-ready:NoSchedule'])
})

test('a cordoned node and one under pressure are tainted; other taints stay', async ({ world }) => {
  await world.apply(node, { metadata: { name: 'a' }, spec: { taints: [{ key: 'my.org/x', effect: 'NoExecute' }] } })
  await setReady(world, 'a', 'True')
  await world.client.patch(node, { name: 'a' }, 'merge', { spec: { unschedulable: true } })
  const conditions = [{ type: 'DiskPressure', status: 'True' }]
  await world.client.patch(node, { name: 'a' }, 'strategic', { status: { conditions } }, { subresource: 'status' })
  await world.settle()
  expect(await taints(world, 'a')).toEqual(['disk-pressure:NoSchedule', 'unschedulable:NoSchedule', 'x:NoExecute'])
})

test('pods leave a NoExecute node at once, after their tolerationSeconds, or never', async ({ world }) => {
  await addNode(world, 'a')
  const key = 'my.org/x'
  await addPod(world, 'plain', 'a')
  await addPod(world, 'later', 'a', {
    tolerations: [{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }],
  })
  await addPod(world, 'stays', 'a', { tolerations: [{ key, operator: 'Exists' }] })
  await world.client.patch(node, { name: 'a' }, 'merge', { spec: { taints: [{ key, effect: 'NoExecute' }] } })
  await world.settle()
  const deleted = async () => (await world.pods()).filter(p => p.metadata.deletionTimestamp).map(p => p.metadata.name)
  expect(await deleted()).toEqual(['plain'])
  expect(await world.events(pod)).toContain('TaintManagerEviction: Marking for deletion Pod default/plain')
  await world.advance(seconds(31))
  expect(await deleted()).toEqual(['later', 'plain'])
})

test('a taint that goes away in time spares the pod', async ({ world }) => {
  await addNode(world, 'a')
  const key = 'my.org/x'
  await addPod(world, 'p', 'a', {
    tolerations: [{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }],
  })
  await world.client.patch(node, { name: 'a' }, 'merge', { spec: { taints: [{ key, effect: 'NoExecute' }] } })
  await world.advance(seconds(10))
  await world.client.patch(node, { name: 'a' }, 'merge', { spec: { taints: null } })
  await world.advance(seconds(60))
  expect((await world.get(pod, 'p')).metadata.deletionTimestamp).toBeUndefined()
})

test('pods of a node that is gone go after its quarantine, unless it comes back', async ({ world }) => {
  await addNode(world, 'a')
  await addNode(world, 'b')
  await addPod(world, 'gone', 'a')
  await addPod(world, 'spared', 'b')
  await world.client.delete(node, { name: 'a' })
  await world.client.delete(node, { name: 'b' })
  await world.advance(seconds(20))
  await addNode(world, 'b')
  await world.advance(seconds(21))
  expect((await world.pods()).map(p => p.metadata.name)).toEqual(['spared'])
})

test('a pod deleted before it had a node goes although something holds it', async ({ world }) => {
  await addPod(world, 'p', undefined)
  await world.client.patch(pod, { namespace: 'default', name: 'p' }, 'merge', {
    metadata: { finalizers: ['my.org/x'] },
  })
  await world.client.delete(pod, { namespace: 'default', name: 'p' })
  await world.settle()
  expect((await world.get(pod, 'p')).status.phase).toBe('Failed')
})

test('only so many pods that have ended are kept, the youngest', async ({ world }) => {
  await addNode(world, 'a')
  for (const name of ['p1', 'p2', 'p3', 'p4']) {
    await addPod(world, name, 'a')
    await world.advance(seconds(1))
  }
  for (const p of await world.pods()) await world.setPod(p, 'Succeeded')
  expect((await world.pods()).map(p => p.metadata.name)).toEqual(['p3', 'p4'])
})

const ipam = worldTest({ controllers: [nodeIpamController('10.244.0.0/22')] })

ipam('every node gets a part of the pod network of its own', async ({ world }) => {
  await Promise.all(['a', 'b', 'c'].map(name => world.client.create(node, { metadata: { name } })))
  await world.settle()
  const parts = (await world.list(node)).map(({ spec }) => spec.podCIDR)
  expect(parts.sort()).toEqual(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24'])
  expect(freePart('10.244.0.0/24', new Set(['10.244.0.0/24']))).toBeUndefined()
})

test('pods are driven out of one lost node of a zone at a time', async ({ world }) => {
  for (const name of ['a', 'b', 'c', 'd']) await addNode(world, name)
  await setReady(world, 'a', 'False')
  await setReady(world, 'b', 'False')
  expect(await taints(world, 'a')).toContain('not-ready:NoExecute')
  expect(await taints(world, 'b')).toEqual(['not-ready:NoSchedule'])
  await world.advance(seconds(10))
  expect(await taints(world, 'b')).toContain('not-ready:NoExecute')
})

test('where much of a small zone is lost, pods stay where they are until it is better', async ({ world }) => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) await addNode(world, name)
  for (const name of ['a', 'b', 'c']) {
    const time = rfc3339(world.clock.now())
    const conditions = [{ type: 'Ready', status: 'False', lastHeartbeatTime: time, lastTransitionTime: time }]
    await world.client.patch(node, { name }, 'strategic', { status: { conditions } }, { subresource: 'status' })
  }
  await world.settle()
  await world.advance(seconds(30))
  const evicting = async () => {
    const all = await Promise.all(['a', 'b', 'c'].map(name => taints(world, name)))
    return all.filter(list => list.some(taint => taint.endsWith(':NoExecute'))).length
  }
  const before = await evicting()
  expect(before).toBeLessThan(3)
  await setReady(world, 'a', 'True')
  await world.advance(seconds(20))
  expect(await evicting()).toBe(2)
})
