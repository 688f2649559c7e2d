import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { controllerRevision } from '../api/apps/controllerrevision.ts'
import { daemonSet } from '../api/apps/daemonset.ts'
import { node, pod } from '../api/core/index.ts'
import { daemonSetController } from './daemonset.ts'
import { isActive } from './shared/pods.ts'
import { daemonSetOf } from './testing.ts'

const controllers = [daemonSetController]
/** Pods are bound by the scheduler, and run at once. */
const test = worldTest({ controllers, scheduler: true, runPods: true })
/** Pods run when the test says so. */
const slow = worldTest({ controllers, scheduler: true })

/** Image by node, of the pods that count. */
async function images(world: World): Promise<Record<string, string>> {
  const active = (await world.pods()).filter(isActive)
  const out: Record<string, string> = {}
  for (const image of ['agent:1', 'agent:2']) {
    for (const { spec } of active.filter(p => p.spec.containers[0]!.image === image)) {
      const before = out[spec.nodeName!]
      out[spec.nodeName!] = before ? `${before} ${image}` : image
    }
  }
  return Object.fromEntries(Object.entries(out).sort())
}

/** Adds a node with room for pods, or changes its labels. */
async function addNode(world: World, name: string, labels: Record<string, string> = {}): Promise<void> {
  const { metadata } = await world.apply(node, { metadata: { name, labels } })
  const status = { allocatable: { cpu: '8', memory: '16Gi', pods: '110' } }
  await world.client.patch(node, metadata, 'merge', { status }, { subresource: 'status' })
  await world.settle()
}

async function nodes(world: World, ...names: string[]): Promise<void> {
  for (const name of names) await addNode(world, name)
}

async function makeReady(world: World, image: string): Promise<void> {
  for (const p of await world.pods()) {
    if (p.spec.containers[0]!.image === image && isActive(p)) await world.setPod(p, 'Running')
  }
}

test('puts a pod on every node, by way of the scheduler, and counts them', async ({ world }) => {
  await nodes(world, 'a', 'b')
  await world.apply(daemonSet, daemonSetOf())
  expect(await images(world)).toEqual({ a: 'agent:1', b: 'agent:1' })
  const [first] = await world.pods()
  const [revision] = await world.list(controllerRevision)
  expect(first!.metadata.labels).toEqual({
    app: 'agent',
    'controller-revision-hash': revision!.metadata.labels!['controller-revision-hash'],
  })
  expect(first!.spec.tolerations!.map(({ key }) => key!.split('/')[1])).toEqual(
    expect.arrayContaining(['not-ready', 'unreachable', 'disk-pressure', 'unschedulable']),
  )
  expect((await world.get(daemonSet, 'agent')).status).toEqual({
    currentNumberScheduled: 2,
    numberMisscheduled: 0,
    desiredNumberScheduled: 2,
    numberReady: 2,
    observedGeneration: 1,
    updatedNumberScheduled: 2,
    numberAvailable: 2,
  })
  expect(await world.events(daemonSet)).toHaveLength(2)
  expect(world.errors).toEqual([])
})

test('follows nodes that come, go, and change their labels and taints', async ({ world }) => {
  const template = {
    metadata: { labels: { app: 'agent' } },
    spec: { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'main', image: 'agent:1' }] },
  }
  await addNode(world, 'a', { disk: 'ssd' })
  await addNode(world, 'b')
  await world.apply(daemonSet, daemonSetOf('agent:1', { template }))
  expect(Object.keys(await images(world))).toEqual(['a'])
  await addNode(world, 'b', { disk: 'ssd' })
  await addNode(world, 'c', { disk: 'ssd' })
  expect(Object.keys(await images(world))).toEqual(['a', 'b', 'c'])
  await addNode(world, 'a', { disk: 'hdd' })
  expect(Object.keys(await images(world))).toEqual(['b', 'c'])
  const taint = (effect: string) => ({ metadata: { name: 'b' }, spec: { taints: [{ key: 'mine', effect }] } })
  await world.apply(node, taint('NoSchedule'))
  expect(Object.keys(await images(world))).toEqual(['b', 'c'])
  expect((await world.get(daemonSet, 'agent')).status.numberMisscheduled).toBe(1)
  await world.apply(node, taint('NoExecute'))
  expect(Object.keys(await images(world))).toEqual(['c'])
})

