import type { PodTopologySpreadArgs } from '../config/args.ts'
import { type Plugin, type PluginContext, plugin, skip, unresolvable, unschedulable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Counts } from '../tally.ts'
import { type Constraint, type Constraints, constraintsOf } from './spread-constraints.ts'

/** A constraint and how many pods there are in each part, by the value of the topology label. */
interface Spread extends Constraint {
  readonly counts: Counts
}

interface Scoring {
  readonly key: string
  readonly maxSkew: number
  /** Pods in a node's part, which has this value. */
  readonly count: (node: NodeInfo, value: string) => number
  /** Nodes without the label are judged by the other constraints alone. */
  readonly lenient?: boolean
  /** How much a pod counts: more when there are many parts. */
  readonly weight: number
}

const mismatch = unschedulable("node(s) didn't match pod topology spread constraints")
const missing = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)")
const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'
/** The score of a node that lacks a label; it gets nothing in the end. */
const IGNORED = -1

/**
 * Spreads pods over zones, nodes or other parts of the cluster as their topologySpreadConstraints say. Pods that have none are
 * rather kept apart from others of the same owner, as upstream's system defaults do.
 */
export function podTopologySpread(args: PodTopologySpreadArgs): Plugin {
  const known = new WeakMap<PodInfo, Constraints>()
  const constraintsOnce = (pod: PodInfo): Constraints => {
    let constraints = known.get(pod)
    if (!constraints) {
      constraints = constraintsOf(pod, args)
      known.set(pod, constraints)
    }
    return constraints
  }
  const isSpreadByOwner = ({ pod, ownerUid }: PodInfo): boolean =>
    args.defaultingType === 'System' && ownerUid !== undefined && !pod.spec.topologySpreadConstraints?.length
  return plugin<readonly Spread[], readonly Scoring[]>({
    name: 'PodTopologySpread',
    requeueOn: ['pod/add', 'pod/labels', 'pod/delete', 'node/add', 'node/labels', 'node/taints'],
    sign(pod) {
      if (isSpreadByOwner(pod)) return pod.ownerUid
      return Object.values(constraintsOnce(pod)).map(constraints =>
        constraints.map(({ sort, maxSkew, minDomains, self }) => [sort.id, maxSkew, minDomains, self]),
      )
    },

    preFilter(pod, context) {
      const constraints = constraintsOnce(pod).DoNotSchedule
      return constraints.length === 0 ? skip : constraints.map(constraint => countOf(constraint, context))
    },

    filterTopology: spreads => spreads.map(({ key }) => key),

    filter(spreads, { node }) {
      for (const { key, counts, maxSkew, minDomains, self } of spreads) {
        const value = node.metadata.labels?.[key]
        if (value === undefined) return missing
        const least = counts.size < minDomains ? 0 : counts.least
        if (counts.get(value) + self - least > maxSkew) return mismatch
      }
      return undefined
    },

    explain(spreads, { node }) {
      for (const { key, counts, maxSkew, minDomains, self } of spreads) {
        const value = node.metadata.labels?.[key]
        if (value === undefined) {
          return { detail: `it has no label ${key}, over which the pod is spread`, remedy: `label it: ${key}=...` }
        }
        const least = counts.size < minDomains ? 0 : counts.least
        if (counts.get(value) + self - least <= maxSkew) continue
        return {
          detail: `${key}=${value} has ${counts.get(value)} such pods already, another part only ${least}, and they may differ by ${maxSkew}`,
          remedy: `make room where there are fewer, raise maxSkew, or use whenUnsatisfiable: ScheduleAnyway`,
        }
      }
      return { detail: 'its part has too many such pods', remedy: 'make room elsewhere' }
    },

    withPod(spreads, { pod: changed }, { node }, change) {
      return spreads.map(spread => {
        const value = node.metadata.labels?.[spread.key]
        if (value === undefined || !spread.sort.counts(changed) || !spread.sort.eligible(node)) return spread
        return { ...spread, counts: spread.counts.with(value, change) }
      })
    },

    preScore(pod, nodes, context) {
      if (isSpreadByOwner(pod)) {
        const owner = pod.ownerUid!
        return context.cache.podsOf(owner) > 0 ? defaultSpreads(owner, nodes, context) : skip
      }
      const constraints = constraintsOnce(pod).ScheduleAnyway
      if (constraints.length === 0) return skip
      const labelled = nodes.filter(info =>
        constraints.every(({ key }) => info.node.metadata.labels?.[key] !== undefined),
      )
      return constraints.map(({ key, maxSkew, sort }) => {
        const counts = context.cache.tally(sort)
        return { key, maxSkew, count: (_node, value) => counts.get(value), weight: weightOf(key, labelled) }
      })
    },

    scoreTopology: spreads => spreads.map(({ key }) => key),

    score(spreads, info) {
      let total = 0
      for (const { key, count, maxSkew, weight, lenient } of spreads) {
        const value = info.node.metadata.labels?.[key]
        if (value === undefined && lenient) continue
        if (value === undefined) return IGNORED
        total += count(info, value) * weight + (maxSkew - 1)
      }
      return Math.round(total)
    },

    normalize(scores) {
      let [min, max] = [Number.POSITIVE_INFINITY, 0]
      for (const score of scores) {
        if (score === IGNORED) continue
        if (score < min) min = score
        if (score > max) max = score
      }
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i]!
        scores[i] = score === IGNORED ? 0 : max === 0 ? 100 : Math.floor((100 * (max + min - score)) / max)
      }
    },
  })
}

const countOf = (constraint: Constraint, { cache }: PluginContext): Spread => ({
  ...constraint,
  counts: cache.tally(constraint.sort),
})

/** How much a pod counts: more when these nodes belong to many parts. */
const weightOf = (key: string, nodes: readonly NodeInfo[]): number =>
  Math.log(new Set(nodes.map(({ node }) => node.metadata.labels?.[key])).size + 2)

/** How an owner's pods are spread over nodes and zones (upstream systemDefaultConstraints). */
function defaultSpreads(ownerUid: string, nodes: readonly NodeInfo[], { cache }: PluginContext): Scoring[] {
  const zones = cache.ownerByZone(ownerUid)
  return [
    { lenient: true, key: HOST, maxSkew: 3, count: node => node.podsOf(ownerUid), weight: weightOf(HOST, nodes) },
    {
      lenient: true,
      key: ZONE,
      maxSkew: 5,
      count: (_node, value) => zones?.get(value) ?? 0,
      weight: weightOf(ZONE, nodes),
    },
  ]
}
