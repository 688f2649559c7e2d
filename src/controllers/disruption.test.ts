import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { deployment } from '../api/apps/deployment.ts'
import { pod } from '../api/core/pod.ts'
import { podDisruptionBudget } from '../api/policy/poddisruptionbudget.ts'
import { deploymentController } from './deployment.ts'
import { disruptionController } from './disruption.ts'
import { replicaSetController } from './replicaset.ts'
import { deploymentOf } from './testing.ts'

const test = worldTest({ controllers: [deploymentController, replicaSetController, disruptionController] })

const budgetOf = (spec: object) => ({
  metadata: { name: 'web' },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
})

async function start(world: World, replicas: number, ready: number): Promise<void> {
  await world.apply(deployment, deploymentOf(replicas))
  for (const p of (await world.pods()).slice(0, ready)) await world.setPod(p, 'Running')
}

const statusOf = async (world: World) => (await world.get(podDisruptionBudget, 'web')).status
const evict = async (world: World, name: string) => {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } }
  await world.client.createSubresource(pod, { namespace: 'default', name }, 'eviction', body)
  await world.settle()
}

test('minAvailable as a number: what is healthy beyond it may go', async ({ world }) => {
  await start(world, 3, 3)
  await world.apply(podDisruptionBudget, budgetOf({ minAvailable: 2 }))
  expect(await statusOf(world)).toMatchObject({
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
    disruptionsAllowed: 1,
    observedGeneration: 1,
    conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }],
  })
  expect(world.errors).toEqual([])
})

test('percentages are of what the owner wants, rounded up', async ({ world }) => {
  await start(world, 5, 4)
  await world.apply(podDisruptionBudget, budgetOf({ minAvailable: '50%' }))
  expect(await statusOf(world)).toMatchObject({ desiredHealthy: 3, expectedPods: 5, disruptionsAllowed: 1 })
  await world.client.delete(podDisruptionBudget, { namespace: 'default', name: 'web' })
  await world.apply(podDisruptionBudget, budgetOf({ maxUnavailable: '30%' }))
  expect(await statusOf(world)).toMatchObject({ desiredHealthy: 3, disruptionsAllowed: 1 })
})

test('an eviction is taken from the budget, the next is refused until the pod is replaced', async ({ world }) => {
  await start(world, 2, 2)
  await world.apply(podDisruptionBudget, budgetOf({ maxUnavailable: 1 }))
  const [first, second] = (await world.pods()).map(p => p.metadata.name!)
  await evict(world, first!)
  expect(await statusOf(world)).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 1 })
  await expect(evict(world, second!)).rejects.toMatchObject({ code: 429 })
  for (const p of await world.pods()) await world.setPod(p, 'Running')
  expect((await statusOf(world)).disruptionsAllowed).toBe(1)
})

test('an eviction that never came about is forgotten after two minutes, and told', async ({ world }) => {
  await start(world, 2, 2)
  await world.apply(podDisruptionBudget, budgetOf({ minAvailable: 1 }))
  const [first] = await world.pods()
  const disruptedPods = { [first!.metadata.name!]: new Date(world.clock.now()).toISOString() }
  await world.client.patch(
    podDisruptionBudget,
    { namespace: 'default', name: 'web' },
    'merge',
    { status: { disruptedPods } },
    { subresource: 'status' },
  )
  await world.settle()
  expect((await statusOf(world)).disruptionsAllowed).toBe(0)
  await world.advance(seconds(121))
  expect(await statusOf(world)).toMatchObject({ disruptionsAllowed: 1 })
  expect((await world.events(pod)).some(e => e.startsWith('NotDeleted: '))).toBe(true)
})

test('pods whose owner has no size make it fail closed', async ({ world }) => {
  await world.apply(pod, {
    metadata: {
      name: 'job-pod',
      labels: { app: 'web' },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }],
    },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  })
  await world.apply(podDisruptionBudget, budgetOf({ maxUnavailable: 1 }))
  expect(await statusOf(world)).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [{ reason: 'SyncFailed', message: 'Job.batch/v1 does not implement the scale subresource' }],
  })
})

test('an evicted pod says why it goes', async ({ world }) => {
  await start(world, 1, 1)
  const [first] = await world.pods()
  await world.client.patch(pod, first!.metadata, 'merge', { metadata: { finalizers: ['example.com/hold'] } })
  await evict(world, first!.metadata.name!)
  const { metadata, status } = await world.get(pod, first!.metadata.name!)
  expect(metadata.deletionTimestamp).toBeDefined()
  expect(status.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }),
  )
})

test('AlwaysAllow lets pods go that are not ready, however many are wanted', async ({ world }) => {
  await start(world, 2, 0)
  for (const p of await world.pods()) await world.setPod(p, 'Running', false)
  await world.apply(podDisruptionBudget, budgetOf({ minAvailable: 0, unhealthyPodEvictionPolicy: 'AlwaysAllow' }))
  const [first] = await world.pods()
  await evict(world, first!.metadata.name!)
  expect((await world.pods()).map(p => p.metadata.name)).not.toContain(first!.metadata.name)
})
