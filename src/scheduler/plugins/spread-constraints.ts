import type { Node } from '../../api/core/node.ts'
import { compileRequired } from '../../api/core/node-selector.ts'
import type { TopologySpreadConstraint } from '../../api/core/pod/scheduling.ts'
import type { Pod } from '../../api/core/pod.ts'
import { untolerated } from '../../api/core/tolerates.ts'
import type { PodTopologySpreadArgs } from '../config/args.ts'
import type { PodInfo } from '../pod-info.ts'
import { idOf, selectorFor } from '../pod-terms.ts'
import type { PodSort } from '../tallies.ts'

/** A topology spread constraint of a pod, ready to be counted and asked. */
export interface Constraint {
  readonly key: string
  readonly maxSkew: number
  readonly minDomains: number
  /** 1 when the pod itself counts. */
  readonly self: 0 | 1
  /** Which pods count, and on which nodes. */
  readonly sort: Required<PodSort>
}

export type Constraints = {
  readonly DoNotSchedule: readonly Constraint[]
  readonly ScheduleAnyway: readonly Constraint[]
}

const HARD = ['NoSchedule', 'NoExecute']

/** A pod's constraints, or where it has none those that the arguments give to all pods of one owner. */
export function constraintsOf(info: PodInfo, { defaultConstraints = [] }: PodTopologySpreadArgs): Constraints {
  const own = info.pod.spec.topologySpreadConstraints ?? []
  const all = own.length > 0 ? own : info.ownerUid ? defaultConstraints : []
  const compiled = (whenUnsatisfiable: string) => {
    const some = all.filter(constraint => constraint.whenUnsatisfiable === whenUnsatisfiable)
    const keys = some.map(({ topologyKey }) => topologyKey)
    return some.map(constraint => compile(constraint, keys, info, own.length === 0))
  }
  return { DoNotSchedule: compiled('DoNotSchedule'), ScheduleAnyway: compiled('ScheduleAnyway') }
}

function compile(
  constraint: TopologySpreadConstraint,
  keys: readonly string[],
  { pod, ownerUid }: PodInfo,
  byOwner: boolean,
): Constraint {
  const { metadata, spec } = pod
  const { topologyKey, maxSkew, minDomains = 1, labelSelector, matchLabelKeys } = constraint
  const { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' } = constraint
  const selector = selectorFor(metadata.labels, labelSelector, matchLabelKeys)
  const matches = byOwner
    ? (other: Pod) =>
        other.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === ownerUid) ?? false
    : (other: Pod) => selector.matches(other.metadata.labels)
  const wanted = nodeAffinityPolicy === 'Honor' ? compileRequired(spec) : undefined
  const tolerations = nodeTaintsPolicy === 'Honor' && (spec.tolerations ?? [])
  const required = wanted && [spec.nodeSelector, spec.affinity?.nodeAffinity]
  const namespace = metadata.namespace!
  const counted = byOwner ? `owner ${ownerUid}` : idOf(selector)
  const sort = {
    id: JSON.stringify(['spread', namespace, counted, topologyKey, keys, required, tolerations]),
    topologyKey,
    namespace,
    counts: (other: Pod) =>
      other.metadata.namespace === namespace && !other.metadata.deletionTimestamp && matches(other),
    eligible: (node: Node) =>
      keys.every(key => node.metadata.labels?.[key] !== undefined) &&
      (wanted === undefined || wanted(node)) &&
      (!tolerations || !untolerated(node.spec.taints, tolerations, HARD)),
  }
  return { key: topologyKey, maxSkew, minDomains, self: matches(pod) ? 1 : 0, sort }
}
