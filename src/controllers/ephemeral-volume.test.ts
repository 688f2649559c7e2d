import { expect } from 'vitest'
import { type World, worldTest } from '../../test/support/world.ts'
import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { pod } from '../api/core/pod.ts'
import { ephemeralVolumeController } from './ephemeral-volume.ts'
import { garbageCollector } from './garbage-collector.ts'
import { ownedKinds } from './shared/stored-kinds.ts'
import { claimOf } from './testing.ts'

const test = worldTest({ controllers: [ephemeralVolumeController, garbageCollector(ownedKinds)] })

const addPod = (world: World) => {
  const { spec } = claimOf()
  const volumeClaimTemplate = { metadata: { labels: { app: 'db' } }, spec }
  return world.apply(pod, {
    metadata: { name: 'db' },
    spec: {
      containers: [{ name: 'main', image: 'x' }],
      volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate } }],
    },
  })
}

test('a pod gets the claim of its ephemeral volume, and takes it along', async ({ world }) => {
  const owner = await addPod(world)
  const { metadata, spec } = await world.get(persistentVolumeClaim, 'db-scratch')
  expect(metadata.labels).toEqual({ app: 'db' })
  expect(metadata.ownerReferences).toEqual([
    { apiVersion: 'v1', kind: 'Pod', name: 'db', uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true },
  ])
  expect(spec.accessModes).toEqual(['ReadWriteOnce'])
  await world.client.delete(pod, owner, { gracePeriodSeconds: 0 })
  await world.settle()
  expect(await world.list(persistentVolumeClaim)).toEqual([])
})

test('a claim of someone else is left alone until it is gone', async ({ world }) => {
  await world.apply(persistentVolumeClaim, claimOf({ name: 'db-scratch' }))
  await addPod(world)
  expect(await world.events(pod)).toContain(
    'FailedBinding: ephemeral volume scratch: PVC default/db-scratch was not created for pod default/db (pod is not owner)',
  )
  await world.client.delete(persistentVolumeClaim, { namespace: 'default', name: 'db-scratch' })
  await world.settle()
  expect((await world.get(persistentVolumeClaim, 'db-scratch')).metadata.ownerReferences).toHaveLength(1)
})
