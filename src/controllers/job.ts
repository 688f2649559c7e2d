import { type Job, type JobStatus, job } from '../api/batch/job.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { selectorOf } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, controller, type ReconcileContext, watching } from '../client/controller.ts'
import { countEnded, hasFailed, isIndexed, untrack } from './job/count.ts'
import { failedIndexesOf } from './job/indexed-failures.ts'
import { formatIndexes, parseIndexes } from './job/indexes.ts'
import { isTracked } from './job/job-pod.ts'
import { manage, remove, stop } from './job/manage.ts'
import { type Verdict, verdictOf } from './job/verdict.ts'
import { childrenOf, claim, indexByController, ownersOfOrphan } from './shared/claim.ts'
import { failButLook } from './shared/fail-but-look.ts'
import { isActive, isFinished, isReady } from './shared/pods.ts'
import { sameStored } from './shared/same.ts'

const BY_JOB_NAME = 'job-name'
const CONTROLLER = 'kubernetes.io/job-controller'

/** Runs pods until enough of them have succeeded (upstream pkg/controller/job). */
export const jobController = controller({
  name: 'job',
  for: job,
  owns: [pod as unknown as Kind],
  watches: [
    watching(pod, (object: Pod | undefined, _previous, context) =>
      ownersOfOrphan(job, object, context, ({ spec }) => selectorOf(spec.selector)),
    ),
  ],
  writes: [
    { kind: pod as unknown as Kind, verbs: ['create', 'delete', 'patch'] },
    { kind: job as unknown as Kind, subresource: 'status', verbs: ['update'] },
  ],

  setup(context) {
    indexByController(context, pod)
    context.informer(pod).addIndex(BY_JOB_NAME, ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(r => r.controller && r.kind === 'Job')
      return owner ? [`${metadata.namespace}/${owner.name}`] : []
    })
  },

  deleted: (key, context) => release(key, undefined, context),

  async reconcile(j: Job, context): Promise<Again | undefined> {
    const { managedBy = CONTROLLER } = j.spec
    if (managedBy !== CONTROLLER) return undefined
    const { metadata } = j
    await release(`${metadata.namespace}/${metadata.name}`, metadata.uid, context)
    if (isOver(j.status) || metadata.deletionTimestamp) {
      for (const child of childrenOf(context, pod, j)) if (isTracked(child)) await untrack(child, context)
      return undefined
    }
    await claim(context, pod, j, job as unknown as Kind, selectorOf(j.spec.selector))
    return sync(j, context)
  },
})

const isOver = ({ conditions }: JobStatus): boolean =>
  conditions?.some(c => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True') ?? false

/** Lets go of pods whose Job is gone. */
async function release(key: string, uid: string | undefined, context: ReconcileContext): Promise<void> {
  for (const child of context.informer(pod).byIndex(BY_JOB_NAME, key)) {
    const owner = child.metadata.ownerReferences?.find(r => r.controller)
    if (owner?.uid !== uid && isTracked(child)) await untrack(child, context)
  }
}

async function sync(j: Job, context: ReconcileContext): Promise<Again | undefined> {
  const { clock, client } = context
  const pods = () => childrenOf(context, pod, j)
  const counted = await countEnded(j, pods(), context)
  const now = clock.now()
  const status = started(counted, now, context)
  const failed = pods().filter(child => hasFailed(j, child))
  if (isIndexed(j)) {
    const completed = parseIndexes(status.completedIndexes)
    status.succeeded = completed.size
    const failedIndexes = failedIndexesOf(j, failed, parseIndexes(status.failedIndexes), completed)
    if (j.spec.backoffLimitPerIndex !== undefined) status.failedIndexes = formatIndexes(failedIndexes)
  }
  const verdict = verdictOf(j, status, failed, pods().filter(isActive), now)
  let wait: number | undefined
  let failure: unknown
  try {
    if (verdict) await remove(j, pods().filter(isActive), context)
    else if (j.spec.suspend) await stop(j, pods().filter(isActive), context)
    else wait = await manage(j, status, pods(), context)
  } catch (error) {
    failure = error
  }
  const next = finish(j, withCounts(status, pods()), verdict, pods(), now, context)
  if (!sameStored(next, counted.status) || !sameStored(next, j.status)) {
    await client.updateStatus(job, { ...counted, status: next })
  }
  const { activeDeadlineSeconds } = j.spec
  const deadline =
    !verdict && activeDeadlineSeconds !== undefined && next.startTime
      ? Date.parse(next.startTime) + activeDeadlineSeconds * 1000 - now
      : undefined
  const due = [wait, deadline].filter(ms => ms !== undefined)
  const soonest = due.length > 0 ? Math.max(0, Math.min(...due)) : undefined
  if (failure !== undefined) failButLook(failure, j, soonest, context)
  return again(soonest)
}

function withCounts(status: JobStatus, pods: readonly Pod[]): JobStatus {
  const active = pods.filter(isActive)
  const terminating = pods.filter(child => child.metadata.deletionTimestamp && !isFinished(child))
  return { ...status, active: active.length, ready: active.filter(isReady).length, terminating: terminating.length }
}

/** Notes when the Job began, and whether it is suspended. */
function started({ spec, status, ...rest }: Job, now: number, { events }: ReconcileContext): JobStatus {
  const next = { ...status }
  const known = status.conditions?.find(c => c.type === 'Suspended')
  const involved = { spec, status, ...rest }
  if (spec.suspend) {
    if (known?.status !== 'True') {
      next.conditions = withCondition(status, 'Suspended', 'True', 'JobSuspended', 'Job suspended', now)
      events.normal(involved, 'Suspended', 'Job suspended')
    }
    delete next.startTime
    return next
  }
  if (known?.status === 'True') {
    next.conditions = withCondition(status, 'Suspended', 'False', 'JobResumed', 'Job resumed', now)
    events.normal(involved, 'Resumed', 'Job resumed')
  }
  next.startTime ??= rfc3339(now)
  return next
}

function withCondition(status: JobStatus, type: string, value: string, reason: string, message: string, now: number) {
  const time = rfc3339(now)
  const others = status.conditions?.filter(c => c.type !== type) ?? []
  return [...others, { type, status: value, reason, message, lastProbeTime: time, lastTransitionTime: time }]
}

/** Writes down how the Job ends; it is over once nothing of it runs and all is counted. */
function finish(
  j: Job,
  status: JobStatus,
  verdict: Verdict | undefined,
  pods: readonly Pod[],
  now: number,
  { events }: ReconcileContext,
): JobStatus {
  if (!verdict) return status
  const { type, reason, message } = verdict
  const known = status.conditions?.some(c => c.type === type && c.status === 'True')
  const noted = known ? status : { ...status, conditions: withCondition(status, type, 'True', reason, message, now) }
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const busy = pods.some(child => isTracked(child) || !isFinished(child))
  if (busy || succeeded.length > 0 || failed.length > 0) return noted
  if (type === 'FailureTarget') {
    events.warning(j, reason, message)
    return { ...noted, conditions: withCondition(noted, 'Failed', 'True', reason, message, now) }
  }
  events.normal(j, 'Completed', 'Job completed')
  const conditions = withCondition(noted, 'Complete', 'True', reason, message, now)
  return { ...noted, conditions, completionTime: rfc3339(now) }
}
