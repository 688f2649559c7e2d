import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { World } from '../../../test/support/world.ts'
import { type Node, node as nodeKind } from '../../api/core/node.ts'
import { persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { secret } from '../../api/core/secret.ts'
import { csiDriver } from '../../api/storage/csidriver.ts'
import { csiNode } from '../../api/storage/csinode.ts'
import { volumeAttachment } from '../../api/storage/volumeattachment.ts'
import { systemClock } from '../../apimachinery/clock.ts'
import type { Client } from '../../client/client.ts'
import { FakeCsiDriver } from '../testing/fake-csi-driver.ts'
import { volumePlugins } from '../volumes/index.ts'
import { VolumeManager } from '../volumes/volume-manager.ts'
import { publishDrivers } from './csi-node.ts'
import { CsiDrivers } from './drivers.ts'
import { startPluginRegistry } from './plugin-registry.ts'

const NAME = 'disk.example.com'
let world: World
let dir: string
let node: Node
let end: AbortController
let drivers: CsiDrivers
let driver: FakeCsiDriver
const registry = () => path.join(dir, 'plugins_registry')

beforeEach(async () => {
  world = await World.start()
  dir = await mkdtemp(path.join(os.tmpdir(), 'tsukube-csi-'))
  node = await world.apply(nodeKind, { metadata: { name: 'node1' } })
  end = new AbortController()
  drivers = new CsiDrivers(() => {})
  driver = await FakeCsiDriver.start(NAME, registry())
  await startPluginRegistry({
    dir: registry(),
    drivers,
    clock: systemClock,
    signal: end.signal,
    publish: gone => publishDrivers(world.client, node, drivers.all, gone),
    log: () => {},
  })
  await expect.poll(() => driver.registered).toBeDefined()
})
afterEach(async () => {
  end.abort()
  await driver.stop()
  world.stop()
  await rm(dir, { recursive: true, force: true })
})

const managerOf = (client = world.client) =>
  new VolumeManager(
    {
      ...{ client, clock: world.clock, root: dir, hostIPs: [], objects: undefined as never },
      node: () => node,
      allocatable: () => ({}),
      podIPs: () => [],
    },
    volumePlugins(drivers),
  )

const state = (spec: object = {}) =>
  world.apply(csiDriver, { metadata: { name: NAME }, spec: { attachRequired: false, ...spec } })

async function addVolume(csi: object = {}, status: object = {}): Promise<void> {
  const claim = await world.apply(persistentVolumeClaim, {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeName: 'disk' },
  })
  const bound = { phase: 'Bound', capacity: { storage: '1Gi' }, ...status }
  await world.client.updateStatus(persistentVolumeClaim, { ...claim, status: bound })
  const { namespace, name, uid } = claim.metadata
  await world.apply(persistentVolume, {
    metadata: { name: 'disk' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      mountOptions: ['noatime'],
      csi: { driver: NAME, volumeHandle: 'h1', fsType: 'ext4', volumeAttributes: { pool: 'fast' }, ...csi },
      claimRef: { namespace, name, uid },
    },
  })
}

const addPod = (name = 'user', volume: object = { persistentVolumeClaim: { claimName: 'data' } }): Promise<Pod> =>
  world.apply(podKind, {
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'x' }], volumes: [{ name: 'v', ...volume }] },
  })

test('a driver that registers is told so, and stands in the CSINode and on the node', async () => {
  expect(driver.registered).toEqual({ pluginRegistered: true, error: '' })
  const { metadata, spec } = await world.get(csiNode, 'node1')
  expect(metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'node1', uid: node.metadata.uid }])
  expect(spec.drivers).toEqual([
    { name: NAME, nodeID: 'id-of-node1', topologyKeys: [`topology.${NAME}/zone`], allocatable: { count: 7 } },
  ])
  const labelled = await world.get(nodeKind, 'node1')
  expect(labelled.metadata.labels).toEqual({ [`topology.${NAME}/zone`]: 'z1' })
  expect(labelled.metadata.annotations?.['csi.volume.kubernetes.io/nodeid']).toBe(`{"${NAME}":"id-of-node1"}`)
})

test('a driver whose socket goes is forgotten', async () => {
  await driver.stop()
  await expect.poll(async () => (await world.get(csiNode, 'node1')).spec.drivers).toEqual([])
  await state()
  await addVolume()
  await expect(managerOf().setUp(await addPod())).rejects.toThrow(
    `MountVolume.SetUp failed for volume "disk" : driver name ${NAME} not found in the list of registered CSI drivers`,
  )
})

