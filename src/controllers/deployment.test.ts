import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { deployment } from '../api/apps/deployment.ts'
import { replicaSet } from '../api/apps/replicaset.ts'
import { pod } from '../api/core/pod.ts'
import { StatusError } from '../apimachinery/errors.ts'
import { seededRandom } from '../apimachinery/random.ts'
import { deploymentController } from './deployment.ts'
import { replicaSetController } from './replicaset.ts'
import { isActive, isReady } from './shared/pods.ts'
import { deploymentOf } from './testing.ts'

const controllers = [deploymentController, replicaSetController]
/** Pods run and are ready at once. */
const test = worldTest({ controllers, runPods: true })
/** Pods stay pending until the test says otherwise. */
const slow = worldTest({ controllers })

/** Replicas of each ReplicaSet by image. */
async function sizes(world: World): Promise<Record<string, number>> {
  const sets = await world.list(replicaSet)
  return Object.fromEntries(sets.map(({ spec }) => [spec.template.spec.containers[0]!.image, spec.replicas]))
}

async function conditions(world: World): Promise<Record<string, string>> {
  const { status } = await world.get(deployment, 'web')
  return Object.fromEntries((status.conditions ?? []).map(c => [c.type, `${c.status} ${c.reason}: ${c.message}`]))
}

async function makeReady(world: World, image: string, count = 100): Promise<void> {
  const waiting = (await world.pods()).filter(
    p => p.status.phase === 'Pending' && p.spec.containers[0]!.image === image,
  )
  for (const p of waiting.slice(0, count)) await world.setPod(p, 'Running')
}

test('makes a ReplicaSet with a hash, and pods, and says when it is done', async ({ world }) => {
  await world.apply(deployment, deploymentOf(3))
  const [set] = await world.list(replicaSet)
  const hash = set!.metadata.labels!['pod-template-hash']
  expect(set!.metadata.name).toBe(`web-${hash}`)
  expect(set!.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash })
  expect(set!.metadata.annotations).toEqual({
    'deployment.kubernetes.io/desired-replicas': '3',
    'deployment.kubernetes.io/max-replicas': '4',
    'deployment.kubernetes.io/revision': '1',
  })
  const { status, metadata } = await world.get(deployment, 'web')
  expect(metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '1' })
  expect(status).toMatchObject({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
  })
  expect(await conditions(world)).toEqual({
    Available: 'True MinimumReplicasAvailable: Deployment has minimum availability.',
    Progressing: `True NewReplicaSetAvailable: ReplicaSet "web-${hash}" has successfully progressed.`,
  })
  expect(await world.events(deployment)).toEqual([`ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`])
  expect(world.errors).toEqual([])
})

test('rolls to a new template and keeps the old ReplicaSet empty', async ({ world }) => {
  await world.apply(deployment, deploymentOf(3))
  await world.apply(deployment, deploymentOf(3, 'web:2'))
  expect(await sizes(world)).toEqual({ 'web:1': 0, 'web:2': 3 })
  expect((await world.pods()).every(p => p.spec.containers[0]!.image === 'web:2')).toBe(true)
  const { metadata } = await world.get(deployment, 'web')
  expect(metadata.annotations!['deployment.kubernetes.io/revision']).toBe('2')
})

test('going back to an old template takes its ReplicaSet up again under a new revision', async ({ world }) => {
  await world.apply(deployment, deploymentOf(2))
  await world.apply(deployment, deploymentOf(2, 'web:2'))
  await world.apply(deployment, deploymentOf(2, 'web:1'))
  expect(await sizes(world)).toEqual({ 'web:1': 2, 'web:2': 0 })
  const first = (await world.list(replicaSet)).find(s => s.spec.template.spec.containers[0]!.image === 'web:1')
  expect(first!.metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  })
})

test('keeps no more old ReplicaSets than the history limit', async ({ world }) => {
  for (const version of [1, 2, 3, 4]) {
    await world.apply(deployment, deploymentOf(1, `web:${version}`, { revisionHistoryLimit: 1 }))
  }
  expect(await sizes(world)).toEqual({ 'web:3': 0, 'web:4': 1 })
})

