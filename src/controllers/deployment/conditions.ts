import type { Deployment, DeploymentCondition, DeploymentStatus } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replicaset.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { maxUnavailable, sum } from './bounds.ts'

type Conditions = readonly DeploymentCondition[]
const NEVER = 2147483647

export const hasProgressDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NEVER

export const findCondition = (status: Pick<DeploymentStatus, 'conditions'>, type: string) =>
  status.conditions?.find(c => c.type === type)

export function condition(
  type: string,
  status: string,
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  const time = rfc3339(now)
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message }
}

/** Puts a condition in its place, unless it says nothing new. */
export function withCondition(conditions: Conditions, fresh: DeploymentCondition): DeploymentCondition[] {
  const known = conditions.find(c => c.type === fresh.type)
  if (known?.status === fresh.status && known.reason === fresh.reason) return [...conditions]
  const lastTransitionTime = known?.status === fresh.status ? known.lastTransitionTime : fresh.lastTransitionTime
  return [...withoutCondition(conditions, fresh.type), { ...fresh, lastTransitionTime }]
}

export const withoutCondition = (conditions: Conditions, type: string): DeploymentCondition[] =>
  conditions.filter(c => c.type !== type)

/** The numbers of a Deployment's status, and its Available condition. */
export function statusOf(
  d: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const replicas = sum(all, ({ status }) => status.replicas)
  const availableReplicas = sum(all, ({ status }) => status.availableReplicas ?? 0)
  const available =
    availableReplicas >= d.spec.replicas - maxUnavailable(d)
      ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
      : condition(
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
          now,
        )
  return {
    observedGeneration: d.metadata.generation,
    replicas,
    updatedReplicas: newSet?.status.replicas ?? 0,
    readyReplicas: sum(all, ({ status }) => status.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(all, ({ status }) => status.replicas) - availableReplicas),
    terminatingReplicas: sum(all, ({ status }) => status.terminatingReplicas ?? 0),
    collisionCount: d.status.collisionCount,
    conditions: withCondition(d.status.conditions ?? [], available),
  }
}

/** Every wanted pod is there, new and available, and nothing old is left. */
export const isComplete = ({ spec, metadata }: Deployment, status: DeploymentStatus): boolean =>
  status.updatedReplicas === spec.replicas &&
  status.replicas === spec.replicas &&
  status.availableReplicas === spec.replicas &&
  (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)

/** More new, fewer old, more ready or more available pods than at the last look. */
function isProgressing({ status: old }: Deployment, status: DeploymentStatus): boolean {
  const outdated = (s: DeploymentStatus) => (s.replicas ?? 0) - (s.updatedReplicas ?? 0)
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    outdated(status) < outdated(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  )
}

/** When, in ms since the epoch, a Deployment without progress counts as stuck; undefined when it is done, or stuck already. */
export function deadlineAt(d: Deployment, status: DeploymentStatus): number | undefined {
  const progress = findCondition(status, 'Progressing')
  if (!hasProgressDeadline(d) || !progress?.lastUpdateTime) return undefined
  if (progress.reason === 'NewReplicaSetAvailable' || progress.reason === 'ProgressDeadlineExceeded') return undefined
  return Date.parse(progress.lastUpdateTime) + d.spec.progressDeadlineSeconds * 1000
}

/** The status of a rollout: numbers, how far it is, and whether ReplicaSets fail to make pods. */
export function rolloutStatus(
  d: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = statusOf(d, all, newSet, now)
  const conditions = withProgress(d, status, newSet, now)
  const failure = replicaFailure(all, newSet)
  return {
    ...status,
    conditions: failure ? withCondition(conditions, failure) : withoutCondition(conditions, 'ReplicaFailure'),
  }
}

function withProgress(
  d: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentCondition[] {
  const conditions = status.conditions ?? []
  if (!hasProgressDeadline(d)) return withoutCondition(conditions, 'Progressing')
  const current = findCondition(d.status, 'Progressing')
  if (status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable') return [...conditions]
  const subject = newSet
    ? `ReplicaSet ${JSON.stringify(newSet.metadata.name)}`
    : `Deployment ${JSON.stringify(d.metadata.name)}`
  if (isComplete(d, status)) {
    const message = `${subject} has successfully progressed.`
    return withCondition(conditions, condition('Progressing', 'True', 'NewReplicaSetAvailable', message, now))
  }
  if (isProgressing(d, status)) {
    const fresh = condition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now)
    const since = current?.status === 'True' ? current.lastTransitionTime : fresh.lastTransitionTime
    return [...withoutCondition(conditions, 'Progressing'), { ...fresh, lastTransitionTime: since }]
  }
  const deadline = deadlineAt(d, status)
  if (deadline === undefined || now <= deadline) return [...conditions]
  const message = `${subject} has timed out progressing.`
  return withCondition(conditions, condition('Progressing', 'False', 'ProgressDeadlineExceeded', message, now))
}

function replicaFailure(all: readonly ReplicaSet[], newSet: ReplicaSet | undefined): DeploymentCondition | undefined {
  const of = (set: ReplicaSet | undefined) => set?.status.conditions?.find(c => c.type === 'ReplicaFailure')
  const found = of(newSet) ?? all.map(of).find(c => c !== undefined)
  return found && { ...found, lastUpdateTime: found.lastTransitionTime }
}
