import type { Job, JobStatus } from '../../api/batch/job.ts'
import type { Pod } from '../../api/core/pod.ts'
import { isIndexed } from './count.ts'
import { judge } from './failure-policy.ts'
import { parseIndexes } from './indexes.ts'

/** How a Job is to end. */
export interface Verdict {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget'
  readonly reason: string
  readonly message: string
}

const failure = (reason: string, message: string): Verdict => ({ type: 'FailureTarget', reason, message })
const success = (reason: string, message: string): Verdict => ({ type: 'SuccessCriteriaMet', reason, message })

/** Whether a Job is to end now, and why. `failed` are all pods that failed, `running` those that run. */
export function verdictOf(
  job: Job,
  status: JobStatus,
  failed: readonly Pod[],
  running: readonly Pod[],
  now: number,
): Verdict | undefined {
  const earlier = status.conditions?.find(
    c => c.status === 'True' && (c.type === 'SuccessCriteriaMet' || c.type === 'FailureTarget'),
  )
  if (earlier) {
    return { type: earlier.type as Verdict['type'], reason: earlier.reason ?? '', message: earlier.message ?? '' }
  }
  const { spec } = job
  const fatal = failed.map(child => judge(job, child)).find(verdict => verdict?.action === 'FailJob')
  if (fatal) return failure('PodFailurePolicy', fatal.message)
  const policy = successRule(job, status)
  if (policy !== undefined) return success('SuccessPolicy', `Matched rules at index ${policy}`)
  const { succeeded = 0, failed: failures = 0, startTime } = status
  const limit = spec.backoffLimit ?? 6
  if (failures > limit || restartsExceed(job, running, limit)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const deadline = spec.activeDeadlineSeconds
  if (!spec.suspend && deadline !== undefined && startTime && now >= Date.parse(startTime) + deadline * 1000) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  const failedIndexes = parseIndexes(status.failedIndexes).size
  if (spec.maxFailedIndexes !== undefined && failedIndexes > spec.maxFailedIndexes) {
    return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  }
  if (failedIndexes > 0 && failedIndexes + succeeded >= spec.completions!) {
    return failure('FailedIndexes', 'Job has failed indexes')
  }
  const done = spec.completions === undefined ? succeeded > 0 : succeeded >= spec.completions
  if (!done || running.length > 0 || (spec.suspend && spec.completions !== 0)) return undefined
  return success('CompletionsReached', 'Reached expected number of succeeded pods')
}

/** The first rule of the success policy that holds. */
function successRule(job: Job, { completedIndexes }: JobStatus): number | undefined {
  if (!job.spec.successPolicy || !isIndexed(job)) return undefined
  const completed = parseIndexes(completedIndexes)
  const found = job.spec.successPolicy.rules.findIndex(({ succeededIndexes, succeededCount }) => {
    const wanted = succeededIndexes === undefined ? completed : parseIndexes(succeededIndexes)
    const count = [...wanted].filter(index => completed.has(index)).length
    return count >= (succeededCount ?? wanted.size)
  })
  return found < 0 ? undefined : found
}

/** Containers that are restarted within their pods count, too. */
function restartsExceed({ spec }: Job, running: readonly Pod[], limit: number): boolean {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return false
  let restarts = 0
  for (const { status } of running) {
    if (status.phase !== 'Running' && status.phase !== 'Pending') continue
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
      restarts += restartCount
    }
  }
  return limit === 0 ? restarts > 0 : restarts >= limit
}