slow('replaces no more pods at a time than may be unavailable', async ({ world }) => {
  await nodes(world, 'a', 'b', 'c')
  await world.apply(daemonSet, daemonSetOf())
  await makeReady(world, 'agent:1')
  await world.apply(daemonSet, daemonSetOf('agent:2'))
  for (let round = 0; round < 3; round++) {
    const doomed = (await world.pods()).filter(p => p.metadata.deletionTimestamp)
    expect(doomed).toHaveLength(1)
    await world.client.delete(pod, { metadata: doomed[0]!.metadata }, { gracePeriodSeconds: 0 })
    await world.settle()
    expect((await world.pods()).filter(p => p.metadata.deletionTimestamp)).toHaveLength(0)
    await makeReady(world, 'agent:2')
  }
  expect(await images(world)).toEqual({ a: 'agent:2', b: 'agent:2', c: 'agent:2' })
})

slow('with surge starts the new pod first', async ({ world }) => {
  await nodes(world, 'a', 'b')
  const updateStrategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  await world.apply(daemonSet, daemonSetOf('agent:1', { updateStrategy }))
  await makeReady(world, 'agent:1')
  await world.apply(daemonSet, daemonSetOf('agent:2', { updateStrategy }))
  expect(Object.values(await images(world)).sort()).toEqual(['agent:1', 'agent:1 agent:2'])
  await makeReady(world, 'agent:2')
  expect(Object.values(await images(world)).sort()).toEqual(['agent:1 agent:2', 'agent:2'])
  await makeReady(world, 'agent:2')
  expect(await images(world)).toEqual({ a: 'agent:2', b: 'agent:2' })
})

test('OnDelete leaves old pods until someone deletes them', async ({ world }) => {
  await nodes(world, 'a', 'b')
  const updateStrategy = { type: 'OnDelete' }
  await world.apply(daemonSet, daemonSetOf('agent:1', { updateStrategy }))
  await world.apply(daemonSet, daemonSetOf('agent:2', { updateStrategy }))
  expect(await images(world)).toEqual({ a: 'agent:1', b: 'agent:1' })
  const onA = (await world.pods()).find(p => p.spec.nodeName === 'a')!
  await world.client.delete(pod, { metadata: onA.metadata })
  await world.settle()
  expect(await images(world)).toEqual({ a: 'agent:2', b: 'agent:1' })
  expect((await world.get(daemonSet, 'agent')).status.updatedNumberScheduled).toBe(1)
})

test('keeps history up to its limit, and takes an old revision up again', async ({ world }) => {
  await nodes(world, 'a')
  for (const version of [1, 2, 3, 2]) {
    await world.apply(daemonSet, daemonSetOf(`agent:${version}`, { revisionHistoryLimit: 1 }))
  }
  const revisions = await world.list(controllerRevision)
  expect(revisions.map(({ revision }) => revision).sort()).toEqual([3, 4])
  expect(await images(world)).toEqual({ a: 'agent:2' })
})

slow('replaces failed pods with growing delay', async ({ world }) => {
  await nodes(world, 'a')
  await world.apply(daemonSet, daemonSetOf())
  const fail = async () => {
    const [only] = await world.pods()
    await world.setPod(only!, 'Failed', false)
    return only!.metadata.uid
  }
  const there = async () => (await world.pods()).filter(isActive).map(({ metadata }) => metadata.uid)
  const first = await fail()
  expect(await there()).toHaveLength(1)
  expect(await there()).not.toContain(first)
  await fail()
  expect(await there()).toHaveLength(0)
  await world.advance(seconds(1))
  expect(await there()).toHaveLength(1)
  expect(await world.events(daemonSet)).toContainEqual(
    expect.stringMatching(
      /^FailedDaemonPod: Found failed daemon pod default\/agent-\w+ on node a, will try to kill it$/,
    ),
  )
})

test('waits minReadySeconds before it counts a pod as available', async ({ world }) => {
  await nodes(world, 'a')
  await world.apply(daemonSet, daemonSetOf('agent:1', { minReadySeconds: 10 }))
  expect((await world.get(daemonSet, 'agent')).status).toMatchObject({ numberReady: 1, numberUnavailable: 1 })
  await world.advance(seconds(10))
  expect((await world.get(daemonSet, 'agent')).status.numberAvailable).toBe(1)
})
