import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../../test/support/world.ts'
import { node } from '../../api/core/node.ts'
import { persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { pod } from '../../api/core/pod.ts'
import { BIND_COMPLETED, SELECTED_NODE } from '../../api/core/volume-binding.ts'
import { csiDriver, csiNode, csiStorageCapacity, storageClass } from '../../api/storage/index.ts'
import { nodeOf } from '../testing.ts'

const test = worldTest({ scheduler: true })
const HOST = 'kubernetes.io/hostname'
const ZONE = 'topology.kubernetes.io/zone'

async function addNodes(world: World, nodes: Record<string, string>): Promise<void> {
  for (const [name, zone] of Object.entries(nodes)) {
    const { status, ...object } = nodeOf(name, {}, {}, { [ZONE]: zone })
    await world.client.create(node, object)
    await world.client.patch(node, { name }, 'merge', { status }, { subresource: 'status' })
  }
  await world.settle()
}

const only = (key: string, value: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }] },
})

const addClass = (world: World, name: string, provisioner: string, more: object = {}) =>
  world.apply(storageClass, {
    metadata: { name },
    provisioner,
    volumeBindingMode: 'WaitForFirstConsumer',
    ...more,
  })

async function addVolume(world: World, name: string, on: string, storage = '1Gi', more: object = {}): Promise<void> {
  await world.apply(persistentVolume, {
    metadata: { name },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      local: { path: '/data' },
      nodeAffinity: only(HOST, on),
      ...more,
    },
  })
  await world.client.patch(
    persistentVolume,
    { name },
    'merge',
    { status: { phase: 'Available' } },
    { subresource: 'status' },
  )
}

const addClaim = (world: World, name: string, storageClassName: string, more: object = {}) =>
  world.apply(persistentVolumeClaim, {
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '1Gi' } }, ...more },
  })

const uses = (name: string, ...claims: string[]) => ({
  metadata: { name },
  spec: {
    containers: [{ name: 'a', image: 'a' }],
    volumes: claims.map((claimName, i) => ({ name: `v${i}`, persistentVolumeClaim: { claimName } })),
  },
})

/** What the binder of volumes does once a claim's volume is chosen or made. */
async function bind(world: World, claim: string, volumeName: string): Promise<void> {
  const metadata = { annotations: { [BIND_COMPLETED]: 'yes' } }
  await world.client.patch(persistentVolumeClaim, { namespace: 'default', name: claim }, 'merge', {
    metadata,
    spec: { volumeName },
  })
  await world.settle()
}

const placeOf = async (world: World, name: string) => {
  const placed = await world.get(pod, name)
  return placed.spec.nodeName ?? placed.status.conditions?.find(c => c.type === 'PodScheduled')?.message
}

test('reserves the volume that fits on a node, waits until it is bound, and only then binds the pod', async ({
  world,
}) => {
  await addNodes(world, { a: 'z1', b: 'z2' })
  await addClass(world, 'local', 'kubernetes.io/no-provisioner')
  await addVolume(world, 'small', 'a', '500Mi')
  await addVolume(world, 'large', 'b', '5Gi')
  await addClaim(world, 'data', 'local')
  await world.apply(pod, uses('web', 'data'))
  expect((await world.get(persistentVolume, 'large')).spec.claimRef).toMatchObject({
    namespace: 'default',
    name: 'data',
  })
  expect((await world.get(pod, 'web')).spec.nodeName).toBeUndefined()
  await bind(world, 'data', 'large')
  expect(await placeOf(world, 'web')).toBe('b')
})

test('two pods do not get the same volume', async ({ world }) => {
  await addNodes(world, { a: 'z1' })
  await addClass(world, 'local', 'kubernetes.io/no-provisioner')
  await addVolume(world, 'one', 'a')
  await addClaim(world, 'first', 'local')
  await addClaim(world, 'second', 'local')
  await Promise.all(
    ['first', 'second'].map(claim => {
      const { metadata, spec } = uses(`pod-${claim}`, claim)
      return world.client.create(pod, { metadata: { ...metadata, namespace: 'default' }, spec })
    }),
  )
  await world.settle()
  const { claimRef } = (await world.get(persistentVolume, 'one')).spec
  const loser = claimRef?.name === 'first' ? 'pod-second' : 'pod-first'
  expect(await placeOf(world, loser)).toContain("1 node(s) didn't find available persistent volumes to bind")
})

