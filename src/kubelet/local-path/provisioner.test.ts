import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../../test/support/world.ts'
import { persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { storageClass } from '../../api/storage/storageclass.ts'
import type { Folders } from './folders.ts'
import { localPathProvisioner } from './provisioner.ts'

/** Folders that a test can look at, and make fail. */
const made = new Set<string>()
let problem: Error | undefined
const folders: Folders = {
  async make(folder) {
    if (problem) throw problem
    made.add(folder)
  },
  async remove(folder) {
    made.delete(folder)
  },
}
const base = worldTest({
  controllers: [localPathProvisioner({ folders, hostname: node => (node === 'node1' ? 'node1.lan' : undefined) })],
})
const test = base.extend<{ world: World }>({
  world: async ({ world }, use) => {
    made.clear()
    problem = undefined
    await world.apply(storageClass, {
      metadata: { name: 'local-path' },
      provisioner: 'tsukube.dev/local-path',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    })
    await use(world)
  },
})

/** A claim as the scheduler and the binder leave it for the provisioner. */
const addClaim = (world: World, { node = 'node1', spec = {} }: { node?: string; spec?: object } = {}) =>
  world.apply(persistentVolumeClaim, {
    metadata: {
      name: 'data',
      annotations: {
        'volume.kubernetes.io/storage-provisioner': 'tsukube.dev/local-path',
        'volume.kubernetes.io/selected-node': node,
      },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local-path',
      resources: { requests: { storage: '1Gi' } },
      ...spec,
    },
  })

async function setPhase(world: World, phase: string): Promise<void> {
  const [volume] = await world.list(persistentVolume)
  await world.client.updateStatus(persistentVolume, { ...volume!, status: { phase } })
  await world.settle()
}

test('a claim for its node gets a folder as a volume', async ({ world }) => {
  const { metadata } = await addClaim(world)
  const [volume] = await world.list(persistentVolume)
  const folder = `/var/lib/tsukube/local-path/pvc-${metadata.uid}_default_data`
  expect([...made]).toEqual([folder])
  expect(volume!.metadata).toMatchObject({
    name: `pvc-${metadata.uid}`,
    annotations: { 'pv.kubernetes.io/provisioned-by': 'tsukube.dev/local-path' },
    finalizers: ['external-provisioner.volume.kubernetes.io/finalizer'],
  })
  expect(volume!.spec).toMatchObject({
    capacity: { storage: '1Gi' },
    claimRef: { namespace: 'default', name: 'data', uid: metadata.uid },
    local: { path: folder },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node1.lan'] }] },
        ],
      },
    },
    persistentVolumeReclaimPolicy: 'Delete',
    storageClassName: 'local-path',
  })
  expect(await world.events(persistentVolumeClaim)).toEqual([
    'Provisioning: External provisioner is provisioning volume for claim "default/data"',
    `ProvisioningSucceeded: Successfully provisioned volume pvc-${metadata.uid}`,
  ])
})

test('claims for other nodes are left to them', async ({ world }) => {
  await addClaim(world, { node: 'node2' })
  expect(await world.list(persistentVolume)).toEqual([])
})

test('a claim that one node cannot serve is told why', async ({ world }) => {
  await addClaim(world, { spec: { accessModes: ['ReadWriteMany'] } })
  expect((await world.events(persistentVolumeClaim))[1]).toBe(
    'ProvisioningFailed: failed to provision volume with StorageClass "local-path": ReadWriteMany is not possible on the disk of one node; ask for ReadWriteOnce or ReadWriteOncePod',
  )
})

test('a folder that cannot be made is tried again', async ({ world }) => {
  problem = new Error('no space left on device')
  await addClaim(world)
  expect(await world.list(persistentVolume)).toEqual([])
  problem = undefined
  await world.advance(seconds(10))
  expect(await world.list(persistentVolume)).toHaveLength(1)
})

test('a released volume goes with its folder', async ({ world }) => {
  await addClaim(world)
  await setPhase(world, 'Bound')
  expect(made.size).toBe(1)
  await setPhase(world, 'Released')
  expect(made.size).toBe(0)
  expect(await world.list(persistentVolume)).toEqual([])
})

test('a volume that is bound keeps its data, also while it is being deleted', async ({ world }) => {
  await addClaim(world)
  await setPhase(world, 'Bound')
  const [volume] = await world.list(persistentVolume)
  await world.client.delete(persistentVolume, volume!)
  await world.settle()
  expect(made.size).toBe(1)
  await setPhase(world, 'Released')
  expect([made.size, (await world.list(persistentVolume)).length]).toEqual([0, 0])
})

test('a volume that is to be kept keeps its folder when it is deleted', async ({ world }) => {
  await addClaim(world)
  const [volume] = await world.list(persistentVolume)
  const metadata = { name: volume!.metadata.name! }
  await world.client.patch(persistentVolume, metadata, 'merge', { spec: { persistentVolumeReclaimPolicy: 'Retain' } })
  await setPhase(world, 'Released')
  expect(await world.list(persistentVolume)).toHaveLength(1)
  await world.client.delete(persistentVolume, metadata)
  await world.settle()
  expect([made.size, (await world.list(persistentVolume)).length]).toEqual([1, 0])
})

test('a volume grows with its claim', async ({ world }) => {
  await addClaim(world)
  const [volume] = await world.list(persistentVolume)
  const claim = await world.get(persistentVolumeClaim, 'data')
  const named = await world.client.update(persistentVolumeClaim, {
    ...claim,
    spec: { ...claim.spec, volumeName: volume!.metadata.name! },
  })
  const status = { phase: 'Bound', capacity: { storage: '1Gi' } }
  await world.client.updateStatus(persistentVolumeClaim, { ...named, status })
  await world.client.patch(persistentVolumeClaim, claim.metadata, 'merge', {
    spec: { resources: { requests: { storage: '3Gi' } } },
  })
  await world.settle()
  expect((await world.get(persistentVolume, volume!.metadata.name!)).spec.capacity).toEqual({ storage: '3Gi' })
  expect((await world.get(persistentVolumeClaim, 'data')).status.capacity).toEqual({ storage: '3Gi' })
})
