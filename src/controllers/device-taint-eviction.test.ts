import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { pod } from '../api/core/pod.ts'
import { deviceTaintRule } from '../api/resource/devicetaintrule.ts'
import { resourceClaim, resourceSlice } from '../api/resource/index.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { deviceTaintEvictionController } from './device-taint-eviction.ts'

const test = worldTest({ controllers: [deviceTaintEvictionController({ rules: true })] })
const driver = 'gpu.example.com'

const addSlice = (world: World, taints: object[] = []) =>
  world.apply(resourceSlice, {
    metadata: { name: 'a' },
    spec: {
      driver,
      nodeName: 'a',
      pool: { name: 'a', generation: 1, resourceSliceCount: 1 },
      devices: [{ name: 'gpu-0', taints }],
    },
  } as never)

/** A pod on a node, with a device. */
async function addPod(world: World, tolerations: object[] = []): Promise<void> {
  const requests = [{ name: 'gpu', exactly: { deviceClassName: 'gpu', tolerations } }]
  await world.apply(resourceClaim, { metadata: { name: 'mine' }, spec: { devices: { requests } } } as never)
  const { metadata } = await world.apply(pod, {
    metadata: { name: 'web' },
    spec: {
      nodeName: 'a',
      containers: [{ name: 'main', image: 'x' }],
      resourceClaims: [{ name: 'gpu', resourceClaimName: 'mine' }],
    },
  })
  const results = [{ request: 'gpu', driver, pool: 'a', device: 'gpu-0', tolerations }]
  const reservedFor = [{ resource: 'pods', name: 'web', uid: metadata.uid }]
  const patch = { status: { allocation: { devices: { results } }, reservedFor } }
  const key = { namespace: 'default', name: 'mine' }
  await world.client.patch(resourceClaim, key, 'merge', patch, { subresource: 'status' })
  await world.settle()
}

const isGone = async (world: World) => {
  const found = await world.find(pod, 'web')
  return !found || found.metadata.deletionTimestamp !== undefined
}
const broken = (world: World, effect = 'NoExecute') => ({
  key: 'broken',
  effect,
  timeAdded: rfc3339(world.clock.now()),
})

test('a taint that is not tolerated ends the pods that use the device', async ({ world }) => {
  await addSlice(world)
  await addPod(world)
  await addSlice(world, [broken(world, 'NoSchedule')])
  expect(await isGone(world)).toBe(false)
  await addSlice(world, [broken(world)])
  expect(await isGone(world)).toBe(true)
  expect(await world.events(pod)).toEqual(['DeviceTaintManagerEviction: Marking for deletion Pod default/web'])
})

test('a taint is tolerated for a while, or for good', async ({ world }) => {
  await addSlice(world)
  const toleration = { key: 'broken', operator: 'Exists', effect: 'NoExecute' }
  await addPod(world, [{ ...toleration, tolerationSeconds: 60 }])
  await addSlice(world, [broken(world)])
  await world.advance(seconds(58))
  expect(await isGone(world)).toBe(false)
  await world.advance(seconds(3))
  expect(await isGone(world)).toBe(true)
})

test('a taint that does not say since when it is there counts from when it was seen', async ({ world }) => {
  await addSlice(world)
  await addPod(world, [{ key: 'broken', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }])
  await addSlice(world, [{ key: 'broken', effect: 'NoExecute' }])
  await world.advance(seconds(58))
  expect(await isGone(world)).toBe(false)
  await world.advance(seconds(3))
  expect(await isGone(world)).toBe(true)
})

test('a taint that goes in time does nothing', async ({ world }) => {
  await addSlice(world)
  await addPod(world, [{ key: 'broken', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }])
  await addSlice(world, [broken(world)])
  await world.advance(seconds(30))
  await addSlice(world)
  await world.advance(seconds(100))
  expect(await isGone(world)).toBe(false)
})

test('rules give devices taints too', async ({ world }) => {
  await addSlice(world)
  await addPod(world)
  const taint = { key: 'old', effect: 'NoExecute' }
  await world.apply(deviceTaintRule, {
    metadata: { name: 'other' },
    spec: { deviceSelector: { driver, pool: 'b' }, taint },
  })
  expect(await isGone(world)).toBe(false)
  await world.apply(deviceTaintRule, { metadata: { name: 'this' }, spec: { deviceSelector: { driver }, taint } })
  expect(await isGone(world)).toBe(true)
})