test('names the node for a volume that is to be made, and follows when that fails there', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z2' })
  const topologies = [{ matchLabelExpressions: [{ key: ZONE, values: ['z2'] }] }]
  await addClass(world, 'made', 'example.com/maker', { allowedTopologies: topologies })
  await addClaim(world, 'data', 'made')
  await world.apply(pod, uses('web', 'data'))
  const claim = { namespace: 'default', name: 'data' }
  expect((await world.get(persistentVolumeClaim, 'data')).metadata.annotations).toMatchObject({ [SELECTED_NODE]: 'b' })
  const none = { metadata: { annotations: { [SELECTED_NODE]: null } } }
  await world.client.patch(persistentVolumeClaim, claim, 'merge', none)
  await world.advance(seconds(20))
  expect((await world.get(persistentVolumeClaim, 'data')).metadata.annotations).toMatchObject({ [SELECTED_NODE]: 'b' })
  await addVolume(world, 'new', 'b', '1Gi', { storageClassName: 'made' })
  await bind(world, 'data', 'new')
  await world.advance(seconds(20))
  expect(await placeOf(world, 'web')).toBe('b')
})

test('a binding that takes too long is given up and tried again', async ({ world }) => {
  await addNodes(world, { a: 'z1' })
  await addClass(world, 'made', 'example.com/maker')
  await addClaim(world, 'data', 'made')
  await world.apply(pod, uses('web', 'data'))
  await world.advance(seconds(601))
  expect((await world.events(pod)).join()).toContain('binding volumes: timed out waiting for the condition')
})

test('says which claim is in the way', async ({ world }) => {
  await addNodes(world, { a: 'z1' })
  await world.apply(pod, uses('web', 'data'))
  expect(await placeOf(world, 'web')).toBe('0/1 nodes are available: persistentvolumeclaim "data" not found. not found')
  await addClass(world, 'slow', 'example.com/maker', { volumeBindingMode: 'Immediate' })
  await addClaim(world, 'data', 'slow')
  await world.advance(seconds(20))
  expect(await placeOf(world, 'web')).toBe(
    '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
  )
  await addVolume(world, 'there', 'b', '1Gi', { storageClassName: 'slow' })
  await bind(world, 'data', 'there')
  await world.advance(seconds(20))
  expect(await placeOf(world, 'web')).toContain("1 node(s) didn't match PersistentVolume's node affinity")
  await addNodes(world, { b: 'z1' })
  await world.advance(seconds(20))
  expect(await placeOf(world, 'web')).toBe('b')
})

test('looks at the space that a driver tells of', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z2' })
  await world.apply(csiDriver, { metadata: { name: 'csi.example.com' }, spec: { storageCapacity: true } })
  await addClass(world, 'csi', 'csi.example.com')
  await addClaim(world, 'data', 'csi')
  await world.apply(pod, uses('web', 'data'))
  expect(await placeOf(world, 'web')).toContain('2 node(s) did not have enough free storage')
  await world.apply(csiStorageCapacity, {
    metadata: { name: 'b' },
    storageClassName: 'csi',
    capacity: '2Gi',
    nodeTopology: { matchLabels: { [HOST]: 'b' } },
  })
  await world.advance(seconds(20))
  expect((await world.get(persistentVolumeClaim, 'data')).metadata.annotations).toMatchObject({ [SELECTED_NODE]: 'b' })
})

test('VolumeZone, NodeVolumeLimits and VolumeRestrictions keep pods away', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z2' })
  const csi = (volumeHandle: string) => ({
    local: null,
    nodeAffinity: null,
    csi: { driver: 'csi.example.com', volumeHandle },
  })
  for (const [name, zone] of Object.entries({ one: 'z1', two: 'z1', three: 'z2' })) {
    await addVolume(world, name, '', '1Gi', csi(name))
    await world.client.patch(persistentVolume, { name }, 'merge', { metadata: { labels: { [ZONE]: zone } } })
    const accessModes = name === 'three' ? ['ReadWriteOncePod'] : ['ReadWriteOnce']
    await addClaim(world, name, 'local', { accessModes })
    await bind(world, name, name)
  }
  await world.apply(csiNode, {
    metadata: { name: 'a' },
    spec: { drivers: [{ name: 'csi.example.com', nodeID: 'a', allocatable: { count: 1 } }] },
  })
  await world.apply(pod, uses('first', 'one'))
  expect(await placeOf(world, 'first')).toBe('a')
  await world.apply(pod, uses('same', 'one'))
  expect(await placeOf(world, 'same')).toBe('a')
  await world.apply(pod, uses('second', 'two'))
  expect(await placeOf(world, 'second')).toContain(
    '0/2 nodes are available: 1 node(s) exceed max volume count, 1 node(s) had no available volume zone.',
  )
  await world.apply(pod, uses('only', 'three'))
  expect(await placeOf(world, 'only')).toBe('b')
  await world.apply(pod, uses('more', 'three'))
  expect(await placeOf(world, 'more')).toContain(
    '2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
  )
})
