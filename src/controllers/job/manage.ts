import type { Job, JobStatus } from '../../api/batch/job.ts'
import { type Pod, pod } from '../../api/core/pod.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { isActive } from '../shared/pods.ts'
import { isNamespaceTerminating, messageOf } from '../shared/replicas.ts'
import { slowStart } from '../shared/slow-start.ts'
import { victims } from '../shared/victims.ts'
import { isIndexed, untrack } from './count.ts'
import { failuresOfIndex } from './indexed-failures.ts'
import { parseIndexes } from './indexes.ts'
import { endOf, indexOf, jobPod } from './job-pod.ts'

/** After the first failure in a row, and at most (upstream DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff). */
const BACKOFF_MS = 10_000
const BACKOFF_LIMIT_MS = 600_000
/** At most so many pods are created in one go. */
const BURST = 500

const delayAfter = (failures: number) =>
  failures === 0 ? 0 : Math.min(BACKOFF_MS * 2 ** Math.min(failures - 1, 20), BACKOFF_LIMIT_MS)

/** Brings the number of running pods to what the Job wants. Answers in how many ms to try again; undefined if not by time. */
export async function manage(
  job: Job,
  status: JobStatus,
  pods: readonly Pod[],
  context: ReconcileContext,
): Promise<number | undefined> {
  const { spec } = job
  const now = context.clock.now()
  const active = pods.filter(isActive)
  const { succeeded = 0 } = status
  const parallelism = spec.parallelism ?? 1
  const completions = spec.completions ?? Number.POSITIVE_INFINITY
  const wanted =
    spec.completions === undefined && succeeded > 0
      ? active.length
      : Math.max(0, Math.min(completions - succeeded, parallelism))
  const doubles = isIndexed(job) ? duplicates(job, status, active) : []
  const others = active.filter(child => !doubles.includes(child))
  const surplus = Math.max(0, others.length - wanted)
  const doomed = [...doubles, ...(surplus > 0 ? victims(others, others, surplus, now) : [])]
  if (doomed.length > 0) {
    await stop(job, doomed, context)
    return undefined
  }
  const terminating = pods.filter(
    ({ metadata, status: { phase } }) => metadata.deletionTimestamp && phase !== 'Failed' && phase !== 'Succeeded',
  )
  const held = spec.podReplacementPolicy === 'Failed' ? terminating : []
  const missing = Math.min(wanted - active.length - held.length, BURST)
  if (missing <= 0) return undefined
  const failed = pods.filter(
    child =>
      child.status.phase === 'Failed' || (child.metadata.deletionTimestamp && child.status.phase !== 'Succeeded'),
  )
  const perIndex = spec.backoffLimitPerIndex !== undefined
  const wait = perIndex ? 0 : delayAfter(failuresInRow(pods, failed)) + Math.max(0, ...failed.map(endOf)) - now
  if (failed.length > 0 && wait > 0) return wait
  if (!isIndexed(job)) {
    await create(job, new Array<undefined>(missing).fill(undefined), failed, context)
    return undefined
  }
  const taken = new Set([...active, ...held].map(indexOf))
  const { ready, waitMs } = pendingIndexes(job, status, taken, failed, missing, now)
  await create(job, ready, failed, context)
  return waitMs
}

/** Failures since the last success. */
function failuresInRow(pods: readonly Pod[], failed: readonly Pod[]): number {
  const success = Math.max(-1, ...pods.filter(({ status }) => status.phase === 'Succeeded').map(endOf))
  return failed.filter(child => endOf(child) > success).length
}

/** Pods whose index is done, given up, out of range, or taken by another. */
function duplicates({ spec }: Job, status: JobStatus, active: readonly Pod[]): Pod[] {
  const taken = new Set([...parseIndexes(status.completedIndexes), ...parseIndexes(status.failedIndexes)])
  return active.filter(child => {
    const index = indexOf(child)
    if (index === undefined || index >= spec.completions! || taken.has(index)) return true
    taken.add(index)
    return false
  })
}

/** The lowest indexes that want a pod, and when the next that has to wait may have one. */
function pendingIndexes(
  job: Job,
  status: JobStatus,
  taken: ReadonlySet<number | undefined>,
  failed: readonly Pod[],
  count: number,
  now: number,
) {
  const over = new Set([...parseIndexes(status.completedIndexes), ...parseIndexes(status.failedIndexes)])
  const perIndex = job.spec.backoffLimitPerIndex !== undefined
  const ready: number[] = []
  let waitMs: number | undefined
  for (let index = 0; index < job.spec.completions! && ready.length < count; index++) {
    if (taken.has(index) || over.has(index)) continue
    const before = perIndex ? failed.filter(child => indexOf(child) === index) : []
    const left =
      before.length === 0 ? 0 : Math.max(...before.map(endOf)) + delayAfter(failuresOfIndex(job, index, failed)) - now
    if (left <= 0) ready.push(index)
    else waitMs = Math.min(waitMs ?? left, left)
  }
  return { ready, waitMs }
}

async function create(
  job: Job,
  indexes: readonly (number | undefined)[],
  failed: readonly Pod[],
  { client, events }: ReconcileContext,
): Promise<void> {
  const left = [...indexes].reverse()
  const { error } = await slowStart(indexes.length, async () => {
    const index = left.pop()
    const failures = index === undefined ? 0 : failuresOfIndex(job, index, failed)
    try {
      const created = await client.create(pod, jobPod(job, index, failures))
      events.normal(job, 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      events.warning(job, 'FailedCreate', `Error creating: ${messageOf(error)}`)
      throw error
    }
  })
  if (error !== undefined) throw error
}

/** Deletes pods of which the Job wants to hear no more. */
export async function stop(job: Job, doomed: readonly Pod[], context: ReconcileContext): Promise<void> {
  for (const child of doomed) await untrack(child, context)
  await remove(job, doomed, context)
}

/** Deletes pods that are still to be counted. */
export async function remove(job: Job, doomed: readonly Pod[], { client, events }: ReconcileContext): Promise<void> {
  for (const { metadata } of doomed) {
    try {
      await client.delete(pod, { metadata: { namespace: metadata.namespace, name: metadata.name, uid: metadata.uid } })
      events.normal(job, 'SuccessfulDelete', `Deleted pod: ${metadata.name}`)
    } catch (error) {
      if (isReason(error, 'NotFound')) continue
      events.warning(job, 'FailedDelete', `Error deleting: ${messageOf(error)}`)
      throw error
    }
  }
}
