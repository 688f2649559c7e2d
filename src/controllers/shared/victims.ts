import type { Pod } from '../../api/core/pod.ts'
import { conditionOf, isReady } from './pods.ts'

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/**
 * The pods to delete first when there are `count` too many: those without a node, not yet running, not ready, cheap by
 * their deletion-cost annotation, on nodes that have many related pods, ready for a short time, restarted often, young
 * (upstream ActivePodsWithRanks). `related`: pods of the same set of owners, for the counts per node.
 */
export function victims(pods: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count >= pods.length) return [...pods]
  const perNode = new Map<string, number>()
  for (const { spec } of related) {
    if (spec.nodeName) perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1)
  }
  const ranked = pods.map(pod => rankOf(pod, perNode, now))
  return ranked
    .sort((a, b) => compare(a.rank, b.rank))
    .slice(0, count)
    .map(({ pod }) => pod)
}

function rankOf(pod: Pod, perNode: ReadonlyMap<string, number>, now: number): { pod: Pod; rank: number[] } {
  const ready = isReady(pod)
  const readySince = ready ? Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '') : Number.NaN
  return {
    pod,
    rank: [
      pod.spec.nodeName ? 1 : 0,
      PHASE_ORDER[pod.status.phase ?? ''] ?? 0,
      ready ? 1 : 0,
      deletionCost(pod),
      -(perNode.get(pod.spec.nodeName ?? '') ?? 0),
      ready ? ageRank(readySince, now) : 0,
      -restarts(pod),
      ageRank(Date.parse(pod.metadata.creationTimestamp ?? ''), now),
      podOrder(pod),
    ],
  }
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}

/** Young before old, in powers of two of the age, so that small differences leave the choice to chance (KEP-2185). */
function ageRank(since: number, now: number): number {
  if (Number.isNaN(since)) return -1
  const seconds = Math.max(0, (now - since) / 1000)
  return seconds < 1 ? 0 : Math.floor(Math.log2(seconds))
}

/** The chance: the UID, as upstream breaks ties. */
const podOrder = ({ metadata }: Pod): number =>
  Number.parseInt((metadata.uid ?? '0').replaceAll('-', '').slice(0, 12), 16)

const deletionCost = ({ metadata }: Pod): number => {
  const cost = metadata.annotations?.[DELETION_COST] ?? '0'
  return /^-?\d+$/.test(cost) ? Number(cost) : 0
}

const restarts = ({ status }: Pod): number =>
  Math.max(0, ...(status.containerStatuses ?? []).map(({ restartCount }) => restartCount))
