import type { Node } from '../../api/core/node.ts'
import { compileRequired, type NodeTest } from '../../api/core/node-selector.ts'
import type { TopologySpreadConstraint } from '../../api/core/pod/scheduling.ts'
import type { Pod } from '../../api/core/pod.ts'
import { untolerated } from '../../api/core/tolerates.ts'
import type { Selector } from '../../apimachinery/labels.ts'
import { plugin, skip, unresolvable, unschedulable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { selectorFor } from '../pod-terms.ts'

interface Constraint {
  readonly key: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly selector: Selector
  /** 1 when the pod itself counts. */
  readonly self: 0 | 1
  /** Whether a node's pods count. */
  readonly eligible: NodeTest
}

/** A constraint and how many pods there are in each part, by the value of the topology label. */
interface Spread extends Constraint {
  readonly counts: ReadonlyMap<string, number>
}

interface Scoring extends Pick<Spread, 'key' | 'maxSkew' | 'counts'> {
  /** Nodes without the label are judged by the other constraints alone. */
  readonly lenient?: boolean
  /** How much a pod counts: more when there are many parts. */
  readonly weight: number
}

const mismatch = unschedulable("node(s) didn't match pod topology spread constraints")
const missing = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)")
const HARD = ['NoSchedule', 'NoExecute']
const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'
/** The score of a node that lacks a label; it gets nothing in the end. */
const IGNORED = -1

/**
 * Spreads pods over zones, nodes or other parts of the cluster as their topologySpreadConstraints say. Pods that have none are
 * rather kept apart from others of the same owner, as upstream's system defaults do.
 */
export const podTopologySpread = plugin<readonly Spread[], readonly Scoring[]>({
  name: 'PodTopologySpread',
  requeueOn: ['pod/add', 'pod/labels', 'pod/delete', 'node/add', 'node/labels', 'node/taints'],
  sign: ({ pod, ownerUid }) => (pod.spec.topologySpreadConstraints?.length ? undefined : (ownerUid ?? null)),
  shareable: ({ ownerUid }, { cache }) => !ownerUid || cache.podsOf(ownerUid) === 0,

  preFilter({ pod }, { cache }) {
    const constraints = constraintsOf(pod, 'DoNotSchedule')
    return constraints.length === 0 ? skip : countAll(constraints, cache.nodes, pod)
  },

  filter(spreads, { node }) {
    for (const { key, counts, maxSkew, minDomains, self } of spreads) {
      const value = node.metadata.labels?.[key]
      if (value === undefined) return missing
      const least = counts.size < minDomains ? 0 : Math.min(...counts.values())
      if ((counts.get(value) ?? 0) + self - least > maxSkew) return mismatch
    }
    return undefined
  },

  withPod(spreads, { pod: changed }, { node }, change, { pod }) {
    return spreads.map(spread => {
      const value = node.metadata.labels?.[spread.key]
      if (value === undefined || !counted(changed, pod, spread.selector) || !spread.eligible(node)) return spread
      return { ...spread, counts: new Map(spread.counts).set(value, (spread.counts.get(value) ?? 0) + change) }
    })
  },

  preScore({ pod, ownerUid }, nodes, { cache }) {
    if (!pod.spec.topologySpreadConstraints?.length) {
      return ownerUid && cache.podsOf(ownerUid) > 0 ? defaultSpreads(ownerUid, nodes, cache.nodes) : skip
    }
    const constraints = constraintsOf(pod, 'ScheduleAnyway')
    if (constraints.length === 0) return skip
    const labelled = nodes.filter(info =>
      constraints.every(({ key }) => info.node.metadata.labels?.[key] !== undefined),
    )
    return countAll(constraints, cache.nodes, pod).map(spread => {
      const parts = new Set(labelled.map(info => info.node.metadata.labels![spread.key]))
      return { ...spread, weight: Math.log(parts.size + 2) }
    })
  },

  score(spreads, { node }) {
    let total = 0
    for (const { key, counts, maxSkew, weight, lenient } of spreads) {
      const value = node.metadata.labels?.[key]
      if (value === undefined && lenient) continue
      if (value === undefined) return IGNORED
      total += (counts.get(value) ?? 0) * weight + (maxSkew - 1)
    }
    return Math.round(total)
  },

  normalize(scores) {
    const valid = scores.filter(score => score !== IGNORED)
    const [min, max] = [Math.min(...valid), Math.max(...valid)]
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!
      scores[i] = score === IGNORED ? 0 : max === 0 ? 100 : Math.floor((100 * (max + min - score)) / max)
    }
  },
})

function constraintsOf(pod: Pod, whenUnsatisfiable: string): Constraint[] {
  const all = (pod.spec.topologySpreadConstraints ?? []).filter(c => c.whenUnsatisfiable === whenUnsatisfiable)
  const keys = all.map(({ topologyKey }) => topologyKey)
  return all.map(constraint => compile(constraint, keys, pod))
}

function compile(constraint: TopologySpreadConstraint, keys: readonly string[], pod: Pod): Constraint {
  const { topologyKey, maxSkew, minDomains = 1, labelSelector, matchLabelKeys } = constraint
  const { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' } = constraint
  const selector = selectorFor(pod.metadata.labels, labelSelector, matchLabelKeys)
  const wanted = nodeAffinityPolicy === 'Honor' ? compileRequired(pod.spec) : undefined
  const eligible = (node: Node) =>
    keys.every(key => node.metadata.labels?.[key] !== undefined) &&
    (wanted === undefined || wanted(node)) &&
    (nodeTaintsPolicy !== 'Honor' || !untolerated(node.spec.taints, pod.spec.tolerations, HARD))
  const self = selector.matches(pod.metadata.labels) ? 1 : 0
  return { key: topologyKey, maxSkew, minDomains, selector, self, eligible }
}

/** How an owner's pods are spread over nodes and zones, from counts that are kept anyhow. */
function defaultSpreads(ownerUid: string, candidates: readonly NodeInfo[], all: readonly NodeInfo[]): Scoring[] {
  const tally = (key: string, nodes: readonly NodeInfo[]) => {
    const counts = new Map<string, number>()
    for (const info of nodes) {
      const value = info.node.metadata.labels?.[key]
      if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + info.podsOf(ownerUid))
    }
    return counts
  }
  const zones = tally(ZONE, all)
  return [
    { key: HOST, maxSkew: 3, counts: tally(HOST, candidates), weight: Math.log(candidates.length + 2), lenient: true },
    ...(zones.size > 0
      ? [{ key: ZONE, maxSkew: 5, counts: zones, weight: Math.log(zones.size + 2), lenient: true }]
      : []),
  ]
}

const counted = (other: Pod, pod: Pod, selector: Selector): boolean =>
  other.metadata.namespace === pod.metadata.namespace &&
  !other.metadata.deletionTimestamp &&
  selector.matches(other.metadata.labels)

function countAll(constraints: readonly Constraint[], nodes: readonly NodeInfo[], pod: Pod): Spread[] {
  return constraints.map(constraint => {
    const counts = new Map<string, number>()
    for (const { node, pods } of nodes) {
      if (!constraint.eligible(node)) continue
      const value = node.metadata.labels![constraint.key]!
      let count = counts.get(value) ?? 0
      for (const { pod: other } of pods.values()) if (counted(other, pod, constraint.selector)) count++
      counts.set(value, count)
    }
    return { ...constraint, counts }
  })
}
