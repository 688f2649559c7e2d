import { expect } from 'vitest'
import { type World, worldTest } from '../../test/support/world.ts'
import { pod } from '../api/core/pod.ts'
import { resourceClaim, resourceClaimTemplate } from '../api/resource/index.ts'
import { garbageCollector } from './garbage-collector.ts'
import { resourceClaimController } from './resourceclaim.ts'
import { ownedKinds } from './shared/stored-kinds.ts'

const test = worldTest({ controllers: [resourceClaimController, garbageCollector(ownedKinds)] })

const spec = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] } }

const addTemplate = (world: World) =>
  world.apply(resourceClaimTemplate, {
    metadata: { name: 'gpu' },
    spec: { metadata: { labels: { team: 'a' } }, spec },
  })
const addPod = (world: World, name = 'web', nodeName?: string) =>
  world.apply(pod, {
    metadata: { name },
    spec: {
      ...(nodeName && { nodeName }),
      containers: [{ name: 'main', image: 'x' }],
      resourceClaims: [{ name: 'card', resourceClaimTemplateName: 'gpu' }],
    },
  })
const addUser = (world: World, name: string, resourceClaimName: string) =>
  world.apply(pod, {
    metadata: { name },
    spec: {
      nodeName: 'a',
      containers: [{ name: 'main', image: 'x' }],
      resourceClaims: [{ name: 'card', resourceClaimName }],
    },
  })
const claimOf = async (world: World, name = 'web') => {
  const { status } = await world.get(pod, name)
  return world.get(resourceClaim, status.resourceClaimStatuses![0]!.resourceClaimName!)
}
const allocation = { devices: { results: [{ request: 'gpu', driver: 'd.example.com', pool: 'p', device: 'x' }] } }

/** What the scheduler does. */
async function allocate(world: World, name: string, ...users: string[]): Promise<void> {
  const claim = await world.get(resourceClaim, name)
  const finalizers = ['resource.kubernetes.io/delete-protection']
  await world.client.patch(resourceClaim, claim.metadata, 'merge', { metadata: { finalizers } })
  const reservedFor = await Promise.all(
    users.map(async user => ({ resource: 'pods', name: user, uid: (await world.get(pod, user)).metadata.uid })),
  )
  const patch = { status: { allocation, reservedFor } }
  await world.client.patch(resourceClaim, claim.metadata, 'merge', patch, { subresource: 'status' })
  await world.settle()
}

test('makes the claim of a template, and takes it away with the pod', async ({ world }) => {
  await addTemplate(world)
  const owner = await addPod(world)
  const { metadata, spec } = await claimOf(world)
  expect(metadata.name).toMatch(/^web-card-[a-z0-9]{5}$/)
  expect(metadata.annotations).toEqual({ 'resource.kubernetes.io/pod-claim-name': 'card' })
  expect(metadata.labels).toEqual({ team: 'a' })
  expect(metadata.ownerReferences).toMatchObject([{ kind: 'Pod', uid: owner.metadata.uid, controller: true }])
  expect(spec.devices.requests).toHaveLength(1)
  await world.client.delete(pod, owner, { gracePeriodSeconds: 0 })
  await world.settle()
  expect(await world.list(resourceClaim)).toEqual([])
})

test('waits for the template, and says so', async ({ world }) => {
  await addPod(world)
  expect((await world.events(pod))[0]).toBe(
    'FailedResourceClaimCreation: PodResourceClaim card: resource claim template "gpu": resourceclaimtemplate.resource.k8s.io "gpu" not found',
  )
  await addTemplate(world)
  expect((await claimOf(world)).metadata.generateName).toBe('web-card-')
})

test('long names are cut, both by their share', async ({ world }) => {
  await addTemplate(world)
  await addPod(world, 'p'.repeat(70))
  expect((await claimOf(world, 'p'.repeat(70))).metadata.generateName).toBe(`${'p'.repeat(52)}-car`)
})

test('makes no second claim when it could not tell of the first', async ({ world }) => {
  await addTemplate(world)
  let failures = 1
  world.fault = ({ kind, verb }) => {
    if (kind === pod && verb === 'patch' && failures-- > 0) throw new Error('lost')
  }
  await addPod(world)
  await world.advance(1000)
  expect(await world.list(resourceClaim)).toHaveLength(1)
  expect((await claimOf(world)).metadata.generateName).toBe('web-card-')
})

test('a claim that was deleted is made anew', async ({ world }) => {
  await addTemplate(world)
  await addPod(world)
  const first = await claimOf(world)
  await world.client.delete(resourceClaim, first)
  await world.settle()
  expect((await claimOf(world)).metadata.uid).not.toBe(first.metadata.uid)
})

test('the claim of a pod that has ended gives up its devices and goes', async ({ world }) => {
  await addTemplate(world)
  const owner = await addPod(world, 'web', 'a')
  await allocate(world, (await claimOf(world)).metadata.name!, 'web')
  await world.setPod(owner, 'Succeeded', false)
  expect(await world.list(resourceClaim)).toEqual([])
})

test('a claim of several pods is freed by the last of them', async ({ world }) => {
  await world.apply(resourceClaim, { metadata: { name: 'shared' }, spec })
  const [one, two] = [await addUser(world, 'one', 'shared'), await addUser(world, 'two', 'shared')]
  await allocate(world, 'shared', 'one', 'two')
  await world.client.delete(pod, one, { gracePeriodSeconds: 0 })
  await world.settle()
  const { status } = await world.get(resourceClaim, 'shared')
  expect(status.reservedFor?.map(({ name }) => name)).toEqual(['two'])
  expect(status.allocation).toBeDefined()
  await world.client.delete(pod, two, { gracePeriodSeconds: 0 })
  await world.settle()
  const left = await world.get(resourceClaim, 'shared')
  expect(left.status).toEqual({})
  expect(left.metadata.finalizers).toBeUndefined()
})

test('a claim that is deleted stays until nobody uses it', async ({ world }) => {
  await world.apply(resourceClaim, { metadata: { name: 'shared' }, spec })
  const user = await addUser(world, 'one', 'shared')
  await allocate(world, 'shared', 'one')
  await world.client.delete(resourceClaim, { namespace: 'default', name: 'shared' })
  await world.settle()
  expect((await world.get(resourceClaim, 'shared')).status.allocation).toBeDefined()
  await world.client.delete(pod, user, { gracePeriodSeconds: 0 })
  await world.settle()
  expect(await world.find(resourceClaim, 'shared')).toBeUndefined()
})

test('reserves a claim for a pod that was placed by others', async ({ world }) => {
  await world.apply(resourceClaim, { metadata: { name: 'own' }, spec })
  await allocate(world, 'own')
  await addUser(world, 'placed', 'own')
  expect((await world.get(resourceClaim, 'own')).status.reservedFor).toMatchObject([{ name: 'placed' }])
})
