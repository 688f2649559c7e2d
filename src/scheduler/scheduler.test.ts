import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { node } from '../api/core/node.ts'
import { pod } from '../api/core/pod.ts'
import { podDisruptionBudget } from '../api/policy/poddisruptionbudget.ts'
import { priorityClass } from '../api/scheduling/priorityclass.ts'
import { StatusError } from '../apimachinery/errors.ts'
import { nodeOf, podOf } from './testing.ts'

const test = worldTest({ scheduler: true })

async function addNode(world: World, ...args: Parameters<typeof nodeOf>): Promise<void> {
  const { status, ...object } = nodeOf(...args)
  await world.client.create(node, object)
  await world.client.patch(node, { name: args[0] }, 'merge', { status }, { subresource: 'status' })
  await world.settle()
}

const placeOf = async (world: World, name: string) => (await world.get(pod, name)).spec.nodeName
const scheduled = async (world: World, name: string) =>
  (await world.get(pod, name)).status.conditions?.find(c => c.type === 'PodScheduled')

test('places a pod and says where', async ({ world }) => {
  await addNode(world, 'a')
  await world.apply(pod, podOf('web'))
  expect(await placeOf(world, 'web')).toBe('a')
  expect(await scheduled(world, 'web')).toMatchObject({ status: 'True' })
  expect(await world.events(pod)).toEqual(['Scheduled: Successfully assigned default/web to a'])
})

test('says why a pod fits nowhere, and places it once it does', async ({ world }) => {
  await addNode(world, 'a', { cpu: '1' })
  await world.apply(pod, podOf('first', { cpu: '800m' }))
  await world.apply(pod, podOf('second', { cpu: '800m' }))
  const message =
    '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.'
  expect(await scheduled(world, 'second')).toMatchObject({ status: 'False', reason: 'Unschedulable', message })
  expect(await world.events(pod)).toContain(`FailedScheduling: ${message}`)
  await world.client.delete(pod, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 })
  await world.settle()
  expect(await placeOf(world, 'second')).toBe('a')
})

