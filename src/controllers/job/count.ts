import { type Job, type JobStatus, job as jobKind } from '../../api/batch/job.ts'
import { type Pod, pod } from '../../api/core/pod.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { sameStored } from '../shared/same.ts'
import { judge } from './failure-policy.ts'
import { formatIndexes, parseIndexes } from './indexes.ts'
import { indexOf, isTracked, TRACKING } from './job-pod.ts'

/** At most so many pods wait to be counted at a time. */
const MAX_UNCOUNTED = 500

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed'

/** A pod that counts as failed. One that is being deleted does so too, unless only failed pods are replaced. */
export const hasFailed = ({ spec }: Job, { metadata, status }: Pod): boolean =>
  status.phase === 'Failed' ||
  (spec.podReplacementPolicy !== 'Failed' && !!metadata.deletionTimestamp && status.phase !== 'Succeeded')

/** Takes the finalizer off a pod. */
export async function untrack({ metadata }: Pod, { client }: ReconcileContext): Promise<void> {
  const patch = { metadata: { uid: metadata.uid, '$deleteFromPrimitiveList/finalizers': [TRACKING] } }
  try {
    await client.patch(pod, metadata, 'strategic', patch)
  } catch (error) {
    // Another pod of that name has nothing to do with it; any other conflict has to be tried again.
    if (!isReason(error, 'NotFound', 'Invalid')) throw error
  }
}

/**
 * Counts pods that have ended, each once whatever fails meanwhile: its UID is written down first, then its finalizer is taken
 * off, then the number goes up as the UID goes (KEP-2307). Answers the Job with its new numbers, which the caller writes.
 */
export async function countEnded(job: Job, pods: readonly Pod[], context: ReconcileContext): Promise<Job> {
  const settled = settle(job.status, new Map(pods.map(child => [child.metadata.uid!, child])))
  const { uncountedTerminatedPods: waiting = {} } = settled
  const succeeded = new Set(waiting.succeeded)
  const failed = new Set(waiting.failed)
  const completed = parseIndexes(settled.completedIndexes)
  const done: Pod[] = []
  /** What is stopped because enough is done has not failed. */
  const hasSucceeded = settled.conditions?.some(c => c.type === 'SuccessCriteriaMet' && c.status === 'True')
  for (const child of pods) {
    const { uid = '' } = child.metadata
    if (!isTracked(child) || done.length >= MAX_UNCOUNTED) continue
    const index = indexOf(child)
    if (child.status.phase === 'Succeeded') {
      if (!isIndexed(job)) succeeded.add(uid)
      else if (index !== undefined && index < job.spec.completions!) completed.add(index)
    } else if (!hasFailed(job, child)) continue
    else if ((child.status.phase === 'Failed' || !hasSucceeded) && judge(job, child)?.action !== 'Ignore')
      failed.add(uid)
    done.push(child)
  }
  if (done.length === 0) return { ...job, status: settled }
  const noted: JobStatus = {
    ...settled,
    uncountedTerminatedPods: { succeeded: [...succeeded], failed: [...failed] },
    ...(isIndexed(job) && { completedIndexes: formatIndexes(completed), succeeded: completed.size }),
  }
  let current: Job = { ...job, status: noted }
  if (!sameStored(noted, job.status)) current = await context.client.updateStatus(jobKind, current)
  await Promise.all(done.map(child => untrack(child, context)))
  const left = new Map(
    done.map(child => [
      child.metadata.uid!,
      context.informer(pod).get(`${child.metadata.namespace}/${child.metadata.name}`),
    ]),
  )
  return { ...current, status: settle(current.status, left) }
}

/** Counts the pods written down whose finalizer is gone. */
function settle(status: JobStatus, pods: ReadonlyMap<string, Pod | undefined>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const isHeld = (uid: string) => {
    const child = pods.get(uid)
    return child?.metadata.uid === uid && isTracked(child)
  }
  const held = { succeeded: succeeded.filter(isHeld), failed: failed.filter(isHeld) }
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - held.succeeded.length,
    failed: (status.failed ?? 0) + failed.length - held.failed.length,
    uncountedTerminatedPods: held,
  }
}
