import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../../test/support/world.ts'
import { node } from '../../api/core/node.ts'
import { pod } from '../../api/core/pod.ts'
import { podGroup } from '../../api/scheduling/index.ts'
import { nodeOf, podOf } from '../testing.ts'

const test = worldTest({ scheduler: true, podGroups: true })

/** A node with place for so many pods of these tests. */
async function addNode(world: World, name: string, cpu: string): Promise<void> {
  const { status, ...object } = nodeOf(name, { cpu })
  await world.client.create(node, object)
  await world.client.patch(node, { name }, 'merge', { status }, { subresource: 'status' })
  await world.settle()
}

const addGroup = (world: World, minCount: number) =>
  world.apply(podGroup, { metadata: { name: 'gang' }, spec: { schedulingPolicy: { gang: { minCount } } } })

const addPod = (world: World, name: string, podGroupName = 'gang') =>
  world.apply(pod, podOf(name, { cpu: '1' }, { schedulingGroup: { podGroupName } }))

const places = async (world: World) => (await world.pods()).map(({ spec }) => spec.nodeName)
const messageOf = async (world: World, name: string) =>
  (await world.get(pod, name)).status.conditions?.find(c => c.type === 'PodScheduled')?.message

test('pods wait for their group, and for enough of them', async ({ world }) => {
  await addNode(world, 'a', '4')
  await addPod(world, 'one')
  expect(await places(world)).toEqual([undefined])
  await addGroup(world, 2)
  expect(await places(world)).toEqual([undefined])
  await addPod(world, 'two')
  expect(await places(world)).toEqual(['a', 'a'])
  await addPod(world, 'three')
  expect(await places(world)).toEqual(['a', 'a', 'a'])
})

test('none is bound before enough have a place', async ({ world }) => {
  await addNode(world, 'a', '1')
  await addGroup(world, 2)
  await addPod(world, 'one')
  await addPod(world, 'two')
  await world.advance(seconds(60))
  expect(await places(world)).toEqual([undefined, undefined])
  await addNode(world, 'b', '1')
  await world.advance(seconds(20))
  expect((await places(world)).toSorted()).toEqual(['a', 'b'])
})

test('places that are held for nothing are given up', async ({ world }) => {
  await addNode(world, 'a', '1')
  await addGroup(world, 2)
  await addPod(world, 'one')
  await addPod(world, 'two')
  await world.advance(seconds(299))
  await world.apply(pod, podOf('other', { cpu: '1' }))
  expect(await messageOf(world, 'other')).toContain('Insufficient cpu')
  await world.advance(seconds(20))
  expect((await world.get(pod, 'other')).spec.nodeName).toBe('a')
  expect(await world.events(pod)).toContain(
    'FailedScheduling: 0/1 nodes are available: 1 rejected due to timeout after waiting 5m0s at plugin GangScheduling.',
  )
})

test('a pod that goes gives its place up', async ({ world }) => {
  await addNode(world, 'a', '1')
  await addGroup(world, 2)
  const one = await addPod(world, 'one')
  const two = await addPod(world, 'two')
  for (const gone of [one, two]) await world.client.delete(pod, gone, { gracePeriodSeconds: 0 })
  await world.apply(pod, podOf('other', { cpu: '1' }))
  await world.advance(seconds(20))
  expect((await world.get(pod, 'other')).spec.nodeName).toBe('a')
})

test('pods of a group without a gang go each by itself', async ({ world }) => {
  await addNode(world, 'a', '1')
  await world.apply(podGroup, { metadata: { name: 'gang' }, spec: { schedulingPolicy: { basic: {} } } })
  await addPod(world, 'one')
  expect(await places(world)).toEqual(['a'])
})
