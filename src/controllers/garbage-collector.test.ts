import { expect } from 'vitest'
import { type World, worldTest } from '../../test/support/world.ts'
import { replicaSet } from '../api/apps/replicaset.ts'
import { type ConfigMap, configMap } from '../api/core/configmap.ts'
import { namespace } from '../api/core/namespace.ts'
import { node } from '../api/core/node.ts'
import { pod } from '../api/core/pod.ts'
import type { KubeObject } from '../apimachinery/schema/kind.ts'
import { garbageCollector } from './garbage-collector.ts'
import { replicaSetController } from './replicaset.ts'
import { ownedKinds } from './shared/stored-kinds.ts'
import { replicaSetOf } from './testing.ts'

const test = worldTest({ controllers: [garbageCollector(ownedKinds), replicaSetController], runPods: true })

const refTo = ({ apiVersion, kind, metadata }: KubeObject, blockOwnerDeletion = true) => ({
  apiVersion,
  kind,
  name: metadata.name!,
  uid: metadata.uid!,
  blockOwnerDeletion,
})

function make(world: World, name: string, owners: object[] = [], extra: object = {}): Promise<ConfigMap> {
  return world.apply(configMap, { metadata: { name, ownerReferences: owners as never, ...extra } })
}

const names = async (world: World) => (await world.list(configMap)).map(({ metadata }) => metadata.name)

test('deletes dependents once their last owner is gone, down the whole chain', async ({ world }) => {
  const [a, b] = [await make(world, 'a'), await make(world, 'b')]
  const shared = await make(world, 'shared', [refTo(a), refTo(b)])
  await make(world, 'below', [refTo(shared)])
  await world.client.delete(configMap, a)
  await world.settle()
  expect(await names(world)).toEqual(['b', 'below', 'shared'])
  expect((await world.get(configMap, 'shared')).metadata.ownerReferences).toHaveLength(1)
  await world.client.delete(configMap, b)
  await world.settle()
  expect(await names(world)).toEqual([])
  expect(world.errors).toEqual([])
})

test('deletes an object whose owner never was, also when another took its name', async ({ world }) => {
  const other = await make(world, 'owner')
  await make(world, 'child', [{ ...refTo(other), uid: '11111111-1111-4111-8111-111111111111' }])
  expect(await names(world)).toEqual(['owner'])
})

test('an owner deleted in the foreground waits for those that block it', async ({ world }) => {
  const owner = await make(world, 'owner')
  await make(world, 'held', [refTo(owner)], { finalizers: ['test/hold'] })
  await make(world, 'free', [refTo(owner, false)])
  await world.client.delete(configMap, owner, { propagationPolicy: 'Foreground' })
  await world.settle()
  expect(await names(world)).toEqual(['held', 'owner'])
  await world.client.patch(configMap, { namespace: 'default', name: 'held' }, 'merge', {
    metadata: { finalizers: null },
  })
  await world.settle()
  expect(await names(world)).toEqual([])
})

test('in the foreground a whole chain goes from its end', async ({ world }) => {
  const rs = await world.apply(replicaSet, replicaSetOf(3))
  const [first] = await world.pods()
  await world.client.patch(pod, first!.metadata, 'merge', { metadata: { finalizers: ['test/hold'] } })
  await world.client.delete(replicaSet, rs, { propagationPolicy: 'Foreground' })
  await world.settle()
  expect(await world.pods()).toHaveLength(1)
  expect(await world.find(replicaSet, 'web')).toBeDefined()
  await world.client.patch(pod, first!.metadata, 'merge', { metadata: { finalizers: null } })
  await world.settle()
  expect(await world.pods()).toHaveLength(0)
  expect(await world.find(replicaSet, 'web')).toBeUndefined()
})

test('orphans dependents where that is asked for', async ({ world }) => {
  const owner = await make(world, 'owner')
  await make(world, 'child', [refTo(owner)])
  await world.client.delete(configMap, owner, { propagationPolicy: 'Orphan' })
  await world.settle()
  expect(await names(world)).toEqual(['child'])
  expect((await world.get(configMap, 'child')).metadata.ownerReferences).toBeUndefined()
})

test('an owner in another namespace is no owner, and that is told', async ({ world }) => {
  await world.apply(namespace, { metadata: { name: 'other' } })
  const owner = await world.apply(configMap, { metadata: { name: 'owner', namespace: 'other' } })
  await make(world, 'child', [refTo(owner)])
  expect(await world.find(configMap, 'child')).toBeUndefined()
  expect((await world.events(configMap))[0]).toMatch(/^OwnerRefInvalidNamespace: ownerRef \[v1\/ConfigMap/)
})

test('a cluster-wide object with a namespaced owner stays', async ({ world }) => {
  const owner = await make(world, 'owner')
  await world.apply(node, { metadata: { name: 'n', ownerReferences: [refTo(owner)] } })
  await world.client.delete(configMap, owner)
  await world.settle()
  expect(await world.find(node, 'n')).toBeDefined()
})

test('a ring of owners that is deleted in the foreground goes too', async ({ world }) => {
  const [a, b] = [await make(world, 'a'), await make(world, 'b')]
  const link = (of: ConfigMap, to: ConfigMap) =>
    world.client.patch(configMap, of.metadata, 'merge', { metadata: { ownerReferences: [refTo(to)] } })
  await link(a, b)
  await link(b, a)
  await world.client.delete(configMap, { namespace: 'default', name: 'a' }, { propagationPolicy: 'Foreground' })
  await world.settle()
  expect(await names(world)).toEqual([])
})

test('an owner of a kind nobody knows keeps its dependents', async ({ world }) => {
  const owner = { apiVersion: 'example.com/v1', kind: 'Thing', name: 'x', uid: '11111111-1111-4111-8111-111111111111' }
  await make(world, 'child', [owner])
  expect(await names(world)).toEqual(['child'])
})

test('finds owners that are named by an old version, also of another group', async ({ world }) => {
  const owner = await world.apply(replicaSet, replicaSetOf(0))
  const named = { ...refTo(owner), apiVersion: 'extensions/v1beta1' }
  await make(world, 'child', [named])
  await world.settle()
  expect(await names(world)).toEqual(['child'])
  await world.client.delete(replicaSet, owner)
  await world.settle()
  expect(await names(world)).toEqual([])
})
