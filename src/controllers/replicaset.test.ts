import { expect } from 'vitest'
import { seconds, worldTest } from '../../test/support/world.ts'
import { replicaSet } from '../api/apps/replicaset.ts'
import { pod } from '../api/core/pod.ts'
import { replicationController } from '../api/core/replicationcontroller.ts'
import { StatusError } from '../apimachinery/errors.ts'
import { replicaSetController } from './replicaset.ts'
import { replicationControllerController } from './replicationcontroller.ts'
import { controllerReference } from './shared/pods.ts'
import { replicaSetOf } from './testing.ts'

const test = worldTest({ controllers: [replicaSetController] })

test('creates the pods that are missing and says so', async ({ world }) => {
  await world.apply(replicaSet, replicaSetOf(3))
  const pods = await world.pods()
  expect(pods).toHaveLength(3)
  expect(pods[0]!.metadata).toMatchObject({ generateName: 'web-', labels: { app: 'web' } })
  const { status, metadata } = await world.get(replicaSet, 'web')
  expect(status).toMatchObject({ replicas: 3, fullyLabeledReplicas: 3, observedGeneration: 1 })
  expect(pods[0]!.metadata.ownerReferences).toEqual([controllerReference({ ...replicaSet, metadata })])
  expect((await world.events(replicaSet))[0]).toMatch(/^SuccessfulCreate: Created pod: web-[a-z0-9]{5}$/)
  expect(world.errors).toEqual([])
})

test('replaces a deleted pod', async ({ world }) => {
  await world.apply(replicaSet, replicaSetOf(2))
  const [first] = await world.pods()
  await world.client.delete(pod, first!)
  await world.settle()
  const names = (await world.pods()).map(p => p.metadata.name)
  expect(names).toHaveLength(2)
  expect(names).not.toContain(first!.metadata.name)
})

test('replaces a pod that has failed and keeps it', async ({ world }) => {
  await world.apply(replicaSet, replicaSetOf(1))
  await world.setPod((await world.pods())[0]!, 'Failed')
  expect((await world.pods()).map(p => p.status.phase).sort()).toEqual(['Failed', 'Pending'])
})

test('deletes pods that are not ready before those that are', async ({ world }) => {
  await world.apply(replicaSet, replicaSetOf(3))
  const [first] = await world.pods()
  await world.setPod(first!, 'Running')
  await world.apply(replicaSet, replicaSetOf(1))
  expect((await world.pods()).map(p => p.metadata.name)).toEqual([first!.metadata.name])
  expect(
    (await world.events(replicaSet)).filter(e => e.startsWith('SuccessfulDelete: Deleted pod: web-')),
  ).toHaveLength(2)
})

test('a pod is available only after minReadySeconds', async ({ world }) => {
  await world.apply(replicaSet, replicaSetOf(1, { minReadySeconds: 10 }))
  await world.setPod((await world.pods())[0]!, 'Running')
  expect((await world.get(replicaSet, 'web')).status).toMatchObject({ readyReplicas: 1 })
  expect((await world.get(replicaSet, 'web')).status.availableReplicas ?? 0).toBe(0)
  await world.advance(seconds(10))
  expect((await world.get(replicaSet, 'web')).status.availableReplicas).toBe(1)
})

test('adopts a matching pod that nothing controls', async ({ world }) => {
  await world.apply(pod, {
    metadata: { name: 'stray', labels: { app: 'web' } },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  })
  const { metadata } = await world.apply(replicaSet, replicaSetOf(2))
  expect(await world.pods()).toHaveLength(2)
  const stray = await world.get(pod, 'stray')
  expect(stray.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }])
})

test('adopts a pod that comes to match later', async ({ world }) => {
  await world.apply(replicaSet, replicaSetOf(1))
  await world.apply(pod, {
    metadata: { name: 'stray', labels: { app: 'web' } },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  })
  expect(await world.pods()).toHaveLength(1)
})

test('releases a pod whose labels no longer match, and replaces it', async ({ world }) => {
  await world.apply(replicaSet, replicaSetOf(1))
  const [only] = await world.pods()
  await world.client.patch(pod, only!.metadata, 'merge', { metadata: { labels: { app: 'other' } } })
  await world.settle()
  expect(await world.pods()).toHaveLength(2)
  expect((await world.get(pod, only!.metadata.name!)).metadata.ownerReferences).toBeUndefined()
})

