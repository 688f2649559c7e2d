import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../../test/support/world.ts'
import { node } from '../../api/core/node.ts'
import { pod } from '../../api/core/pod.ts'
import { resourceClaim, resourceSlice } from '../../api/resource/index.ts'
import { nodeOf, podOf } from '../testing.ts'
import {
  addClaim,
  addClass,
  addSlice,
  DRIVER,
  devices,
  devicesOf,
  request,
  using,
} from './dynamic-resources/testing.ts'

const test = worldTest({ scheduler: true })

async function addNodes(world: World, ...names: string[]): Promise<void> {
  for (const name of names) {
    const { status, ...object } = nodeOf(name)
    await world.client.create(node, object)
    await world.client.patch(node, { name }, 'merge', { status }, { subresource: 'status' })
  }
  await world.settle()
}

const placeOf = async (world: World, name: string) => {
  const placed = await world.get(pod, name)
  return placed.spec.nodeName ?? placed.status.conditions?.find(c => c.type === 'PodScheduled')?.message
}
const model = (value: string) => ({ attributes: { model: { string: value } } })
const REFUSED = 'cannot allocate all claims'

test('gives a claim a device, protects it, and reserves it for the pod before binding', async ({ world }) => {
  await addNodes(world, 'a', 'b')
  await addClass(world, `device.driver == "${DRIVER}"`)
  await addSlice(world, 'b', devices('gpu-0', 'gpu-1'))
  await addClaim(world, 'mine')
  const { metadata } = await world.apply(pod, using('web', 'mine'))
  expect(await placeOf(world, 'web')).toBe('b')
  const claim = await world.get(resourceClaim, 'mine')
  expect(claim.metadata.finalizers).toEqual(['resource.kubernetes.io/delete-protection'])
  expect(claim.status).toMatchObject({
    allocation: {
      devices: { results: [{ request: 'gpu', driver: DRIVER, pool: 'b', device: 'gpu-0' }] },
      nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }] },
    },
    reservedFor: [{ resource: 'pods', name: 'web', uid: metadata.uid }],
  })
})

