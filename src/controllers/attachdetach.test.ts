import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { node } from '../api/core/node.ts'
import { persistentVolume } from '../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { pod } from '../api/core/pod.ts'
import { csiDriver } from '../api/storage/csidriver.ts'
import { volumeAttachment } from '../api/storage/volumeattachment.ts'
import { attachDetachController } from './attachdetach.ts'
import { claimOf, volumeOf } from './testing.ts'

const test = worldTest({ controllers: [attachDetachController()] })
const DRIVER = 'disk.example.com'
const UNIQUE = `kubernetes.io/csi/${DRIVER}^h1`

async function addNode(world: World, name: string): Promise<void> {
  const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' }
  await world.apply(node, { metadata: { name, annotations } })
  await setNode(world, name, { conditions: [{ type: 'Ready', status: 'True' }] })
}
async function setNode(world: World, name: string, status: object): Promise<void> {
  await world.client.patch(node, { name }, 'merge', { status }, { subresource: 'status' })
  await world.settle()
}

/** A claim that is bound to a volume of the driver. */
async function addDisk(world: World, spec: object = {}): Promise<void> {
  const { metadata } = await world.apply(persistentVolumeClaim, claimOf({ spec: { volumeName: 'disk' } }))
  const csi = { driver: DRIVER, volumeHandle: 'h1' }
  const claimRef = { namespace: 'default', name: 'data', uid: metadata.uid }
  await world.apply(persistentVolume, volumeOf('disk', '1Gi', { hostPath: undefined, csi, claimRef, ...spec }))
}

const addPod = (world: World, name: string, nodeName: string) =>
  world.apply(pod, {
    metadata: { name },
    spec: {
      nodeName,
      containers: [{ name: 'main', image: 'x' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    },
  })
const removePod = async (world: World, name: string) => {
  await world.client.delete(pod, { namespace: 'default', name }, { gracePeriodSeconds: 0 })
  await world.settle()
}

const attachments = async (world: World) => (await world.list(volumeAttachment)).map(({ spec }) => spec.nodeName)
const attachedTo = async (world: World, name: string) =>
  (await world.get(node, name)).status.volumesAttached?.map(volume => volume.name)
/** What the driver's attacher does. */
async function answer(world: World, status: object = { attached: true }): Promise<void> {
  for (const one of await world.list(volumeAttachment)) {
    await world.client.updateStatus(volumeAttachment, { ...one, status: { ...one.status, ...status } })
  }
  await world.settle()
}

test('a volume is attached for a pod, told of, and detached after it', async ({ world }) => {
  await addNode(world, 'a')
  await addDisk(world)
  await addPod(world, 'user', 'a')
  const [attachment] = await world.list(volumeAttachment)
  expect(attachment!.metadata.name).toMatch(/^csi-[0-9a-f]{64}$/)
  expect(attachment!.spec).toEqual({ attacher: DRIVER, nodeName: 'a', source: { persistentVolumeName: 'disk' } })
  expect(await attachedTo(world, 'a')).toBeUndefined()
  await answer(world)
  expect(await attachedTo(world, 'a')).toEqual([UNIQUE])
  expect(await world.events(pod)).toEqual(['SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "disk" '])
  await setNode(world, 'a', { volumesInUse: [UNIQUE] })
  await removePod(world, 'user')
  expect(await attachments(world)).toEqual(['a'])
  await setNode(world, 'a', { volumesInUse: null })
  expect(await attachments(world)).toEqual([])
  expect(await attachedTo(world, 'a')).toBeUndefined()
})

test('drivers that do not attach are left alone', async ({ world }) => {
  await addNode(world, 'a')
  await addDisk(world)
  await world.apply(csiDriver, { metadata: { name: DRIVER }, spec: { attachRequired: false } })
  await addPod(world, 'user', 'a')
  expect(await attachments(world)).toEqual([])
})

test('why a volume cannot be attached reaches its pods', async ({ world }) => {
  await addNode(world, 'a')
  await addDisk(world)
  await addPod(world, 'user', 'a')
  await answer(world, { attached: false, attachError: { message: 'no such disk' } })
  expect(await world.events(pod)).toEqual([
    'FailedAttachVolume: AttachVolume.Attach failed for volume "disk" : no such disk',
  ])
})

test('a volume for one node waits until the other node has let it go', async ({ world }) => {
  await addNode(world, 'a')
  await addNode(world, 'b')
  await addDisk(world)
  await addPod(world, 'first', 'a')
  await answer(world)
  await addPod(world, 'second', 'b')
  expect(await attachments(world)).toEqual(['a'])
  expect((await world.events(pod)).at(-1)).toBe(
    'FailedAttachVolume: Multi-Attach error for volume "disk" Volume is already used by pod(s) first',
  )
  await removePod(world, 'first')
  expect(await attachments(world)).toEqual(['b'])
})

test('a volume for many nodes is attached to all of them', async ({ world }) => {
  await addNode(world, 'a')
  await addNode(world, 'b')
  await addDisk(world, { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] })
  await addPod(world, 'first', 'a')
  await addPod(world, 'second', 'b')
  expect(await attachments(world)).toEqual(expect.arrayContaining(['a', 'b']))
})

test('a node that is silent loses a volume after six minutes; one out of service at once', async ({ world }) => {
  await addNode(world, 'a')
  await addDisk(world)
  await addPod(world, 'user', 'a')
  await answer(world)
  await setNode(world, 'a', { volumesInUse: [UNIQUE], conditions: [{ type: 'Ready', status: 'Unknown' }] })
  await removePod(world, 'user')
  await world.advance(seconds(359))
  expect(await attachments(world)).toEqual(['a'])
  await world.advance(seconds(2))
  expect(await attachments(world)).toEqual([])

  await addPod(world, 'again', 'a')
  await answer(world)
  await removePod(world, 'again')
  expect(await attachments(world)).toEqual(['a'])
  const taints = [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }]
  await world.apply(node, { metadata: { name: 'a' }, spec: { taints } })
  expect(await attachments(world)).toEqual([])
})

test('a pod that has ended, or whose node is gone, holds nothing', async ({ world }) => {
  await addNode(world, 'a')
  await addDisk(world)
  await world.setPod(await addPod(world, 'user', 'a'), 'Succeeded', false)
  expect(await attachments(world)).toEqual([])
  await addPod(world, 'other', 'a')
  expect(await attachments(world)).toEqual(['a'])
  await world.client.delete(node, { name: 'a' })
  await world.settle()
  expect(await attachments(world)).toEqual([])
})
