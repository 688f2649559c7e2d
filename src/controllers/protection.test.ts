import { expect } from 'vitest'
import { worldTest } from '../../test/support/world.ts'
import { persistentVolume } from '../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { pod } from '../api/core/pod.ts'
import { pvProtectionController } from './pv-protection.ts'
import { pvcProtectionController } from './pvc-protection.ts'

const test = worldTest({ controllers: [pvcProtectionController, pvProtectionController] })

test('a claim that is deleted stays while a pod uses it', async ({ world }) => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  await world.apply(persistentVolumeClaim, { metadata: { name: 'data' }, spec })
  expect((await world.get(persistentVolumeClaim, 'data')).metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  await world.apply(pod, {
    metadata: { name: 'user' },
    spec: {
      nodeName: 'n',
      containers: [{ name: 'main', image: 'x' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    },
  })
  await world.client.delete(persistentVolumeClaim, { namespace: 'default', name: 'data' })
  await world.settle()
  expect((await world.get(persistentVolumeClaim, 'data')).metadata.deletionTimestamp).toBeDefined()
  await world.client.delete(pod, { namespace: 'default', name: 'user' }, { gracePeriodSeconds: 0 })
  await world.settle()
  expect(await world.find(persistentVolumeClaim, 'data')).toBeUndefined()
})

test('a volume that is deleted stays while it is bound', async ({ world }) => {
  const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp' } }
  await world.apply(persistentVolume, { metadata: { name: 'disk' }, spec })
  const volume = await world.get(persistentVolume, 'disk')
  const bound = await world.client.updateStatus(persistentVolume, { ...volume, status: { phase: 'Bound' } })
  await world.client.delete(persistentVolume, { name: 'disk' })
  await world.settle()
  expect(await world.find(persistentVolume, 'disk')).toBeDefined()
  const current = await world.get(persistentVolume, 'disk')
  await world.client.updateStatus(persistentVolume, {
    ...bound,
    metadata: current.metadata,
    status: { phase: 'Released' },
  })
  await world.settle()
  expect(await world.find(persistentVolume, 'disk')).toBeUndefined()
})
