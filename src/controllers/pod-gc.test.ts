import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { node } from '../api/core/node.ts'
import { pod } from '../api/core/pod.ts'
import { podGarbageCollector } from './pod-gc.ts'

const test = worldTest({ controllers: [podGarbageCollector()] })

const onNode = (name: string) => ({
  metadata: { name },
  spec: { nodeName: 'n', tolerations: [], containers: [{ name: 'main', image: 'a' }] },
})
const names = async (world: World) => (await world.pods()).map(({ metadata }) => metadata.name)

test('pods of a node that is gone go after a while', async ({ world }) => {
  await world.apply(node, { metadata: { name: 'n' } })
  await world.apply(pod, onNode('a'))
  await world.client.delete(node, { name: 'n' })
  await world.advance(seconds(39))
  expect(await names(world)).toEqual(['a'])
  await world.advance(seconds(2))
  expect(await names(world)).toEqual([])
})

test('a pod that is sent to a node long gone has as much time, so that nothing comes and goes in a ring', async ({
  world,
}) => {
  await world.apply(node, { metadata: { name: 'n' } })
  await world.apply(pod, onNode('a'))
  await world.client.delete(node, { name: 'n' })
  await world.advance(seconds(60))
  await world.apply(pod, onNode('late'))
  await world.advance(seconds(39))
  expect(await names(world)).toEqual(['late'])
  await world.advance(seconds(2))
  expect(await names(world)).toEqual([])
})
