import { expect } from 'vitest'
import { type World, worldTest } from '../../../test/support/world.ts'
import { namespace } from '../../api/core/namespace.ts'
import { node } from '../../api/core/node.ts'
import { pod } from '../../api/core/pod.ts'
import { priorityClass } from '../../api/scheduling/priorityclass.ts'
import { nodeOf } from '../testing.ts'

const test = worldTest({ scheduler: true })
const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'

/** Nodes as `name: zone`. */
async function addNodes(world: World, nodes: Record<string, string>, resources = {}): Promise<void> {
  for (const [name, zone] of Object.entries(nodes)) {
    const { status, ...object } = nodeOf(name, resources, {}, { [ZONE]: zone })
    await world.client.create(node, object)
    await world.client.patch(node, { name }, 'merge', { status }, { subresource: 'status' })
  }
  await world.settle()
}

async function place(world: World, name: string, labels: Record<string, string>, spec: object = {}, space = 'default') {
  await world.apply(pod, {
    metadata: { name, namespace: space, labels },
    spec: { containers: [{ name: 'a', image: 'a' }], ...spec },
  })
  const placed = await world.get(pod, name, space)
  return placed.spec.nodeName ?? placed.status.conditions?.find(c => c.type === 'PodScheduled')?.message
}

const term = (app: string, topologyKey: string, more: object = {}) => ({
  labelSelector: { matchLabels: { app } },
  topologyKey,
  ...more,
})
const near = (...terms: object[]) => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
})
const far = (...terms: object[]) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
})

test('required affinity: near a pod in the same zone; nowhere without one, save for the first of its own', async ({
  world,
}) => {
  await addNodes(world, { a: 'z1', b: 'z2' })
  expect(await place(world, 'lonely', { app: 'x' }, near(term('db', ZONE)))).toContain(
    "2 node(s) didn't match pod affinity rules",
  )
  await place(world, 'db', { app: 'db' }, { nodeSelector: { [HOST]: 'b' } })
  expect((await world.get(pod, 'lonely')).spec.nodeName).toBe('b')
  expect(await place(world, 'first', { app: 'own' }, near(term('own', ZONE)))).toMatch(/^[ab]$/)
})

test('required anti-affinity keeps pods apart, both ways', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z1' })
  const first = await place(world, 'one', { app: 'web' }, far(term('web', HOST)))
  const second = await place(world, 'two', { app: 'web' }, far(term('web', HOST)))
  expect([first, second].sort()).toEqual(['a', 'b'])
  expect(await place(world, 'three', { app: 'web' }, far(term('web', HOST)))).toContain(
    "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
  )
  expect(await place(world, 'plain', { app: 'web' })).toContain(
    "2 node(s) didn't satisfy existing pods anti-affinity rules",
  )
  await world.client.delete(pod, { namespace: 'default', name: 'one' }, { gracePeriodSeconds: 0 })
  await world.settle()
  const placed = (await world.pods()).filter(p => p.spec.nodeName === first)
  expect(placed).toHaveLength(1)
})

test('terms look at their own namespace, at those named, or at those selected', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z2' })
  await world.apply(namespace, { metadata: { name: 'data', labels: { team: 'data' } } })
  await place(world, 'db', { app: 'db' }, { nodeSelector: { [HOST]: 'b' } }, 'data')
  const selected = { namespaceSelector: { matchLabels: { team: 'data' } } }
  expect(await place(world, 'own', { app: 'x' }, near(term('db', ZONE)))).toContain('affinity rules')
  expect(await place(world, 'named', { app: 'x' }, near(term('db', ZONE, { namespaces: ['data'] })))).toBe('b')
  expect(await place(world, 'selected', { app: 'x' }, near(term('db', ZONE, selected)))).toBe('b')
})

test('preferred affinity draws and repels', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z2' })
  await place(world, 'db', { app: 'db' }, { nodeSelector: { [HOST]: 'b' } })
  const wish = (kind: string, weight: number) => ({
    affinity: {
      [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: term('db', ZONE) }] },
    },
  })
  expect(await place(world, 'drawn', { app: 'x' }, wish('podAffinity', 100))).toBe('b')
  expect(await place(world, 'repelled', { app: 'x' }, wish('podAntiAffinity', 100))).toBe('a')
})

