import { humanDuration } from '../../apimachinery/duration.ts'
import type { Job } from './job.ts'

const has = ({ status }: Job, type: string) =>
  status.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false

/** What a Job is doing, in one word. */
export function stateOf(job: Job): string {
  if (has(job, 'Complete')) return 'Complete'
  if (has(job, 'Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp) return 'Terminating'
  return ['Suspended', 'FailureTarget'].find(type => has(job, type)) ?? 'Running'
}

/** How often pods have succeeded, of how often they should. */
export function completionsOf({ spec, status }: Job): string {
  const done = status.succeeded ?? 0
  if (spec.completions !== undefined) return `${done}/${spec.completions}`
  const parallelism = spec.parallelism ?? 0
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`
}

/** How long a Job has taken, or takes so far. */
export function durationOf({ status }: Job, now: number): string {
  if (!status.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : now
  return humanDuration(end - Date.parse(status.startTime))
}