test('a volume is staged once, published to each pod, and unstaged after the last', async () => {
  await state({ podInfoOnMount: true })
  await world.apply(secret, { metadata: { name: 'key' }, stringData: { user: 'admin' } })
  await addVolume({ nodePublishSecretRef: { namespace: 'default', name: 'key' } })
  const manager = managerOf()
  const [first, second] = [await addPod('first'), await addPod('second')]
  const mounted = await manager.setUp(first)
  const target = path.join(dir, 'pods', first.metadata.uid!, 'volumes/kubernetes.io~csi/disk/mount')
  expect(mounted.get('v')!.path).toBe(target)
  expect(driver.requests.stage).toMatchObject({
    stagingTargetPath: expect.stringMatching(
      new RegExp(`^${dir}/plugins/kubernetes.io/csi/${NAME}/[0-9a-f]{64}/globalmount$`),
    ),
    volumeContext: { pool: 'fast' },
    volumeCapability: {
      mount: { fsType: 'ext4', mountFlags: ['noatime'] },
      accessMode: { mode: 'SINGLE_NODE_WRITER' },
    },
  })
  expect(driver.requests.publish).toMatchObject({
    targetPath: target,
    readonly: false,
    secrets: { user: 'admin' },
    volumeContext: { pool: 'fast', 'csi.storage.k8s.io/pod.name': 'first', 'csi.storage.k8s.io/ephemeral': 'false' },
  })
  expect(manager.inUse).toEqual([`kubernetes.io/csi/${NAME}^h1`])
  await manager.setUp(second)
  await manager.tearDown(first.metadata.uid!)
  expect(driver.calls.filter(call => call.startsWith('un'))).toEqual(['unpublish h1'])
  // A kubelet that has been started anew knows from the files what to end.
  await managerOf().tearDown(second.metadata.uid!)
  expect(driver.calls.slice(-2)).toEqual(['unpublish h1', 'unstage h1'])
  expect(await readdir(path.join(dir, 'plugins/kubernetes.io/csi', NAME))).toEqual([])
})

test('a volume that has to be attached is waited for', async () => {
  await addVolume()
  const manager = managerOf()
  const pod = await addPod()
  await expect(manager.setUp(pod)).rejects.toThrow('volume is not attached to this node yet')
  // sha256 of h1, the driver's name and the node's.
  const name = `csi-${createHash('sha256').update(`h1${NAME}node1`).digest('hex')}`
  const spec = { attacher: NAME, nodeName: 'node1', source: { persistentVolumeName: 'disk' } }
  const attachment = await world.apply(volumeAttachment, { metadata: { name }, spec })
  const status = { attached: true, attachmentMetadata: { device: '/dev/x' } }
  await world.client.updateStatus(volumeAttachment, { ...attachment, status })
  await manager.setUp(pod)
  expect(driver.requests.publish).toMatchObject({ publishContext: { device: '/dev/x' } })
})

test('a driver that wants tokens gets them, and one that wants to be asked again is', async () => {
  await state({ tokenRequests: [{ audience: 'vault' }], requiresRepublish: true })
  await addVolume()
  const tokenRequest = { token: 'secret', expirationTimestamp: '2100-01-01T00:00:00Z' }
  const manager = managerOf({
    createSubresource: async () => ({ status: tokenRequest }),
    get: (...args: Parameters<Client['get']>) => world.client.get(...args),
  } as unknown as Client)
  const pod = await addPod()
  await manager.setUp(pod)
  expect(driver.requests.publish).toMatchObject({
    volumeContext: { 'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify({ vault: tokenRequest }) },
  })
  await manager.setUp(pod)
  expect(driver.calls).toEqual(['stage h1', 'publish h1'])
  await world.advance(60_000)
  await manager.setUp(pod)
  expect(driver.calls.slice(2)).toEqual(['stage h1', 'publish h1'])
})

test('the file system of a volume that has grown grows with it, and the claim says so', async () => {
  await state()
  const lastTransitionTime = '2026-01-01T00:00:00Z'
  const conditions = [{ type: 'FileSystemResizePending', status: 'True', lastTransitionTime }]
  await addVolume({}, { capacity: { storage: '512Mi' }, conditions })
  await managerOf().setUp(await addPod())
  expect(driver.calls).toEqual(['stage h1', 'publish h1', 'expand h1'])
  expect(driver.requests.expand).toMatchObject({ capacityRange: { requiredBytes: 2 ** 30 } })
  const { status } = await world.get(persistentVolumeClaim, 'data')
  expect(status).toEqual({ phase: 'Bound', capacity: { storage: '1Gi' } })
})

test('an inline volume is the pod’s own', async () => {
  const inline = { csi: { driver: NAME, volumeAttributes: { size: '1' } } }
  await state()
  await expect(managerOf().setUp(await addPod('refused', inline))).rejects.toThrow(
    `volume mode "Ephemeral" not supported by driver ${NAME} (only supports ["Persistent"])`,
  )
  await world.client.delete(csiDriver, { name: NAME })
  await state({ volumeLifecycleModes: ['Ephemeral'] })
  const pod = await addPod('user', inline)
  const manager = managerOf()
  await manager.setUp(pod)
  await manager.tearDown(pod.metadata.uid!)
  expect(driver.calls.map(call => call.split(' ')[0])).toEqual(['publish', 'unpublish'])
})

test('what the driver says when it fails reaches the pod', async () => {
  await state()
  await addVolume()
  driver.problem = { code: 13, details: 'disk on fire' }
  await expect(managerOf().setUp(await addPod())).rejects.toThrow(
    'MountVolume.SetUp failed for volume "disk" : rpc error: code = Internal desc = disk on fire',
  )
})