slow('never has more pods than surge allows nor fewer available than unavailable allows', async ({ world }) => {
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }
  await world.apply(deployment, deploymentOf(4, 'web:1', { strategy }))
  await makeReady(world, 'web:1')
  await world.apply(deployment, deploymentOf(4, 'web:2', { strategy }))
  expect(await sizes(world)).toEqual({ 'web:1': 3, 'web:2': 2 })
  const steps: Record<string, number>[] = []
  for (let i = 0; i < 4; i++) {
    await makeReady(world, 'web:2', 1)
    steps.push(await sizes(world))
  }
  for (const step of steps) {
    expect(step['web:1']! + step['web:2']!).toBeLessThanOrEqual(5)
    expect(step['web:1']!).toBeLessThanOrEqual(3)
  }
  expect(await sizes(world)).toEqual({ 'web:1': 0, 'web:2': 4 })
})

slow('old pods that are not available go first, without waiting', async ({ world }) => {
  await world.apply(
    deployment,
    deploymentOf(4, 'web:bad', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } } }),
  )
  await makeReady(world, 'web:bad', 2)
  await world.apply(
    deployment,
    deploymentOf(4, 'web:2', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } } }),
  )
  expect(await sizes(world)).toEqual({ 'web:bad': 2, 'web:2': 2 })
})

slow('a change of size in mid-rollout is shared out in proportion', async ({ world }) => {
  const strategy = { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } }
  await world.apply(deployment, deploymentOf(10, 'web:1', { strategy }))
  await makeReady(world, 'web:1')
  await world.apply(deployment, deploymentOf(10, 'web:2', { strategy }))
  expect(await sizes(world)).toEqual({ 'web:1': 8, 'web:2': 5 })
  await world.client.patch(deployment, { namespace: 'default', name: 'web' }, 'merge', { spec: { replicas: 15 } })
  await world.settle()
  expect(await sizes(world)).toEqual({ 'web:1': 11, 'web:2': 7 })
})

slow('Recreate waits for every old pod to be gone', async ({ world }) => {
  const strategy = { type: 'Recreate' }
  await world.apply(deployment, deploymentOf(2, 'web:1', { strategy }))
  for (const p of await world.pods()) {
    await world.client.patch(pod, p.metadata, 'merge', { metadata: { finalizers: ['test/hold'] } })
  }
  await world.apply(deployment, deploymentOf(2, 'web:2', { strategy }))
  expect(await sizes(world)).toEqual({ 'web:1': 0 })
  for (const p of await world.pods()) {
    await world.client.patch(pod, p.metadata, 'merge', { metadata: { finalizers: null } })
  }
  await world.settle()
  expect(await sizes(world)).toEqual({ 'web:1': 0, 'web:2': 2 })
})

slow('without progress until the deadline it says so', async ({ world }) => {
  await world.apply(deployment, deploymentOf(1, 'web:1', { progressDeadlineSeconds: 30 }))
  const { name } = (await world.list(replicaSet))[0]!.metadata
  expect((await conditions(world)).Progressing).toBe(`True ReplicaSetUpdated: ReplicaSet "${name}" is progressing.`)
  await world.advance(seconds(32))
  expect((await conditions(world)).Progressing).toBe(
    `False ProgressDeadlineExceeded: ReplicaSet "${name}" has timed out progressing.`,
  )
  await makeReady(world, 'web:1')
  expect((await conditions(world)).Progressing).toMatch(/^True NewReplicaSetAvailable/)
})

test('while paused the template waits, the size does not', async ({ world }) => {
  await world.apply(deployment, deploymentOf(2))
  await world.apply(deployment, deploymentOf(3, 'web:2', { paused: true }))
  expect(await sizes(world)).toEqual({ 'web:1': 3 })
  expect((await conditions(world)).Progressing).toBe('Unknown DeploymentPaused: Deployment is paused')
  await world.apply(deployment, deploymentOf(3, 'web:2', { paused: false }))
  expect(await sizes(world)).toEqual({ 'web:1': 0, 'web:2': 3 })
})

