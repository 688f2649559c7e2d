import { expect } from 'vitest'
import { type World, worldTest } from '../../test/support/world.ts'
import { persistentVolume } from '../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { pod } from '../api/core/pod.ts'
import { storageClass } from '../api/storage/storageclass.ts'
import { persistentVolumeBinder } from './persistentvolume-binder.ts'
import { claimOf, volumeOf } from './testing.ts'

const test = worldTest({ controllers: [persistentVolumeBinder] })

const addClass = (world: World, name: string, more: object = {}) =>
  world.apply(storageClass, { metadata: { name }, provisioner: 'example.com/disk', ...more })

const volume = (world: World, name: string) => world.get(persistentVolume, name)
const claim = (world: World, name = 'data') => world.get(persistentVolumeClaim, name)
const phases = async (world: World) =>
  Object.fromEntries((await world.list(persistentVolume)).map(({ metadata, status }) => [metadata.name, status.phase]))
const remove = async (world: World, name = 'data') => {
  await world.client.delete(persistentVolumeClaim, { namespace: 'default', name })
  await world.settle()
}

test('a claim gets the smallest volume that does, and both say so', async ({ world }) => {
  await world.apply(persistentVolume, volumeOf('small', '500Mi'))
  await world.apply(persistentVolume, volumeOf('large', '5Gi'))
  await world.apply(persistentVolume, volumeOf('medium', '2Gi'))
  expect(await phases(world)).toEqual({ small: 'Available', large: 'Available', medium: 'Available' })
  await world.apply(persistentVolumeClaim, claimOf({ request: '1Gi' }))
  const bound = await claim(world)
  expect(bound.spec.volumeName).toBe('medium')
  expect(bound.metadata.annotations).toEqual({
    'pv.kubernetes.io/bind-completed': 'yes',
    'pv.kubernetes.io/bound-by-controller': 'yes',
  })
  expect(bound.status).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } })
  const { metadata, spec, status } = await volume(world, 'medium')
  expect(metadata.annotations).toEqual({ 'pv.kubernetes.io/bound-by-controller': 'yes' })
  expect(spec.claimRef).toMatchObject({ kind: 'PersistentVolumeClaim', name: 'data', uid: bound.metadata.uid })
  expect(status.phase).toBe('Bound')
  expect(status.lastPhaseTransitionTime).toBeDefined()
  expect(world.errors).toEqual([])
})

test('a volume with few access modes goes before a smaller one with many', async ({ world }) => {
  await world.apply(persistentVolume, volumeOf('shared', '1Gi', { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] }))
  await world.apply(persistentVolume, volumeOf('single', '9Gi'))
  await world.apply(persistentVolumeClaim, claimOf())
  expect((await claim(world)).spec.volumeName).toBe('single')
})

test.for<[string, object, object]>([
  ['access modes', { accessModes: ['ReadOnlyMany'] }, {}],
  ['volume mode', { volumeMode: 'Block' }, {}],
  ['class', { storageClassName: 'other' }, {}],
  ['labels', {}, { selector: { matchLabels: { tier: 'fast' } } }],
  ['size', { capacity: { storage: '1Mi' } }, {}],
  ['reservation', { claimRef: { namespace: 'default', name: 'other' } }, {}],
])('a volume of other %s is left alone', async ([, volumeSpec, claimSpec], { world }) => {
  await world.apply(persistentVolume, volumeOf('disk', '1Gi', volumeSpec))
  await world.apply(persistentVolumeClaim, claimOf({ spec: claimSpec }))
  expect((await claim(world)).status.phase).toBe('Pending')
  expect(await world.events(persistentVolumeClaim)).toEqual([
    'FailedBinding: no persistent volumes available for this claim and no storage class is set',
  ])
})

test('a claim that waits gets a volume as soon as there is one', async ({ world }) => {
  await world.apply(persistentVolumeClaim, claimOf({ spec: { selector: { matchLabels: { tier: 'fast' } } } }))
  const disk = volumeOf('disk')
  await world.apply(persistentVolume, { ...disk, metadata: { ...disk.metadata, labels: { tier: 'fast' } } })
  expect((await claim(world)).status.phase).toBe('Bound')
})

test('a reserved volume goes to its claim, whatever its class, and stays reserved without it', async ({ world }) => {
  const claimRef = { namespace: 'default', name: 'data' }
  await world.apply(persistentVolume, volumeOf('ours', '5Gi', { claimRef, storageClassName: 'manual' }))
  await world.apply(persistentVolume, volumeOf('other', '1Gi'))
  expect((await volume(world, 'ours')).status.phase).toBe('Available')
  await world.apply(persistentVolumeClaim, claimOf())
  expect((await claim(world)).spec.volumeName).toBe('ours')
  expect((await volume(world, 'ours')).metadata.annotations).toBeUndefined()
})

