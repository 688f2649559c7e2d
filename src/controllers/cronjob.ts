import { type CronJob, cronJob } from '../api/batch/cronjob.ts'
import { type Job, job } from '../api/batch/job.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, controller, type ReconcileContext } from '../client/controller.ts'
import { type Next, parseSchedule } from './cronjob/schedule.ts'
import { childrenOf, indexByController } from './shared/claim.ts'
import { failButLook } from './shared/fail-but-look.ts'
import { controllerReference } from './shared/pods.ts'
import { isNamespaceTerminating, messageOf } from './shared/replicas.ts'
import { sameStored } from './shared/same.ts'

const TOO_MANY = 100
const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

/** Starts Jobs by a schedule (upstream pkg/controller/cronjob). */
export const cronJobController = controller({
  name: 'cronjob',
  for: cronJob,
  owns: [job as unknown as Kind],
  writes: [
    { kind: job as unknown as Kind, verbs: ['create', 'delete'] },
    { kind: cronJob as unknown as Kind, subresource: 'status', verbs: ['update'] },
  ],
  setup: context => indexByController(context, job),

  async reconcile(cron: CronJob, context): Promise<Again | undefined> {
    tellOfJobs(cron, context)
    if (cron.metadata.deletionTimestamp) return undefined
    await clean(cron, context)
    const started = await start(cron, context)
    const jobs = childrenOf(context, job, cron)
    const active = jobs.filter(j => !ended(j)).sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
    const successes = jobs.filter(j => ended(j) === 'Complete').map(j => j.status.completionTime ?? '')
    const last = [cron.status.lastSuccessfulTime ?? '', ...successes].sort().at(-1)
    const status = {
      ...cron.status,
      active: active.map(({ apiVersion, kind, metadata: { namespace, name, uid, resourceVersion } }) => {
        const known = cron.status.active?.find(r => r.uid === uid)
        return known ?? { apiVersion, kind, namespace, name, uid, resourceVersion }
      }),
      ...(started.at !== undefined && { lastScheduleTime: rfc3339(started.at) }),
      ...(last && { lastSuccessfulTime: last }),
    }
    if (!sameStored(status, cron.status)) await context.client.updateStatus(cronJob, { ...cron, status })
    if (started.failure !== undefined) failButLook(started.failure, cron, started.waitMs, context)
    return again(started.waitMs)
  },
})

const ended = ({ status }: Job): string | undefined =>
  status.conditions?.find(c => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True')?.type

/** Tells what has become of the Jobs that ran, and of Jobs that somebody else made in the name of the CronJob. */
function tellOfJobs(cron: CronJob, context: ReconcileContext): void {
  const { events } = context
  const jobs = new Map(childrenOf(context, job, cron).map(child => [child.metadata.uid!, child]))
  for (const { uid, name } of cron.status.active ?? []) {
    const child = jobs.get(uid!)
    if (!child) events.normal(cron, 'MissingJob', `Active job went missing: ${name}`)
    else if (ended(child)) {
      events.normal(cron, 'SawCompletedJob', `Saw completed job: ${name}, condition: ${ended(child)}`)
    }
  }
  for (const child of jobs.values()) {
    const known = cron.status.active?.some(({ uid }) => uid === child.metadata.uid)
    if (known || ended(child) || child.metadata.annotations?.[SCHEDULED_AT]) continue
    const message = `Saw a job that the controller did not create or forgot: ${child.metadata.name}`
    events.warning(cron, 'UnexpectedJob', message)
  }
}

/** The schedule, read; undefined, with the reason told, where it makes no sense. */
function scheduleOf(cron: CronJob, { events }: ReconcileContext): Next | undefined {
  const { schedule, timeZone } = cron.spec
  try {
    return parseSchedule(schedule, timeZone)
  } catch (error) {
    const message = messageOf(error)
    if (error instanceof RangeError) {
      events.warning(cron, 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: ${message}`)
    } else {
      events.warning(cron, 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(schedule)} : ${message}`)
    }
    return undefined
  }
}

interface Started {
  /** When the Job was due, in ms since the epoch. */
  readonly at?: number
  /** Until the next is due. */
  readonly waitMs?: number
  /** Why it could not be started. */
  readonly failure?: unknown
}

/** Starts the Job that is due; of several that were missed, the last. */
async function start(cron: CronJob, context: ReconcileContext): Promise<Started> {
  const { clock, events, client } = context
  const { spec, status, metadata } = cron
  if (spec.suspend) return {}
  const now = clock.now()
  const next = scheduleOf(cron, context)
  if (!next) return {}
  const following = next(now)
  const waitMs = following === undefined ? undefined : following - now
  let earliest = Date.parse(status.lastScheduleTime ?? metadata.creationTimestamp!)
  const grace = spec.startingDeadlineSeconds === undefined ? undefined : spec.startingDeadlineSeconds * 1000
  if (grace !== undefined) earliest = Math.max(earliest, now - grace)
  let due: number | undefined
  let missed = 0
  for (let time = next(earliest); time !== undefined && time <= now; time = next(time)) {
    due = time
    if (++missed > TOO_MANY) break
  }
  // With that many the last one is looked for from the end.
  for (let span = 60_000; missed > TOO_MANY; span *= 2) {
    let time = next(now - span)
    if (time === undefined || time > now) continue
    for (; time !== undefined && time <= now; time = next(time)) due = time
    break
  }
  if (missed > TOO_MANY) {
    const advice = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew'
    events.warning(cron, 'TooManyMissedTimes', `too many missed start times. ${advice}`)
  }
  if (due === undefined) return { waitMs }
  const active = childrenOf(context, job, cron).filter(j => !ended(j))
  if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    events.normal(
      cron,
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    )
    return { waitMs }
  }
  if (spec.concurrencyPolicy === 'Replace') for (const old of active) await remove(cron, old, context)
  const { labels, annotations } = spec.jobTemplate.metadata
  const name = `${metadata.name}-${Math.floor(due / 60_000)}`
  try {
    await client.create(job, {
      metadata: {
        name,
        namespace: metadata.namespace,
        labels,
        annotations: { ...annotations, [SCHEDULED_AT]: rfc3339(due) },
        ownerReferences: [controllerReference(cron)],
      },
      spec: spec.jobTemplate.spec,
    })
    events.normal(cron, 'SuccessfulCreate', `Created job ${name}`)
  } catch (error) {
    if (isNamespaceTerminating(error)) return {}
    if (!isReason(error, 'AlreadyExists')) {
      events.warning(cron, 'FailedCreate', `Error creating job: ${messageOf(error)}`)
      return { failure: error, waitMs }
    }
  }
  return { at: due, waitMs }
}

/** Deletes the oldest Jobs that have ended, beyond the history limits. */
async function clean(cron: CronJob, context: ReconcileContext): Promise<void> {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cron.spec
  const limits = { Complete: successfulJobsHistoryLimit, Failed: failedJobsHistoryLimit }
  const begun = ({ status }: Job) => Date.parse(status.startTime ?? '') || 0
  for (const [type, limit] of Object.entries(limits)) {
    const done = childrenOf(context, job, cron).filter(j => ended(j) === type && !j.metadata.deletionTimestamp)
    done.sort((a, b) => begun(a) - begun(b))
    for (const old of done.slice(0, Math.max(0, done.length - limit))) await remove(cron, old, context)
  }
}

async function remove(cron: CronJob, { metadata }: Job, { client, events }: ReconcileContext): Promise<void> {
  try {
    await client.delete(job, { metadata }, { propagationPolicy: 'Background' })
    events.normal(cron, 'SuccessfulDelete', `Deleted job ${metadata.name}`)
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
}
