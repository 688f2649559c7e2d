import type { Stored } from '../history.ts'
import {
  childrenOf,
  controllerOf,
  type Facts,
  type Invariant,
  isConfused,
  isLive,
  isReady,
  keyOf,
  Lately,
  STALE_MS,
} from './invariant.ts'

const ordinalOf = ({ metadata }: Stored): number => Number(/-(\d+)$/.exec(metadata.name!)?.[1])

/** Pods of an ordered StatefulSet come in order, each when those before it are ready, and go in reverse order. */
export const statefulSets: Invariant = facts => {
  const { history, clock } = facts
  const readyAt = new Map<string, number>()
  const sizes = new Lately<number>()
  return ({ plural, key, before, after, by }) => {
    const now = clock.now()
    if (plural === 'statefulsets' && after) {
      sizes.set(after.metadata.uid!, (after.spec.ordinals?.start ?? 0) + after.spec.replicas, now)
    }
    if (plural !== 'pods') return
    const pod = (after ?? before)!
    const owner = controllerOf(pod)
    if (owner?.kind !== 'StatefulSet') return
    if ([before, after].some(p => p && isReady(p))) readyAt.set(key, now)
    const set = history.get('statefulsets', `${pod.metadata.namespace}/${owner.name}`)
    if (set?.metadata.uid !== owner.uid || by !== 'statefulset' || isConfused(facts)) return
    if (set.spec.podManagementPolicy !== 'OrderedReady' || set.metadata.deletionTimestamp) return
    if (!before) checkPredecessors(facts, set, pod, readyAt)
    else if (after?.metadata.deletionTimestamp && !before.metadata.deletionTimestamp) {
      const tooHigh = sizes.of(owner.uid, now).some(size => ordinalOf(pod) >= size)
      const kept = sizes.of(owner.uid, now).some(size => ordinalOf(pod) < size)
      if (tooHigh && !kept) checkSuccessors(facts, set, pod)
    }
  }
}

function checkPredecessors(facts: Facts, set: Stored, pod: Stored, readyAt: ReadonlyMap<string, number>): void {
  const start = set.spec.ordinals?.start ?? 0
  for (let ordinal = start; ordinal < ordinalOf(pod); ordinal++) {
    const key = `${keyOf(set)}-${ordinal}`
    const earlier = facts.history.get('pods', key)
    const was = readyAt.get(key)
    if ((earlier && isReady(earlier)) || (was !== undefined && facts.clock.now() - was < STALE_MS)) continue
    facts.violated(
      'a StatefulSet starts its pods in order',
      `${pod.metadata.name} is made while ${key} is not ready`,
      ['statefulsets', keyOf(set)],
      ['pods', keyOf(pod)],
      ['pods', key],
    )
  }
}

function checkSuccessors(facts: Facts, set: Stored, pod: Stored): void {
  const higher = childrenOf(facts.history, 'pods', set).filter(p => ordinalOf(p) > ordinalOf(pod) && isLive(p))
  if (higher.length === 0) return
  facts.violated(
    'a StatefulSet ends its pods in reverse order',
    `${pod.metadata.name} goes while ${higher.map(({ metadata }) => metadata.name)} are there`,
    ['statefulsets', keyOf(set)],
    ['pods', keyOf(pod)],
  )
}

/** A DaemonSet has one pod on a node, two while it surges. */
export const daemonSets: Invariant = facts => {
  const surges = new Lately<number>()
  return ({ plural, before, after, by }) => {
    if (plural === 'daemonsets' && after) {
      const { maxSurge = 0 } = after.spec.updateStrategy.rollingUpdate ?? {}
      surges.set(after.metadata.uid!, maxSurge === 0 ? 1 : 2, facts.clock.now())
    }
    if (plural !== 'pods' || before || !after || by !== 'daemon-set' || isConfused(facts)) return
    const owner = controllerOf(after)
    if (owner?.kind !== 'DaemonSet') return
    const set = facts.history.get('daemonsets', `${after.metadata.namespace}/${owner.name}`)
    if (set?.metadata.uid !== owner.uid) return
    const here = childrenOf(facts.history, 'pods', set).filter(p => isLive(p) && targetOf(p) === targetOf(after))
    if (here.length <= Math.max(...surges.of(owner.uid, facts.clock.now()))) return
    facts.violated(
      'a DaemonSet has one pod on a node',
      `${keyOf(set)} has ${here.length} pods on ${targetOf(after)}`,
      ['daemonsets', keyOf(set)],
      ...here.map(p => ['pods', keyOf(p)] as const),
    )
  }
}

export const targetOf = ({ spec }: Stored): string | undefined =>
  spec.nodeName ??
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]?.matchFields?.[0]
    ?.values?.[0]
