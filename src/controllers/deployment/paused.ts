import type { Deployment } from '../../api/apps/deployment.ts'
import { condition, findCondition, hasProgressDeadline, withCondition } from './conditions.ts'

/** The Deployment with a Progressing condition that says it was paused or resumed, so that its deadline stands still. */
export function withPauseCondition(d: Deployment, now: number): Deployment {
  if (!hasProgressDeadline(d)) return d
  const current = findCondition(d.status, 'Progressing')
  if (current?.reason === 'ProgressDeadlineExceeded') return d
  const known = current?.reason === 'DeploymentPaused'
  if (!!d.spec.paused === known) return d
  const fresh = d.spec.paused
    ? condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now)
    : condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now)
  return { ...d, status: { ...d.status, conditions: withCondition(d.status.conditions ?? [], fresh) } }
}
