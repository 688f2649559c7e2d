import type { StatefulSet, StatefulSetStatus } from '../../api/apps/statefulset.ts'
import type { Pod } from '../../api/core/pod.ts'
import { isReady } from '../shared/pods.ts'
import { revisionNameOf } from './identity.ts'
import { isAvailable, isTerminating } from './plan.ts'

/** What the status says given the pods. When all are of the new revision and ready, that becomes the current one. */
export function statusOf(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: { readonly current: string; readonly update: string; readonly collisionCount: number | undefined },
  now: number,
): StatefulSetStatus {
  const { current, update, collisionCount } = revisions
  const alive = pods.filter(pod => !isTerminating(pod))
  const ready = pods.filter(pod => pod.status.phase === 'Running' && isReady(pod))
  const status = {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter(pod => isAvailable({ set, now }, pod)).length,
    currentReplicas: alive.filter(pod => revisionNameOf(pod) === current).length,
    updatedReplicas: alive.filter(pod => revisionNameOf(pod) === update).length,
    currentRevision: current,
    updateRevision: update,
    collisionCount,
    conditions: set.status.conditions,
  }
  const { replicas, updatedReplicas, readyReplicas } = status
  const done = updatedReplicas === replicas && readyReplicas === replicas && replicas === set.spec.replicas
  if (set.spec.updateStrategy.type !== 'RollingUpdate' || !done) return status
  return { ...status, currentReplicas: updatedReplicas, currentRevision: update }
}
