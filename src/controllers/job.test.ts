import { expect } from 'vitest'
import { seconds, type World, worldTest } from '../../test/support/world.ts'
import { job } from '../api/batch/job.ts'
import { pod } from '../api/core/index.ts'
import { conflict } from '../apimachinery/errors.ts'
import { seededRandom } from '../apimachinery/random.ts'
import { indexOf } from './job/job-pod.ts'
import { jobController } from './job.ts'
import { isActive } from './shared/pods.ts'
import { jobOf } from './testing.ts'

/** Pods stay as they are until the test says otherwise. */
const test = worldTest({ controllers: [jobController] })

const active = async (world: World) => (await world.pods()).filter(isActive)
const status = async (world: World) => (await world.get(job, 'work')).status

async function conditions(world: World): Promise<string[]> {
  const { conditions = [] } = await status(world)
  return conditions.filter(c => c.status === 'True').map(c => `${c.type} ${c.reason}: ${c.message}`)
}

async function endAll(world: World, phase: string): Promise<void> {
  for (const p of await active(world)) await world.setPod(p, phase, false)
}

async function failWith(world: World, exitCode: number): Promise<void> {
  const [p] = await active(world)
  const containerStatuses = [
    { name: 'main', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode } } },
  ]
  const body = { status: { phase: 'Failed', containerStatuses } }
  await world.client.patch(pod, p!.metadata, 'strategic', body, { subresource: 'status' })
  await world.settle()
}