test('counts the reasons of all nodes, sorted', async ({ world }) => {
  await addNode(world, 'a', { cpu: '1' })
  await addNode(world, 'b', {}, { taints: [{ key: 'k', effect: 'NoSchedule' }] })
  await addNode(world, 'c', {}, { unschedulable: true })
  await world.apply(pod, podOf('big', { cpu: '2', memory: '1Ti' }))
  expect((await scheduled(world, 'big'))?.message).toBe(
    '0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  )
})

test('without nodes it waits for one', async ({ world }) => {
  await world.apply(pod, podOf('web'))
  expect((await scheduled(world, 'web'))?.message).toBe('no nodes available to schedule pods')
  await addNode(world, 'a')
  expect(await placeOf(world, 'web')).toBe('a')
})

test('a removed taint, a new label and an uncordoned node each let a pod in', async ({ world }) => {
  await addNode(world, 'a', {}, { taints: [{ key: 'k', effect: 'NoSchedule' }] })
  await addNode(world, 'b', {}, { unschedulable: true }, { zone: 'b' })
  await addNode(world, 'c', { pods: '0' })
  await world.apply(pod, podOf('tainted', {}, { nodeSelector: { 'kubernetes.io/hostname': 'a' } }))
  await world.apply(pod, podOf('cordoned', {}, { nodeSelector: { zone: 'b' } }))
  await world.apply(pod, podOf('labelled', {}, { nodeSelector: { disk: 'ssd' } }))
  await world.client.patch(node, { name: 'a' }, 'merge', { spec: { taints: null } })
  await world.client.patch(node, { name: 'b' }, 'merge', { spec: { unschedulable: false } })
  await world.client.patch(node, { name: 'c' }, 'merge', { metadata: { labels: { disk: 'ssd' } } })
  await world.client.patch(
    node,
    { name: 'c' },
    'merge',
    { status: { allocatable: { pods: '9' } } },
    { subresource: 'status' },
  )
  await world.advance(seconds(10))
  expect(await Promise.all(['tainted', 'cordoned', 'labelled'].map(name => placeOf(world, name)))).toEqual([
    'a',
    'b',
    'c',
  ])
})

test('a gated pod waits without a word until its gates are gone', async ({ world }) => {
  await addNode(world, 'a')
  await world.apply(pod, podOf('gated', {}, { schedulingGates: [{ name: 'example.com/wait' }] }))
  expect(await placeOf(world, 'gated')).toBeUndefined()
  expect(await world.events(pod)).toEqual([])
  await world.client.patch(pod, { namespace: 'default', name: 'gated' }, 'json', [
    { op: 'remove', path: '/spec/schedulingGates' },
  ])
  await world.settle()
  expect(await placeOf(world, 'gated')).toBe('a')
})

test('leaves pods of other schedulers alone', async ({ world }) => {
  await addNode(world, 'a')
  await world.apply(pod, podOf('other', {}, { schedulerName: 'mine' }))
  expect(await placeOf(world, 'other')).toBeUndefined()
})

test('spreads pods over equal nodes', async ({ world }) => {
  for (const name of ['a', 'b', 'c', 'd']) await addNode(world, name)
  for (let i = 0; i < 8; i++) await world.client.create(pod, podOf(`web-${i}`, { cpu: '100m', memory: '100Mi' }))
  await world.settle()
  const counts = new Map<string, number>()
  for (const { spec } of await world.pods()) counts.set(spec.nodeName!, (counts.get(spec.nodeName!) ?? 0) + 1)
  expect([...counts.values()]).toEqual([2, 2, 2, 2])
})

test('a burst fills nodes to the brim and not beyond', async ({ world }) => {
  for (const name of ['a', 'b', 'c']) await addNode(world, name, { cpu: '1' })
  await Promise.all(Array.from({ length: 40 }, (_, i) => world.client.create(pod, podOf(`web-${i}`, { cpu: '100m' }))))
  await world.settle()
  const pods = await world.pods()
  for (const name of ['a', 'b', 'c']) expect(pods.filter(p => p.spec.nodeName === name)).toHaveLength(10)
  expect(pods.filter(p => !p.spec.nodeName)).toHaveLength(10)
})

test('a pod that has ended frees its place', async ({ world }) => {
  await addNode(world, 'a', { cpu: '1' })
  const first = await world.apply(pod, podOf('first', { cpu: '1' }))
  await world.apply(pod, podOf('second', { cpu: '1' }))
  await world.setPod(first, 'Succeeded')
  expect(await placeOf(world, 'second')).toBe('a')
})

test('pushes out a pod of lower priority', async ({ world }) => {
  await addNode(world, 'a', { cpu: '1' })
  await world.apply(priorityClass, { metadata: { name: 'high' }, value: 1000 })
  await world.apply(pod, podOf('low', { cpu: '1' }))
  await world.apply(pod, podOf('high', { cpu: '1' }, { priorityClassName: 'high' }))
  expect((await world.get(pod, 'high')).status.nominatedNodeName).toBe('a')
  const low = await world.get(pod, 'low')
  expect(low.metadata.deletionTimestamp).toBeDefined()
  expect(low.status.conditions).toContainEqual(expect.objectContaining({ type: 'DisruptionTarget', status: 'True' }))
  await world.client.delete(pod, low, { gracePeriodSeconds: 0 })
  await world.settle()
  expect(await placeOf(world, 'high')).toBe('a')
})

test('pods that a disruption budget protects are pushed out last', async ({ world }) => {
  await addNode(world, 'a', { cpu: '2' })
  await world.apply(priorityClass, { metadata: { name: 'high' }, value: 1000 })
  for (const name of ['kept', 'free']) {
    await world.apply(pod, {
      ...podOf(name, { cpu: '1' }),
      metadata: { name, namespace: 'default', labels: { app: name } },
    })
  }
  await world.apply(podDisruptionBudget, {
    metadata: { name: 'budget' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } },
  })
  await world.apply(pod, podOf('high', { cpu: '1' }, { priorityClassName: 'high' }))
  expect((await world.get(pod, 'free')).metadata.deletionTimestamp).toBeDefined()
  expect((await world.get(pod, 'kept')).metadata.deletionTimestamp).toBeUndefined()
  await world.apply(pod, podOf('higher', { cpu: '2' }, { priorityClassName: 'high' }))
  expect((await world.get(pod, 'higher')).status.nominatedNodeName).toBeUndefined()
})

test('the place made for a pod is not taken by a lesser one', async ({ world }) => {
  await addNode(world, 'a', { cpu: '1' })
  await world.apply(priorityClass, { metadata: { name: 'high' }, value: 1000 })
  await world.apply(pod, podOf('low', { cpu: '1' }))
  await world.apply(pod, podOf('high', { cpu: '1' }, { priorityClassName: 'high' }))
  await world.apply(pod, podOf('late', { cpu: '500m' }))
  await world.client.delete(pod, { namespace: 'default', name: 'low' }, { gracePeriodSeconds: 0 })
  await world.advance(seconds(20))
  expect(await placeOf(world, 'high')).toBe('a')
  expect(await placeOf(world, 'late')).toBeUndefined()
})

test('a binding that fails is tried again after its time', async ({ world }) => {
  await addNode(world, 'a')
  let failures = 2
  world.fault = ({ subresource }) => {
    if (subresource === 'binding' && failures-- > 0) throw new StatusError(500, 'InternalError', 'no')
  }
  await world.apply(pod, podOf('web'))
  expect(await scheduled(world, 'web')).toMatchObject({ reason: 'SchedulerError' })
  await world.advance(seconds(10))
  expect(await placeOf(world, 'web')).toBe('a')
})

test('higher priority goes first when there is room for one', async ({ world }) => {
  await world.apply(priorityClass, { metadata: { name: 'high' }, value: 1000 })
  await world.client.create(pod, podOf('low', { cpu: '1' }))
  await world.client.create(pod, podOf('high', { cpu: '1' }, { priorityClassName: 'high' }))
  await world.settle()
  await addNode(world, 'a', { cpu: '1' })
  await world.advance(seconds(10))
  expect(await placeOf(world, 'high')).toBe('a')
})
