import type { Job } from '../../api/batch/job.ts'
import type { Pod } from '../../api/core/pod.ts'
import { judge } from './failure-policy.ts'
import { failuresBefore, indexOf } from './job-pod.ts'

/** How often pods of an index failed. */
export function failuresOfIndex(job: Job, index: number, failed: readonly Pod[]): number {
  const counts = failed
    .filter(child => indexOf(child) === index)
    .map(child => failuresBefore(child) + (judge(job, child)?.action === 'Ignore' ? 0 : 1))
  return Math.max(0, ...counts)
}

/** Indexes that failed more often than each may, or that the failure policy gives up; those known already among them. */
export function failedIndexesOf(
  job: Job,
  failed: readonly Pod[],
  known: ReadonlySet<number>,
  completed: ReadonlySet<number>,
): Set<number> {
  const limit = job.spec.backoffLimitPerIndex
  const indexes = new Set(known)
  if (limit === undefined) return indexes
  for (const child of failed) {
    const index = indexOf(child)
    if (index === undefined || completed.has(index) || index >= job.spec.completions!) continue
    const over = failuresOfIndex(job, index, failed) > limit
    if (over || judge(job, child)?.action === 'FailIndex') indexes.add(index)
  }
  return indexes
}