test('a pod waits for its claim, its class and a free device', async ({ world }) => {
  await addNodes(world, 'a')
  await addSlice(world, 'a', devices('gpu-0'))
  await world.apply(pod, using('first', 'one'))
  expect(await placeOf(world, 'first')).toBeUndefined()
  await addClaim(world, 'one')
  expect(await placeOf(world, 'first')).toContain('request gpu: device class gpu does not exist')
  await addClass(world)
  await world.advance(seconds(20))
  expect(await placeOf(world, 'first')).toBe('a')
  await addClaim(world, 'two')
  await world.apply(pod, using('second', 'two'))
  expect(await placeOf(world, 'second')).toBe(
    `0/1 nodes are available: 1 ${REFUSED}. still not schedulable, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
  )
  const one = { namespace: 'default', name: 'one' }
  const nothing = { status: { allocation: null, reservedFor: null } }
  await world.client.patch(resourceClaim, one, 'merge', nothing, { subresource: 'status' })
  await world.advance(seconds(20))
  expect(await placeOf(world, 'second')).toBe('a')
})

test('pods share a claim, and go where its devices are', async ({ world }) => {
  await addNodes(world, 'a', 'b')
  await addClass(world)
  await addSlice(world, 'a', devices('gpu-0'))
  await addSlice(world, 'b', devices('gpu-0'))
  await addClaim(world, 'shared')
  await Promise.all(
    ['one', 'two', 'three'].map(name => {
      const { metadata, spec } = using(name, 'shared')
      return world.client.create(pod, { metadata: { ...metadata, namespace: 'default' }, spec })
    }),
  )
  await world.settle()
  await world.advance(seconds(20))
  const places = await Promise.all(['one', 'two', 'three'].map(name => placeOf(world, name)))
  expect(new Set(places).size).toBe(1)
  expect((await world.get(resourceClaim, 'shared')).status.reservedFor).toHaveLength(3)
})

test('counts, selectors and constraints choose the devices', async ({ world }) => {
  await addNodes(world, 'a')
  await addClass(world)
  const list = ['red', 'blue', 'red', 'blue', 'blue'].map((name, i) => ({ name: `gpu-${i}`, ...model(name) }))
  await addSlice(world, 'a', devices(...list))
  const red = { selectors: [{ cel: { expression: `device.attributes["${DRIVER}"].model == "red"` } }] }
  await addClaim(world, 'same', [request({ count: 3 })], { constraints: [{ matchAttribute: `${DRIVER}/model` }] })
  await addClaim(world, 'reds', [request(red, 'one'), request(red, 'two')])
  await world.apply(pod, using('web', 'same', 'reds'))
  expect(await placeOf(world, 'web')).toBe('a')
  expect(await devicesOf(world, 'same')).toEqual(['a/gpu-1', 'a/gpu-3', 'a/gpu-4'])
  expect(await devicesOf(world, 'reds')).toEqual(['a/gpu-0', 'a/gpu-2'])
})

test('distinct attributes, the first of several requests that can be met, and its settings', async ({ world }) => {
  await addNodes(world, 'a')
  const opaque = { driver: DRIVER, parameters: { mode: 'fast' } }
  await addClass(world, undefined, { config: [{ opaque }] })
  const list = ['red', 'red', 'blue'].map((name, i) => ({ name: `gpu-${i}`, ...model(name) }))
  await addSlice(world, 'a', devices(...list))
  const constraints = [{ distinctAttribute: `${DRIVER}/model` }]
  const firstAvailable = [3, 2].map(count => ({ name: `n${count}`, deviceClassName: 'gpu', count }))
  await addClaim(world, 'mixed', [{ name: 'gpu', firstAvailable }], { constraints })
  await world.apply(pod, using('web', 'mixed'))
  expect(await devicesOf(world, 'mixed')).toEqual(['a/gpu-0', 'a/gpu-2'])
  const { allocation } = (await world.get(resourceClaim, 'mixed')).status
  expect(allocation?.devices.results?.map(r => r.request)).toEqual(['gpu/n2', 'gpu/n2'])
  expect(allocation?.devices.config).toEqual([{ source: 'FromClass', requests: ['gpu/n2'], opaque }])
})

test('all devices are those of a whole pool, and none may be taken', async ({ world }) => {
  await addNodes(world, 'a')
  await addClass(world)
  const pool = { name: 'a', generation: 1, resourceSliceCount: 2 }
  await addSlice(world, 'a', devices('gpu-0', 'gpu-1'), { pool })
  await addClaim(world, 'every', [request({ allocationMode: 'All' })])
  await world.apply(pod, using('web', 'every'))
  expect(await placeOf(world, 'web')).toContain('resource pool gpu.example.com/a is currently being updated')
  await world.apply(resourceSlice, {
    metadata: { name: 'more' },
    spec: { driver: DRIVER, nodeName: 'a', pool, devices: devices('gpu-2') },
  })
  await world.advance(seconds(20))
  expect((await devicesOf(world, 'every')).toSorted()).toEqual(['a/gpu-0', 'a/gpu-1', 'a/gpu-2'])
  await addClaim(world, 'again', [request({ allocationMode: 'All' })])
  await world.apply(pod, using('other', 'again'))
  expect(await placeOf(world, 'other')).toContain(REFUSED)
})

test('only the newest generation of a pool counts, and only when it is complete', async ({ world }) => {
  await addNodes(world, 'a')
  await addClass(world)
  await addSlice(world, 'a', devices('old'))
  await world.apply(resourceSlice, {
    metadata: { name: 'newer' },
    spec: {
      driver: DRIVER,
      nodeName: 'a',
      pool: { name: 'a', generation: 2, resourceSliceCount: 1 },
      devices: devices('new'),
    },
  })
  await addClaim(world, 'mine')
  await world.apply(pod, using('web', 'mine'))
  expect(await devicesOf(world, 'mine')).toEqual(['a/new'])
})

test('devices for several nodes say so in the allocation', async ({ world }) => {
  await addNodes(world, 'a', 'b')
  await addClass(world)
  const inZone = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['b'] }] }
  await addSlice(world, 'net', devices('gpu-0'), { nodeName: undefined, nodeSelector: { nodeSelectorTerms: [inZone] } })
  const list = devices({ name: 'gpu-1', nodeName: 'a' }, { name: 'gpu-2', allNodes: true })
  await addSlice(world, 'each', list, { nodeName: undefined, perDeviceNodeSelection: true })
  await addClaim(world, 'two', [request({ count: 2 })])
  await world.apply(pod, using('web', 'two'))
  const { allocation } = (await world.get(resourceClaim, 'two')).status
  const where = await placeOf(world, 'web')
  const terms = where === 'b' ? [inZone] : [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }]
  expect(allocation?.nodeSelector?.nodeSelectorTerms).toEqual(terms)
})

test('tainted devices are for those who tolerate them; admins may have what others have', async ({ world }) => {
  await addNodes(world, 'a')
  await addClass(world)
  const taints = [{ key: 'broken', effect: 'NoSchedule' }]
  await addSlice(world, 'a', devices({ name: 'gpu-0', taints }))
  await addClaim(world, 'plain')
  await world.apply(pod, using('web', 'plain'))
  expect(await placeOf(world, 'web')).toContain(REFUSED)
  const tolerations = [{ key: 'broken', operator: 'Exists' }]
  await addClaim(world, 'brave', [request({ tolerations })])
  await world.apply(pod, using('hero', 'brave'))
  expect(await devicesOf(world, 'brave')).toEqual(['a/gpu-0'])
  await addClaim(world, 'admin', [request({ tolerations, adminAccess: true })])
  await world.apply(pod, using('monitor', 'admin'))
  expect(await devicesOf(world, 'admin')).toEqual(['a/gpu-0'])
})

test('partitions of a device take of what they share', async ({ world }) => {
  await addNodes(world, 'a')
  await addClass(world)
  const pool = { name: 'a', generation: 1, resourceSliceCount: 2 }
  const counters = (value: string) => ({ memory: { value } })
  const consumesCounters = (value: string) => [{ counterSet: 'card', counters: counters(value) }]
  await world.apply(resourceSlice, {
    metadata: { name: 'counters' },
    spec: { driver: DRIVER, nodeName: 'a', pool, sharedCounters: [{ name: 'card', counters: counters('40Gi') }] },
  })
  const parts = ['30Gi', '20Gi', '20Gi'].map((size, i) => ({
    name: `part-${i}`,
    consumesCounters: consumesCounters(size),
  }))
  await addSlice(world, 'a', devices(...parts), { pool })
  await addClaim(world, 'halves', [request({ count: 2 })])
  await world.apply(pod, using('web', 'halves'))
  expect(await devicesOf(world, 'halves')).toEqual(['a/part-1', 'a/part-2'])
  await addClaim(world, 'more')
  await world.apply(pod, using('late', 'more'))
  expect(await placeOf(world, 'late')).toContain(REFUSED)
})

test('claims share a device as long as it has capacity', async ({ world }) => {
  await addNodes(world, 'a')
  await addClass(world)
  const requestPolicy = { default: '1Gi', validRange: { min: '1Gi', step: '1Gi' } }
  const capacity = { bandwidth: { value: '4Gi', requestPolicy } }
  await addSlice(world, 'a', devices({ name: 'nic', allowMultipleAllocations: true, capacity }))
  const want = (bandwidth: string) => [request({ capacity: { requests: { bandwidth } } })]
  for (const [name, amount] of Object.entries({ one: '1536Mi', two: '2Gi', three: '1Gi' })) {
    await addClaim(world, name, want(amount))
    await world.apply(pod, using(name, name))
  }
  const consumed = async (name: string) =>
    (await world.get(resourceClaim, name)).status.allocation?.devices.results?.[0]?.consumedCapacity
  expect(await consumed('one')).toEqual({ bandwidth: '2Gi' })
  expect(await consumed('two')).toEqual({ bandwidth: '2Gi' })
  expect(await placeOf(world, 'three')).toContain(REFUSED)
})

test('a selector that fails is told', async ({ world }) => {
  await addNodes(world, 'a')
  await addClass(world, `device.attributes["${DRIVER}"].missing == "x"`)
  await addSlice(world, 'a', devices('gpu-0'))
  await addClaim(world, 'mine')
  await world.apply(pod, using('web', 'mine'))
  expect(await placeOf(world, 'web')).toContain('class gpu: selector #0: CEL runtime error: no such key: missing')
})

test('a claim that nobody uses gives up devices that are elsewhere', async ({ world }) => {
  await addNodes(world, 'a', 'b')
  await addClass(world)
  await addSlice(world, 'a', devices('gpu-0'))
  await addSlice(world, 'b', devices('gpu-0'))
  await addClaim(world, 'mine')
  await world.apply(pod, using('first', 'mine'))
  const [was] = await devicesOf(world, 'mine')
  const free = { status: { reservedFor: null } }
  await world.client.patch(resourceClaim, { namespace: 'default', name: 'mine' }, 'merge', free, {
    subresource: 'status',
  })
  const other = was === 'a/gpu-0' ? 'b' : 'a'
  const { metadata, spec } = using('second', 'mine')
  await world.apply(pod, { metadata, spec: { ...spec, nodeSelector: { 'kubernetes.io/hostname': other } } })
  await world.advance(seconds(20))
  expect(await placeOf(world, 'second')).toBe(other)
  expect(await devicesOf(world, 'mine')).toEqual([`${other}/gpu-0`])
})

test('what could not be written is given up and tried again', async ({ world }) => {
  await addNodes(world, 'a')
  await addClass(world)
  await addSlice(world, 'a', devices('gpu-0'))
  await addClaim(world, 'mine')
  let failures = 2
  world.fault = ({ kind, verb, subresource }) => {
    if (kind === resourceClaim && verb === 'update' && subresource === 'status' && failures-- > 0)
      throw new Error('lost')
  }
  await world.apply(pod, using('web', 'mine'))
  expect(await world.events(pod)).toContain('FailedScheduling: binding rejected: lost')
  await world.advance(seconds(20))
  expect(await placeOf(world, 'web')).toBe('a')
})

test('pods without claims are not looked at', async ({ world }) => {
  await addNodes(world, 'a')
  await world.apply(pod, podOf('plain'))
  expect(await placeOf(world, 'plain')).toBe('a')
})
