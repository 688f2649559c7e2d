import type { StatefulSet } from '../../api/apps/statefulset.ts'
import type { Pod } from '../../api/core/pod.ts'
import { scaledValue } from '../../apimachinery/intstr.ts'
import { availableAt, isFinished } from '../shared/pods.ts'
import { firstOrdinal, ordinalOf, revisionNameOf } from './identity.ts'

/** A StatefulSet's pods as one pass sees them. */
export interface View {
  readonly set: StatefulSet
  /** Milliseconds since the epoch. */
  readonly now: number
  /** What there is for each wanted ordinal, from the first. */
  readonly replicas: readonly (Pod | undefined)[]
  /** Pods beyond what is wanted, highest ordinal first. */
  readonly condemned: readonly Pod[]
}

/** One step towards what is wanted. */
export type Step =
  | { readonly do: 'create'; readonly ordinal: number }
  | { readonly do: 'recreate' | 'delete'; readonly pod: Pod }

export function viewOf(set: StatefulSet, pods: readonly Pod[], now: number): View {
  const start = firstOrdinal(set)
  const replicas = new Array<Pod | undefined>(set.spec.replicas).fill(undefined)
  const condemned: Pod[] = []
  for (const pod of pods) {
    const index = ordinalOf(set, pod)! - start
    if (index >= 0 && index < set.spec.replicas) replicas[index] = pod
    else condemned.push(pod)
  }
  condemned.sort((a, b) => ordinalOf(set, b)! - ordinalOf(set, a)!)
  return { set, now, replicas, condemned }
}

export const isTerminating = ({ metadata }: Pod): boolean => !!metadata.deletionTimestamp

export function isAvailable({ set, now }: Pick<View, 'set' | 'now'>, pod: Pod): boolean {
  if (pod.status.phase !== 'Running') return false
  const at = availableAt(pod, set.spec.minReadySeconds ?? 0)
  return at !== undefined && at <= now
}

/** What to do next: missing pods first, then surplus ones, then old ones; one at a time where order matters. */
export function plan(view: View, updateRevision: string): Step[] {
  const { set, replicas, condemned } = view
  const ordered = set.spec.podManagementPolicy === 'OrderedReady'
  const steps: Step[] = []
  for (const [index, pod] of replicas.entries()) {
    if (!pod) steps.push({ do: 'create', ordinal: firstOrdinal(set) + index })
    else if (isFinished(pod)) {
      if (!isTerminating(pod)) steps.push({ do: 'recreate', pod })
      else if (!ordered) continue
    } else if (!isTerminating(pod) && isAvailable(view, pod)) continue
    if (ordered) return steps
  }
  const isHealthy = (pod: Pod) => !isTerminating(pod) && isAvailable(view, pod)
  const firstUnhealthy = condemned.findLast(pod => !isHealthy(pod))
  for (const pod of condemned) {
    if (!isTerminating(pod) && (!ordered || isAvailable(view, pod) || pod === firstUnhealthy)) {
      steps.push({ do: 'delete', pod })
    }
    if (ordered) return steps
  }
  if (set.spec.updateStrategy.type === 'OnDelete' || steps.length > 0) return steps
  return outdated(view, updateRevision).map(pod => ({ do: 'delete', pod }))
}

/** Old pods to delete now, from the highest ordinal down to the partition. One that is not available costs nothing. */
function outdated(view: View, updateRevision: string): Pod[] {
  const { set, replicas } = view
  const { partition = 0, maxUnavailable = 1 } = set.spec.updateStrategy.rollingUpdate ?? {}
  const isServing = (pod: Pod | undefined) => !!pod && !isTerminating(pod) && isAvailable(view, pod)
  const limit = Math.max(1, scaledValue(maxUnavailable, set.spec.replicas, 'down'))
  let left = limit - replicas.filter(pod => !isServing(pod)).length
  const doomed: Pod[] = []
  for (let index = replicas.length - 1; index >= partition; index--) {
    const pod = replicas[index]
    if (!pod || isTerminating(pod) || revisionNameOf(pod) === updateRevision) continue
    if (isServing(pod) && left-- <= 0) break
    doomed.push(pod)
  }
  return doomed
}

/** Whether a new pod of this ordinal is of the old revision: below the partition. */
export function needsCurrentRevision({ spec }: StatefulSet, index: number): boolean {
  return spec.updateStrategy.type === 'RollingUpdate' && index < (spec.updateStrategy.rollingUpdate?.partition ?? 0)
}