test('runs pods until enough have succeeded, no more than parallelism at a time', async ({ world }) => {
  await world.apply(job, jobOf({ completions: 3, parallelism: 2 }))
  expect(await active(world)).toHaveLength(2)
  expect((await active(world))[0]!.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking'])
  await endAll(world, 'Succeeded')
  expect(await active(world)).toHaveLength(1)
  await endAll(world, 'Succeeded')
  expect(await status(world)).toMatchObject({ succeeded: 3, ready: 0, terminating: 0 })
  expect((await status(world)).completionTime).toBeDefined()
  expect(await conditions(world)).toEqual([
    'SuccessCriteriaMet CompletionsReached: Reached expected number of succeeded pods',
    'Complete CompletionsReached: Reached expected number of succeeded pods',
  ])
  expect((await world.pods()).flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([])
  expect(await world.events(job)).toContain('Completed: Job completed')
  expect(world.errors).toEqual([])
})

test('tries again with doubling delay, and gives up at the limit', async ({ world }) => {
  await world.apply(job, jobOf({ backoffLimit: 2 }))
  await endAll(world, 'Failed')
  expect(await active(world)).toHaveLength(0)
  await world.advance(seconds(10))
  expect(await active(world)).toHaveLength(1)
  await endAll(world, 'Failed')
  await world.advance(seconds(19))
  expect(await active(world)).toHaveLength(0)
  await world.advance(seconds(1))
  await endAll(world, 'Failed')
  expect(await status(world)).toMatchObject({ failed: 3 })
  expect(await conditions(world)).toEqual([
    'FailureTarget BackoffLimitExceeded: Job has reached the specified backoff limit',
    'Failed BackoffLimitExceeded: Job has reached the specified backoff limit',
  ])
})

test('Indexed gives each pod a number, and makes the missing ones anew', async ({ world }) => {
  await world.apply(job, jobOf({ completions: 3, parallelism: 3, completionMode: 'Indexed' }))
  const pods = await active(world)
  expect(pods.map(indexOf).sort()).toEqual([0, 1, 2])
  const second = pods.find(p => indexOf(p) === 1)!
  expect(second.spec.hostname).toBe('work-1')
  expect(second.spec.containers[0]!.env![0]!.name).toBe('JOB_COMPLETION_INDEX')
  await world.setPod(second, 'Failed', false)
  for (const p of pods) if (p !== second) await world.setPod(p, 'Succeeded', false)
  expect((await status(world)).completedIndexes).toBe('0,2')
  await world.advance(seconds(10))
  expect((await active(world)).map(indexOf)).toEqual([1])
  await endAll(world, 'Succeeded')
  expect(await status(world)).toMatchObject({ completedIndexes: '0-2', succeeded: 3, failed: 1 })
})

test('suspends and resumes', async ({ world }) => {
  await world.apply(job, jobOf({ parallelism: 2, completions: 2 }))
  await world.apply(job, jobOf({ parallelism: 2, completions: 2, suspend: true }))
  expect(await world.pods()).toEqual([])
  expect((await status(world)).startTime).toBeUndefined()
  expect(await conditions(world)).toEqual(['Suspended JobSuspended: Job suspended'])
  await world.apply(job, jobOf({ parallelism: 2, completions: 2, suspend: false }))
  expect(await active(world)).toHaveLength(2)
  expect((await status(world)).failed ?? 0).toBe(0)
})

test('fails when its deadline has passed', async ({ world }) => {
  await world.apply(job, jobOf({ activeDeadlineSeconds: 30 }))
  await world.advance(seconds(30))
  expect(await active(world)).toEqual([])
  expect(await conditions(world)).toContain('Failed DeadlineExceeded: Job was active longer than specified deadline')
})

test('follows the pod failure policy', async ({ world }) => {
  const rules = [
    { action: 'Ignore', onExitCodes: { operator: 'In', values: [7] } },
    { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
  ]
  await world.apply(job, jobOf({ backoffLimit: 0, podFailurePolicy: { rules } }))
  await failWith(world, 7)
  expect((await status(world)).failed ?? 0).toBe(0)
  await world.advance(seconds(10))
  await failWith(world, 42)
  expect((await conditions(world)).at(-1)).toMatch(
    /^Failed PodFailurePolicy: Container main for pod default\/work-\w+ failed with exit code 42 matching FailJob rule at index 1$/,
  )
})

test('ends early by its success policy', async ({ world }) => {
  const successPolicy = { rules: [{ succeededIndexes: '0' }] }
  await world.apply(job, jobOf({ completions: 2, parallelism: 2, completionMode: 'Indexed', successPolicy }))
  await world.setPod((await active(world)).find(p => indexOf(p) === 0)!, 'Succeeded', false)
  expect(await status(world)).toMatchObject({ succeeded: 1, completedIndexes: '0' })
  expect(await conditions(world)).toContain('Complete SuccessPolicy: Matched rules at index 0')
})

test('gives up single indexes by their own limit', async ({ world }) => {
  const spec = { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 0 }
  await world.apply(job, jobOf(spec))
  const pods = await active(world)
  await world.setPod(pods.find(p => indexOf(p) === 0)!, 'Failed', false)
  await world.setPod(pods.find(p => indexOf(p) === 1)!, 'Succeeded', false)
  expect(await status(world)).toMatchObject({ failedIndexes: '0', completedIndexes: '1' })
  expect(await conditions(world)).toContain('Failed FailedIndexes: Job has failed indexes')
})

test('FailIndex gives up an index at its first such failure, the others go on', async ({ world }) => {
  const rules = [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [3] } }]
  const indexed = {
    completions: 2,
    parallelism: 2,
    completionMode: 'Indexed',
    backoffLimitPerIndex: 5,
    maxFailedIndexes: 2,
  }
  await world.apply(job, jobOf({ ...indexed, podFailurePolicy: { rules } }))
  await failWith(world, 3)
  const given = (await status(world)).failedIndexes
  expect(['0', '1']).toContain(given)
  await world.advance(seconds(60))
  const left = await active(world)
  expect(left.map(indexOf)).toEqual([given === '0' ? 1 : 0])
  await endAll(world, 'Succeeded')
  expect(await conditions(world)).toContain('Failed FailedIndexes: Job has failed indexes')
})

test('too many failed indexes end the whole Job', async ({ world }) => {
  const spec = {
    completions: 4,
    parallelism: 4,
    completionMode: 'Indexed',
    backoffLimitPerIndex: 0,
    maxFailedIndexes: 1,
  }
  await world.apply(job, jobOf(spec))
  for (const p of (await active(world)).slice(0, 2)) await world.setPod(p, 'Failed', false)
  expect((await conditions(world)).join()).toContain('MaxFailedIndexesExceeded')
  expect(await active(world)).toEqual([])
})

test('a pod is replaced when it is on its way out, or only when it has ended', async ({ world }) => {
  for (const [name, podReplacementPolicy] of [
    ['early', 'TerminatingOrFailed'],
    ['late', 'Failed'],
  ] as const) {
    await world.apply(job, { ...jobOf({ podReplacementPolicy }), metadata: { name } })
    const owned = async () =>
      (await world.pods()).filter(
        ({ metadata }) => metadata.ownerReferences?.[0]?.name === name && !metadata.deletionTimestamp,
      )
    const [first] = await owned()
    await world.setPod(first!, 'Running')
    await world.client.delete(pod, first!)
    await world.settle()
    await world.advance(seconds(20))
    expect(await owned()).toHaveLength(podReplacementPolicy === 'Failed' ? 0 : 1)
    if (podReplacementPolicy === 'Failed') await world.setPod(first!, 'Failed', false)
    await world.advance(seconds(20))
    expect(await owned()).toHaveLength(1)
  }
})

test('leaves Jobs alone that somebody else looks after', async ({ world }) => {
  await world.apply(job, jobOf({ managedBy: 'example.com/mine' }))
  expect(await world.pods()).toEqual([])
})

for (const seed of [1, 2, 3]) {
  test(`counts each pod once, whatever fails meanwhile (seed ${seed})`, async ({ world }) => {
    const random = seededRandom(seed)
    world.fault = () => {
      if (random.next() < 0.1) throw new Error('the network is down')
    }
    await world.apply(job, jobOf({ completions: 12, parallelism: 4, backoffLimit: 100 }))
    const ended = { Succeeded: 0, Failed: 0 }
    for (let round = 0; round < 200 && !(await status(world)).completionTime; round++) {
      for (const p of await active(world)) {
        const dice = random.next()
        if (dice > 0.6) continue
        const phase = dice < 0.4 ? 'Succeeded' : 'Failed'
        await world.setPod(p, phase, false)
        ended[phase]++
      }
      await world.advance(seconds(700))
    }
    const { succeeded, failed = 0 } = await status(world)
    expect({ Succeeded: succeeded, Failed: failed }).toEqual(ended)
    expect(succeeded).toBe(12)
  })
}

test('a pod is let go of, though the attempt meets a conflict', async ({ world }) => {
  let conflicts = 2
  world.fault = ({ verb, kind }) => {
    if (verb === 'patch' && kind.plural === 'pods' && conflicts-- > 0) throw conflict(kind, 'x', 'it has been modified')
  }
  await world.apply(job, jobOf({}))
  await endAll(world, 'Succeeded')
  await world.advance(seconds(1))
  expect((await world.pods())[0]!.metadata.finalizers).toBeUndefined()
  expect((await status(world)).succeeded).toBe(1)

  conflicts = 2
  await world.client.patch(pod, (await world.pods())[0]!.metadata, 'merge', {
    metadata: { finalizers: ['batch.kubernetes.io/job-tracking'] },
  })
  await world.client.delete(job, { namespace: 'default', name: 'work' }, { propagationPolicy: 'Background' })
  await world.settle()
  await world.advance(seconds(1))
  expect((await world.pods())[0]!.metadata.finalizers).toBeUndefined()
})