test('does not touch the pods of a ReplicaSet that is being deleted', async ({ world }) => {
  const { metadata } = await world.apply(replicaSet, replicaSetOf(2))
  await world.client.delete(replicaSet, { metadata }, { propagationPolicy: 'Foreground' })
  await world.client.delete(pod, (await world.pods())[0]!)
  await world.settle()
  expect(await world.pods()).toHaveLength(1)
})

test('a refused creation shows as event and condition, costs few tries, and is tried again', async ({ world }) => {
  let tries = 0
  world.fault = ({ verb, kind }) => {
    if (verb !== 'create' || kind.kind !== 'Pod') return
    tries++
    throw new StatusError(403, 'Forbidden', 'pods "web-" is forbidden: exceeded quota')
  }
  await world.apply(replicaSet, replicaSetOf(100))
  expect(tries).toBeLessThan(3)
  expect((await world.get(replicaSet, 'web')).status.conditions).toMatchObject([
    {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'pods "web-" is forbidden: exceeded quota',
    },
  ])
  expect((await world.events(replicaSet))[0]).toBe(
    'FailedCreate: Error creating: pods "web-" is forbidden: exceeded quota',
  )
  world.fault = undefined
  await world.advance(seconds(60))
  expect(await world.pods()).toHaveLength(100)
  expect((await world.get(replicaSet, 'web')).status.conditions).toBeUndefined()
})

test('in a namespace that is going away it stops after one try, without complaint', async ({ world }) => {
  let tries = 0
  world.fault = ({ verb, kind }) => {
    if (verb !== 'create' || kind.kind !== 'Pod') return
    tries++
    const causes = [{ reason: 'NamespaceTerminating' }]
    throw new StatusError(403, 'Forbidden', 'no', { causes })
  }
  await world.apply(replicaSet, replicaSetOf(100))
  expect(tries).toBeLessThanOrEqual(2)
  expect(await world.events(replicaSet)).toEqual([])
  expect(world.errors).toEqual([])
})

test('never creates more than it should, whatever fails', async ({ world }) => {
  let n = 0
  world.fault = ({ verb }) => {
    if (verb === 'create' && n++ % 3 === 2) throw new StatusError(500, 'InternalError', 'no')
  }
  await world.apply(replicaSet, replicaSetOf(20))
  await world.advance(seconds(60))
  expect(await world.pods()).toHaveLength(20)
})

const older = worldTest({ controllers: [replicationControllerController] })

older('a ReplicationController does the same with its older kind of selector', async ({ world }) => {
  const containers = [{ name: 'main', image: 'web' }]
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } }
  await world.apply(replicationController, { metadata: { name: 'web' }, spec: { replicas: 2, template } })
  expect(await world.pods()).toHaveLength(2)
  await world.setPod((await world.pods())[0]!, 'Running')
  const { status } = await world.get(replicationController, 'web')
  expect(status).toMatchObject({ replicas: 2, readyReplicas: 1, availableReplicas: 1, observedGeneration: 1 })
  expect(world.errors).toEqual([])
})

test('pods become available in their time though others cannot be made', async ({ world }) => {
  world.fault = ({ verb, kind }) => {
    if (verb === 'create' && kind.plural === 'pods') throw new StatusError(403, 'Forbidden', 'exceeded quota')
  }
  const wanted = replicaSetOf(2)
  const { metadata } = await world.apply(replicaSet, { ...wanted, spec: { ...wanted.spec, minReadySeconds: 30 } })
  // Attempts come ever more seldom.
  await world.advance(seconds(600))
  const ownerReferences = [controllerReference({ ...replicaSet, metadata })]
  const made = await world.apply(pod, {
    metadata: { name: 'one', labels: { app: 'web' }, ownerReferences },
    spec: wanted.spec.template.spec,
  })
  await world.setPod(made, 'Running')
  await world.advance(seconds(31))
  expect((await world.get(replicaSet, 'web')).status.availableReplicas).toBe(1)
})
