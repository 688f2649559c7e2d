import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type World, World as Worlds } from '../../../test/support/world.ts'
import { type Node, node as nodeKind } from '../../api/core/node.ts'
import { persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { CsiDrivers } from '../csi/drivers.ts'
import { volumePlugins } from './index.ts'
import { VolumeManager } from './volume-manager.ts'

let world: World
let dir: string
let manager: VolumeManager

beforeEach(async () => {
  world = await Worlds.start()
  dir = await mkdtemp(path.join(os.tmpdir(), 'tsukube-claim-'))
  const node: Node = await world.apply(nodeKind, { metadata: { name: 'node1', labels: { zone: 'a' } } })
  manager = new VolumeManager(
    {
      ...{ client: world.client, clock: world.clock, root: path.join(dir, 'kubelet'), hostIPs: [] },
      objects: undefined as never,
      node: () => node,
      allocatable: () => ({}),
      podIPs: () => [],
    },
    volumePlugins(new CsiDrivers(() => {})),
  )
})
afterEach(async () => {
  world.stop()
  await rm(dir, { recursive: true, force: true })
})

interface Disk {
  readonly spec?: object
  readonly claimSpec?: object
  readonly phase?: string
}

/** A claim with the volume it is bound to, a folder `disk` of this machine. */
async function addDisk({ spec = {}, claimSpec = {}, phase = 'Bound' }: Disk = {}) {
  const folder = path.join(dir, 'disk')
  await mkdir(folder, { recursive: true })
  const claim = await world.apply(persistentVolumeClaim, {
    metadata: { name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      volumeName: 'disk',
      ...claimSpec,
    },
  })
  await world.client.updateStatus(persistentVolumeClaim, { ...claim, status: { phase } })
  const { namespace, name, uid } = claim.metadata
  await world.apply(persistentVolume, {
    metadata: { name: 'disk' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      local: { path: folder },
      nodeAffinity: affinity('a'),
      claimRef: { namespace, name, uid },
      ...spec,
    },
  })
  return folder
}

const affinity = (zone: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] },
})

const addPod = (name = 'user', source: object = {}, container: object = {}): Promise<Pod> =>
  world.apply(podKind, {
    metadata: { name },
    spec: {
      containers: [{ name: 'main', image: 'x', volumeMounts: [{ name: 'v', mountPath: '/data' }], ...container }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data', ...source } }],
    },
  })
const failure = (why: string) =>
  `Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: error processing PVC default/data: ${why}`

test('a pod gets the volume that its claim is bound to', async () => {
  const folder = await addDisk()
  const mounted = await manager.setUp(await addPod())
  expect(mounted.get('v')).toMatchObject({ path: folder })
})

test('a volume outlives its pod', async () => {
  const folder = await addDisk()
  const pod = await addPod()
  await manager.setUp(pod)
  await writeFile(path.join(folder, 'kept'), '')
  await manager.tearDown(pod.metadata.uid!)
  expect(await readdir(folder)).toEqual(['kept'])
})

test('a claim that asks for reading only cannot be written to', async () => {
  await addDisk()
  expect((await manager.setUp(await addPod('user', { readOnly: true }))).get('v')!.readOnly).toBe(true)
})

test.for<[string, Disk, object, string]>([
  ['is not bound', { phase: 'Pending' }, {}, failure('PVC is not bound')],
  [
    'has a device',
    { spec: { volumeMode: 'Block' }, claimSpec: { volumeMode: 'Block' } },
    {},
    failure('volume v has volumeMode Block, but is specified in volumeMounts'),
  ],
  [
    'has no device',
    {},
    { volumeMounts: [], volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] },
    failure('volume v has volumeMode Filesystem, but is specified in volumeDevices'),
  ],
  [
    'is elsewhere',
    { spec: { nodeAffinity: affinity('b') } },
    {},
    `MountVolume.SetUp failed for volume "disk" : the volume's node affinity does not take this node`,
  ],
  [
    'has lost its folder',
    { spec: { local: { path: '/nonexistent' } } },
    {},
    'MountVolume.SetUp failed for volume "disk" : path "/nonexistent" does not exist',
  ],
  [
    'is of an unknown type',
    { spec: { local: undefined, iscsi: { targetPortal: 'x', iqn: 'iqn.2001-04.com.example:x', lun: 0 } } },
    {},
    'MountVolume.SetUp failed for volume "disk" : volumes of type iscsi are not supported by this version',
  ],
])('a claim that %s keeps the pod waiting, with the reason', async ([, disk, container, message]) => {
  await addDisk(disk)
  await expect(manager.setUp(await addPod('user', {}, container))).rejects.toThrow(message)
})

test('a claim that is missing keeps the pod waiting', async () => {
  await expect(manager.setUp(await addPod())).rejects.toThrow(
    failure('failed to fetch PVC from API server: persistentvolumeclaims "data" not found'),
  )
})

test('a ReadWriteOncePod volume is one pod’s at a time', async () => {
  await addDisk({ spec: { accessModes: ['ReadWriteOncePod'] } })
  const first = await addPod('first')
  await manager.setUp(first)
  const second = await addPod('second')
  await expect(manager.setUp(second)).rejects.toThrow(
    'volume uses the ReadWriteOncePod access mode and is already in use by another pod',
  )
  await manager.tearDown(first.metadata.uid!)
  await expect(manager.setUp(second)).resolves.toBeDefined()
})

test('an ephemeral volume must have been made for the pod', async () => {
  await addDisk()
  const ephemeral = {
    volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  }
  const { metadata } = await world.apply(podKind, {
    metadata: { name: 'da' },
    spec: { containers: [{ name: 'main', image: 'x' }], volumes: [{ name: 'ta', ephemeral }] },
  })
  await world.apply(persistentVolumeClaim, {
    metadata: { name: 'da-ta' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
  await expect(manager.setUp(await world.get(podKind, metadata.name!))).rejects.toThrow(
    'PVC default/da-ta was not created for pod default/da (pod is not owner)',
  )
})
