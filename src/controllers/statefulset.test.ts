import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { controllerRevision } from '../api/apps/controllerrevision.ts'
import { statefulSet } from '../api/apps/statefulset.ts'
import { persistentVolumeClaim, pod } from '../api/core/index.ts'
import { seededRandom } from '../apimachinery/random.ts'
import { garbageCollector } from './garbage-collector.ts'
import { ownedKinds } from './shared/stored-kinds.ts'
import { statefulSetController } from './statefulset.ts'
import { statefulSetOf } from './testing.ts'

const controllers = [statefulSetController]
/** Pods run and are ready at once, and end at once. */
const test = worldTest({ controllers, runPods: true })
/** Pods stay as they are until the test says otherwise. */
const slow = worldTest({ controllers })
const collected = worldTest({ controllers: [statefulSetController, garbageCollector(ownedKinds)], runPods: true })

/** Image by name. */
const images = async (world: World): Promise<Record<string, string | undefined>> =>
  Object.fromEntries((await world.pods()).map(({ metadata, spec }) => [metadata.name, spec.containers[0]!.image]))

const names = async (world: World) => (await world.pods()).map(({ metadata }) => metadata.name)
const claims = async (world: World) => (await world.list(persistentVolumeClaim)).map(({ metadata }) => metadata.name)

const run = async (world: World, name: string) => world.setPod(await world.get(pod, name), 'Running')
const end = async (world: World, name: string) => {
  await world.client.delete(pod, { metadata: { namespace: 'default', name } }, { gracePeriodSeconds: 0 })
  await world.settle()
}

const volumeClaimTemplates = [
  {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
]

slow('starts pods one after another, each with its name, labels and claims', async ({ world }) => {
  await world.apply(statefulSet, statefulSetOf(2, 'db:1', { volumeClaimTemplates }))
  expect(await names(world)).toEqual(['db-0'])
  await run(world, 'db-0')
  expect(await names(world)).toEqual(['db-0', 'db-1'])
  expect(await claims(world)).toEqual(['data-db-0', 'data-db-1'])
  const [revision] = await world.list(controllerRevision)
  const { metadata, spec } = await world.get(pod, 'db-1')
  expect(metadata.labels).toEqual({
    app: 'db',
    'apps.kubernetes.io/pod-index': '1',
    'controller-revision-hash': revision!.metadata.name,
    'statefulset.kubernetes.io/pod-name': 'db-1',
  })
  expect(spec).toMatchObject({
    hostname: 'db-1',
    subdomain: 'db',
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } }],
  })
  expect(await world.events(statefulSet)).toEqual([
    'SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success',
    'SuccessfulCreate: create Pod db-0 in StatefulSet db successful',
    'SuccessfulCreate: create Claim data-db-1 Pod db-1 in StatefulSet db success',
    'SuccessfulCreate: create Pod db-1 in StatefulSet db successful',
  ])
  await run(world, 'db-1')
  expect((await world.get(statefulSet, 'db')).status).toEqual({
    observedGeneration: 1,
    replicas: 2,
    readyReplicas: 2,
    currentReplicas: 2,
    updatedReplicas: 2,
    availableReplicas: 2,
    currentRevision: revision!.metadata.name,
    updateRevision: revision!.metadata.name,
  })
  expect(world.errors).toEqual([])
})

slow('Parallel starts and ends them together; ordinals may start elsewhere', async ({ world }) => {
  const spec = { podManagementPolicy: 'Parallel', ordinals: { start: 5 } }
  await world.apply(statefulSet, statefulSetOf(3, 'db:1', spec))
  expect(await names(world)).toEqual(['db-5', 'db-6', 'db-7'])
  await world.apply(statefulSet, statefulSetOf(1, 'db:1', spec))
  expect(await names(world)).toEqual(['db-5'])
})

slow('ends pods one after another, the highest first', async ({ world }) => {
  await world.apply(statefulSet, statefulSetOf(3))
  for (const name of ['db-0', 'db-1', 'db-2']) await run(world, name)
  await world.apply(statefulSet, statefulSetOf(1))
  const deletions = (await world.events(statefulSet)).filter(text => text.startsWith('SuccessfulDelete'))
  expect(deletions.map(text => text.split(' ')[3])).toEqual(['db-2', 'db-1'])
})

slow('replaces pods from the highest ordinal, each once the last is ready', async ({ world }) => {
  await world.apply(statefulSet, statefulSetOf(2))
  for (const name of ['db-0', 'db-1']) await run(world, name)
  await world.apply(statefulSet, statefulSetOf(2, 'db:2'))
  expect(await images(world)).toEqual({ 'db-0': 'db:1', 'db-1': 'db:2' })
  expect((await world.get(pod, 'db-0')).metadata.deletionTimestamp).toBeUndefined()
  const { status } = await world.get(statefulSet, 'db')
  expect(status.currentRevision).not.toBe(status.updateRevision)
  await run(world, 'db-1')
  await run(world, 'db-0')
  const after = (await world.get(statefulSet, 'db')).status
  expect(after).toMatchObject({ currentRevision: status.updateRevision, currentReplicas: 2, updatedReplicas: 2 })
})