test('a claim that names a volume waits for it, and says why it cannot have it', async ({ world }) => {
  await world.apply(persistentVolumeClaim, claimOf({ spec: { volumeName: 'disk' } }))
  expect((await claim(world)).status.phase).toBe('Pending')
  await world.apply(persistentVolume, volumeOf('disk', '1Mi'))
  expect(await world.events(persistentVolumeClaim)).toEqual([
    'VolumeMismatch: Cannot bind to requested volume "disk": requested PV is too small',
  ])
  await world.apply(persistentVolume, volumeOf('disk', '1Gi'))
  const { metadata, status } = await claim(world)
  expect(status.phase).toBe('Bound')
  expect(metadata.annotations).toEqual({ 'pv.kubernetes.io/bind-completed': 'yes' })
})

test('a claim that names a volume of someone else says so', async ({ world }) => {
  await world.apply(persistentVolume, volumeOf('disk'))
  await world.apply(persistentVolumeClaim, claimOf({ name: 'first' }))
  await world.apply(persistentVolumeClaim, claimOf({ name: 'second', spec: { volumeName: 'disk' } }))
  expect((await claim(world, 'second')).status.phase).toBe('Pending')
  expect(await world.events(persistentVolumeClaim)).toEqual([
    'FailedBinding: volume "disk" already bound to a different claim.',
  ])
})

test('a released volume is kept with its claim noted, and given to nobody', async ({ world }) => {
  await world.apply(persistentVolume, volumeOf('disk'))
  await world.apply(persistentVolumeClaim, claimOf())
  const { uid } = (await claim(world)).metadata
  await remove(world)
  expect(await phases(world)).toEqual({ disk: 'Released' })
  await world.apply(persistentVolumeClaim, claimOf())
  expect((await claim(world)).status.phase).toBe('Pending')
  expect((await volume(world, 'disk')).spec.claimRef?.uid).toBe(uid)
  await world.client.patch(persistentVolume, { name: 'disk' }, 'merge', { spec: { claimRef: null } })
  await world.settle()
  expect((await claim(world)).status.phase).toBe('Bound')
})

test('a claim whose volume is gone is lost', async ({ world }) => {
  await world.apply(persistentVolume, volumeOf('disk'))
  await world.apply(persistentVolumeClaim, claimOf())
  await world.client.delete(persistentVolume, { name: 'disk' })
  await world.settle()
  expect((await claim(world)).status).toEqual({ phase: 'Lost' })
  expect(await world.events(persistentVolumeClaim)).toEqual([
    'ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
  ])
})

test('volumes made by hand that nobody here can delete or recycle fail, with the reason', async ({ world }) => {
  await world.apply(persistentVolume, volumeOf('host', '1Gi', { persistentVolumeReclaimPolicy: 'Delete' }))
  await world.apply(persistentVolumeClaim, claimOf({ name: 'a' }))
  const csi = { hostPath: undefined, csi: { driver: 'example.com', volumeHandle: 'x' } }
  await world.apply(persistentVolume, volumeOf('csi', '1Gi', { ...csi, persistentVolumeReclaimPolicy: 'Delete' }))
  await world.apply(persistentVolumeClaim, claimOf({ name: 'b' }))
  await world.apply(persistentVolume, volumeOf('old', '1Gi', { persistentVolumeReclaimPolicy: 'Recycle' }))
  await world.apply(persistentVolumeClaim, claimOf({ name: 'c' }))
  for (const name of ['a', 'b', 'c']) await remove(world, name)
  expect(await phases(world)).toEqual({ host: 'Failed', csi: 'Failed', old: 'Failed' })
  expect(await world.events(persistentVolume)).toEqual([
    'VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /srv/host',
    'VolumeFailedDelete: error getting deleter volume plugin for volume "csi": no volume plugin matched',
    'VolumeFailedRecycle: No recycler plugin found for the volume!',
  ])
})

test('an external provisioner is called, its volume bound, and left to it when released', async ({ world }) => {
  await addClass(world, 'fast')
  await world.apply(persistentVolumeClaim, claimOf({ spec: { storageClassName: 'fast' } }))
  const { metadata } = await claim(world)
  expect(metadata.annotations).toEqual({
    'volume.kubernetes.io/storage-provisioner': 'example.com/disk',
    'volume.beta.kubernetes.io/storage-provisioner': 'example.com/disk',
  })
  expect(await world.events(persistentVolumeClaim)).toEqual([
    "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/disk' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
  ])
  const made = volumeOf('pvc-1', '1Gi', {
    storageClassName: 'fast',
    persistentVolumeReclaimPolicy: 'Delete',
    claimRef: { namespace: 'default', name: 'data', uid: metadata.uid },
  })
  const annotations = { 'pv.kubernetes.io/provisioned-by': 'example.com/disk' }
  await world.apply(persistentVolume, { ...made, metadata: { ...made.metadata, annotations } })
  expect((await claim(world)).status.phase).toBe('Bound')
  await remove(world)
  expect(await phases(world)).toEqual({ 'pvc-1': 'Released' })
  expect(await world.events(persistentVolume)).toEqual([])
})

