import { expect } from 'vitest'
import { worldTest } from '../../test/support/world.ts'
import { persistentVolume } from '../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { expandController } from './expand.ts'
import { persistentVolumeBinder } from './persistentvolume-binder.ts'
import { claimOf, volumeOf } from './testing.ts'

const test = worldTest({ controllers: [expandController, persistentVolumeBinder] })

test('a claim that is to grow waits for whoever made its volume, once for each wish', async ({ world }) => {
  const csi = { hostPath: undefined, csi: { driver: 'disk.example.com', volumeHandle: 'h' } }
  await world.apply(persistentVolume, volumeOf('disk', '1Gi', csi))
  await world.apply(persistentVolumeClaim, claimOf())
  const resources = { requests: { storage: '2Gi' } }
  const claim = await world.get(persistentVolumeClaim, 'data')
  await world.client.patch(persistentVolumeClaim, claim.metadata, 'merge', { spec: { resources } })
  await world.settle()
  await world.client.patch(persistentVolumeClaim, claim.metadata, 'merge', { metadata: { labels: { a: 'b' } } })
  await world.settle()
  expect(await world.events(persistentVolumeClaim)).toEqual([
    'ExternalExpanding: waiting for an external controller to expand this PVC',
  ])
})