test('leaves pods below the partition, and makes them anew from the old template', async ({ world }) => {
  const updateStrategy = { rollingUpdate: { partition: 2 } }
  await world.apply(statefulSet, statefulSetOf(3, 'db:1', { updateStrategy }))
  await world.apply(statefulSet, statefulSetOf(3, 'db:2', { updateStrategy }))
  await end(world, 'db-0')
  expect(await images(world)).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2' })
  expect((await world.get(statefulSet, 'db')).status).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 })
  await world.apply(statefulSet, statefulSetOf(3, 'db:2', { updateStrategy: { rollingUpdate: { partition: 0 } } }))
  expect(new Set(Object.values(await images(world)))).toEqual(new Set(['db:2']))
})

test('OnDelete leaves old pods until someone deletes them', async ({ world }) => {
  const updateStrategy = { type: 'OnDelete' }
  await world.apply(statefulSet, statefulSetOf(2, 'db:1', { updateStrategy }))
  await world.apply(statefulSet, statefulSetOf(2, 'db:2', { updateStrategy }))
  expect(await images(world)).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1' })
  await end(world, 'db-1')
  expect(await images(world)).toEqual({ 'db-0': 'db:1', 'db-1': 'db:2' })
})

slow('a broken revision holds the set until its pod is deleted by hand, even after going back', async ({ world }) => {
  await world.apply(statefulSet, statefulSetOf(1))
  await run(world, 'db-0')
  await world.apply(statefulSet, statefulSetOf(1, 'db:broken'))
  await world.apply(statefulSet, statefulSetOf(1))
  expect(await images(world)).toEqual({ 'db-0': 'db:broken' })
  await end(world, 'db-0')
  expect(await images(world)).toEqual({ 'db-0': 'db:1' })
})

slow('maxUnavailable replaces several at once', async ({ world }) => {
  const updateStrategy = { rollingUpdate: { maxUnavailable: 2 } }
  await world.apply(statefulSet, statefulSetOf(4, 'db:1', { updateStrategy, podManagementPolicy: 'Parallel' }))
  for (let i = 0; i < 4; i++) await run(world, `db-${i}`)
  await world.apply(statefulSet, statefulSetOf(4, 'db:2', { updateStrategy, podManagementPolicy: 'Parallel' }))
  expect(await images(world)).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2', 'db-3': 'db:2' })
})

test('makes a failed pod anew under its name', async ({ world }) => {
  await world.apply(statefulSet, statefulSetOf(1))
  const before = await world.get(pod, 'db-0')
  await world.setPod(before, 'Failed', false)
  expect((await world.get(pod, 'db-0')).metadata.uid).not.toBe(before.metadata.uid)
  const recreating = 'RecreatingFailedPod: StatefulSet default/db is recreating failed Pod db-0'
  expect(await world.events(statefulSet)).toContain(recreating)
})

collected('deletes claims with their pods and set where the policy says so', async ({ world }) => {
  const persistentVolumeClaimRetentionPolicy = { whenScaled: 'Delete', whenDeleted: 'Delete' }
  const spec = { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy }
  await world.apply(statefulSet, statefulSetOf(3, 'db:1', spec))
  await world.apply(statefulSet, statefulSetOf(1, 'db:1', spec))
  await world.advance(seconds(5))
  expect(await claims(world)).toEqual(['data-db-0'])
  await world.client.delete(statefulSet, { metadata: { namespace: 'default', name: 'db' } })
  await world.advance(seconds(5))
  expect(await claims(world)).toEqual([])
})

collected('keeps claims otherwise', async ({ world }) => {
  await world.apply(statefulSet, statefulSetOf(2, 'db:1', { volumeClaimTemplates }))
  await world.apply(statefulSet, statefulSetOf(0, 'db:1', { volumeClaimTemplates }))
  await world.advance(seconds(5))
  expect(await claims(world)).toEqual(['data-db-0', 'data-db-1'])
})

test('waits minReadySeconds from one pod to the next', async ({ world }) => {
  await world.apply(statefulSet, statefulSetOf(2, 'db:1', { minReadySeconds: 10 }))
  expect(await names(world)).toEqual(['db-0'])
  await world.advance(seconds(10))
  expect(await names(world)).toEqual(['db-0', 'db-1'])
})

for (const seed of [1, 2, 3]) {
  slow(
    `whatever happens, no ordinal is skipped or taken twice, and the set arrives (seed ${seed})`,
    async ({ world }) => {
      const random = seededRandom(seed)
      let replicas = 2
      for (let step = 0; step < 40; step++) {
        const all = await world.pods()
        const any = all[Math.floor(random.next() * all.length)]
        const dice = random.next()
        if (dice < 0.15) replicas = Math.floor(random.next() * 4)
        if (dice < 0.3) await world.apply(statefulSet, statefulSetOf(replicas, `db:${Math.floor(random.next() * 3)}`))
        else if (any?.metadata.deletionTimestamp || (any && dice < 0.4)) await end(world, any.metadata.name!)
        else if (any) await world.setPod(any, dice < 0.5 ? 'Failed' : 'Running')
        const alive = (await world.pods()).filter(p => !p.metadata.deletionTimestamp)
        const ordinals = alive.map(({ metadata }) => Number(metadata.name!.slice(3)))
        expect(new Set(ordinals).size).toBe(ordinals.length)
      }
      await world.apply(statefulSet, statefulSetOf(3, 'db:9'))
      for (let round = 0; round < 30; round++) {
        for (const { metadata, status } of await world.pods()) {
          if (metadata.deletionTimestamp) await end(world, metadata.name!)
          else if (status.phase === 'Pending') await run(world, metadata.name!)
        }
      }
      expect(await images(world)).toEqual({ 'db-0': 'db:9', 'db-1': 'db:9', 'db-2': 'db:9' })
    },
  )
}