const spread = (whenUnsatisfiable: string, more: object = {}) => ({
  topologySpreadConstraints: [{ ...term('web', ZONE), maxSkew: 1, whenUnsatisfiable, ...more }],
})

test('hard spreading never exceeds its skew', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z1', c: 'z2' })
  for (let i = 0; i < 6; i++) await place(world, `web-${i}`, { app: 'web' }, spread('DoNotSchedule'))
  const zone = (name: string | undefined) => (name === 'c' ? 'z2' : 'z1')
  const zones = (await world.pods()).map(p => zone(p.spec.nodeName))
  expect(zones.filter(z => z === 'z2')).toHaveLength(3)
})

test('hard spreading says no where it would be broken, and where a label is missing', async ({ world }) => {
  await addNodes(world, { a: 'z1', c: 'z2' })
  await world.client.patch(node, { name: 'c' }, 'merge', { spec: { unschedulable: true } })
  await world.client.create(node, { metadata: { name: 'bare' } })
  await world.settle()
  expect(await place(world, 'one', { app: 'web' }, spread('DoNotSchedule'))).toBe('a')
  expect(await place(world, 'two', { app: 'web' }, spread('DoNotSchedule'))).toContain(
    "1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable",
  )
})

test('with minDomains too few parts count as empty ones', async ({ world }) => {
  await addNodes(world, { a: 'z1' })
  const wide = spread('DoNotSchedule', { minDomains: 2 })
  expect(await place(world, 'one', { app: 'web' }, wide)).toBe('a')
  expect(await place(world, 'two', { app: 'web' }, wide)).toContain(
    "1 node(s) didn't match pod topology spread constraints",
  )
})

test('soft spreading prefers the emptier part', async ({ world }) => {
  await addNodes(world, { a: 'z1', c: 'z2' })
  const places = []
  for (let i = 0; i < 4; i++) places.push(await place(world, `web-${i}`, { app: 'web' }, spread('ScheduleAnyway')))
  expect(places.filter(p => p === 'a')).toHaveLength(2)
})

test('preemption knows what anti-affinity and spreading would be without the victims', async ({ world }) => {
  await addNodes(world, { a: 'z1' })
  await world.apply(priorityClass, { metadata: { name: 'high' }, value: 1000 })
  await place(world, 'low', { app: 'web' })
  await place(world, 'other', { app: 'other' })
  await place(world, 'high', { app: 'web' }, { ...far(term('web', HOST)), priorityClassName: 'high' })
  expect((await world.get(pod, 'high')).status.nominatedNodeName).toBe('a')
  expect((await world.get(pod, 'low')).metadata.deletionTimestamp).toBeDefined()
  expect((await world.get(pod, 'other')).metadata.deletionTimestamp).toBeUndefined()
})

test('pods of one owner are kept apart although they do not say so', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z1', c: 'z2' }, { cpu: '1000', memory: '4Ti' })
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'rs-uid', controller: true }]
  const spec = { containers: [{ name: 'a', image: 'a' }] }
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six']) {
    await world.apply(pod, { metadata: { name, ownerReferences }, spec })
  }
  await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      world.client.create(pod, { metadata: { name: `late-${i}`, namespace: 'default', ownerReferences }, spec }),
    ),
  )
  await world.settle()
  const places = (await world.pods()).map(p => p.spec.nodeName)
  for (const name of ['a', 'b', 'c']) expect(places.filter(place => place === name).length).toBeGreaterThanOrEqual(3)
})

test('a burst of equal pods is dealt out evenly among equal nodes', async ({ world }) => {
  await addNodes(world, { a: 'z1', b: 'z1' }, { cpu: '1000', memory: '4Ti' })
  const spec = { containers: [{ name: 'a', image: 'a' }] }
  await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      world.client.create(pod, { metadata: { name: `p${i}`, namespace: 'default' }, spec }),
    ),
  )
  await world.settle()
  const places = (await world.pods()).map(p => p.spec.nodeName)
  expect(places.filter(place => place === 'a').length).toBeGreaterThanOrEqual(3)
  expect(places.filter(place => place === 'b').length).toBeGreaterThanOrEqual(3)
})