test('a volume made for a claim that has found another is released', async ({ world }) => {
  await addClass(world, 'fast')
  await world.apply(persistentVolumeClaim, claimOf({ spec: { storageClassName: 'fast' } }))
  const { uid } = (await claim(world)).metadata
  await world.apply(persistentVolume, volumeOf('by-hand', '1Gi', { storageClassName: 'fast' }))
  const made = volumeOf('pvc-1', '1Gi', {
    storageClassName: 'fast',
    persistentVolumeReclaimPolicy: 'Delete',
    claimRef: { namespace: 'default', name: 'data', uid },
  })
  const annotations = { 'pv.kubernetes.io/provisioned-by': 'example.com/disk' }
  await world.apply(persistentVolume, { ...made, metadata: { ...made.metadata, annotations } })
  expect(await phases(world)).toEqual({ 'by-hand': 'Bound', 'pvc-1': 'Released' })
})

test('classes that are missing or that only kube-controller-manager knew cannot provision', async ({ world }) => {
  await world.apply(persistentVolumeClaim, claimOf({ name: 'a', spec: { storageClassName: 'none' } }))
  await addClass(world, 'local', { provisioner: 'kubernetes.io/no-provisioner' })
  await world.apply(persistentVolumeClaim, claimOf({ name: 'b', spec: { storageClassName: 'local' } }))
  expect(await world.events(persistentVolumeClaim)).toEqual([
    'ProvisioningFailed: storageclass.storage.k8s.io "none" not found',
    'ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
  ])
})

test('WaitForFirstConsumer waits for a pod, then for the scheduler, then provisions', async ({ world }) => {
  await addClass(world, 'late', { volumeBindingMode: 'WaitForFirstConsumer' })
  await world.apply(persistentVolume, volumeOf('disk', '1Gi', { storageClassName: 'late' }))
  await world.apply(persistentVolumeClaim, claimOf({ spec: { storageClassName: 'late' } }))
  expect((await claim(world)).status.phase).toBe('Pending')
  const user = await world.apply(pod, {
    metadata: { name: 'user' },
    spec: {
      containers: [{ name: 'main', image: 'x' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    },
  })
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }]
  await world.client.patch(pod, user.metadata, 'strategic', { status: { conditions } }, { subresource: 'status' })
  await world.settle()
  expect(await world.events(persistentVolumeClaim)).toEqual([
    'WaitForFirstConsumer: waiting for first consumer to be created before binding',
    'WaitForPodScheduled: waiting for pod user to be scheduled',
  ])
  const annotations = { 'volume.kubernetes.io/selected-node': 'node1' }
  await world.client.patch(persistentVolumeClaim, (await claim(world)).metadata, 'merge', { metadata: { annotations } })
  await world.settle()
  expect((await world.events(persistentVolumeClaim)).at(-1)).toMatch(/^ExternalProvisioning: /)
})

test('WaitForFirstConsumer takes the volume that the scheduler reserves', async ({ world }) => {
  await addClass(world, 'late', {
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  })
  await world.apply(persistentVolume, volumeOf('disk', '1Gi', { storageClassName: 'late' }))
  await world.apply(persistentVolumeClaim, claimOf({ spec: { storageClassName: 'late' } }))
  const { uid } = (await claim(world)).metadata
  await world.apply(persistentVolume, {
    ...volumeOf('disk', '1Gi', { claimRef: { namespace: 'default', name: 'data', uid } }),
    metadata: { name: 'disk', annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
  })
  expect(await claim(world)).toMatchObject({ spec: { volumeName: 'disk' }, status: { phase: 'Bound' } })
})

test('a claim from before there was a default class gets that class', async ({ world }) => {
  await world.apply(persistentVolumeClaim, claimOf({ spec: { storageClassName: undefined } }))
  await world.apply(persistentVolumeClaim, claimOf({ name: 'none' }))
  const isDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  await addClass(world, 'standard', { metadata: { name: 'standard', annotations: isDefault } })
  expect((await claim(world)).spec.storageClassName).toBe('standard')
  expect((await claim(world, 'none')).spec.storageClassName).toBe('')
})

test('a claim grows beyond its first size without losing what it had', async ({ world }) => {
  await world.apply(persistentVolume, volumeOf('disk'))
  await world.apply(persistentVolumeClaim, claimOf())
  await world.apply(persistentVolume, volumeOf('disk', '2Gi'))
  expect((await claim(world)).status.capacity).toEqual({ storage: '1Gi' })
})