test('another name is found when the ReplicaSet of that name is not ours', async ({ world }) => {
  await world.apply(deployment, deploymentOf(1))
  const [set] = await world.list(replicaSet)
  await world.client.delete(deployment, { namespace: 'default', name: 'web' })
  await world.client.patch(replicaSet, set!.metadata, 'merge', {
    metadata: { ownerReferences: null, labels: { app: 'other' } },
  })
  await world.settle()
  await world.apply(deployment, deploymentOf(1))
  await world.advance(seconds(1))
  expect((await world.get(deployment, 'web')).status.collisionCount).toBe(1)
  expect(await world.list(replicaSet)).toHaveLength(2)
})

test('a refused ReplicaSet shows in the condition', async ({ world }) => {
  world.fault = ({ verb, kind }) => {
    if (verb === 'create' && kind.kind === 'ReplicaSet') throw new StatusError(403, 'Forbidden', 'no')
  }
  await world.apply(deployment, deploymentOf(1))
  expect((await conditions(world)).Progressing).toMatch(
    /^False ReplicaSetCreateError: Failed to create new replica set "web-[a-z0-9]+": no$/,
  )
})

test('annotations of the Deployment reach its ReplicaSet, bookkeeping aside', async ({ world }) => {
  const body = deploymentOf(1)
  await world.apply(deployment, {
    ...body,
    metadata: {
      ...body.metadata,
      annotations: { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
    },
  })
  const [set] = await world.list(replicaSet)
  expect(set!.metadata.annotations).toMatchObject({ team: 'a' })
  expect(set!.metadata.annotations).not.toHaveProperty('kubectl.kubernetes.io/last-applied-configuration')
})

test('an idle Deployment causes no requests', async ({ world }) => {
  await world.apply(deployment, deploymentOf(2))
  const before = (await world.get(deployment, 'web')).metadata.resourceVersion
  await world.advance(seconds(3600))
  expect((await world.get(deployment, 'web')).metadata.resourceVersion).toBe(before)
})

for (const seed of [1, 2, 3, 4, 5]) {
  slow(`whatever pods do, a rollout keeps within its bounds (history ${seed})`, async ({ world }) => {
    const random = seededRandom(seed)
    const pick = (count: number) => Math.floor(random.next() * count)
    const strategy = { rollingUpdate: { maxSurge: 1 + pick(3), maxUnavailable: pick(3) } }
    const replicas = 4 + pick(5)
    await world.apply(deployment, deploymentOf(replicas, 'web:0', { strategy }))
    await makeReady(world, 'web:0')
    let broken = 0
    for (let step = 0; step < 40; step++) {
      if (step % 10 === 9) await world.apply(deployment, deploymentOf(replicas, `web:${pick(4)}`, { strategy }))
      const active = (await world.pods()).filter(p => p.status.phase !== 'Failed' && !p.metadata.deletionTimestamp)
      const chosen = active[pick(active.length)]!
      const fails = random.next() < 0.1
      if (fails && isReady(chosen)) broken++
      if (fails) await world.setPod(chosen, 'Failed')
      else await world.setPod(chosen, 'Running')
      const now = (await world.pods()).filter(isActive)
      expect(now.length).toBeLessThanOrEqual(replicas + strategy.rollingUpdate.maxSurge)
      const least = replicas - strategy.rollingUpdate.maxUnavailable - broken
      expect(now.filter(isReady).length).toBeGreaterThanOrEqual(Math.max(0, least))
    }
    for (let i = 0; i < 10; i++) for (const image of ['web:0', 'web:1', 'web:2', 'web:3']) await makeReady(world, image)
    const { status } = await world.get(deployment, 'web')
    expect(status).toMatchObject({ replicas, updatedReplicas: replicas, availableReplicas: replicas })
    expect(world.errors).toEqual([])
  })
}
