import type { Pod } from '../../api/core/pod.ts'
import type { PodDisruptionBudget } from '../../api/policy/poddisruptionbudget.ts'
import { selectorOf } from '../../apimachinery/labels.ts'
import { type Rejection, unresolvable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { checkWithNominated, type Nominator } from '../nominator.ts'
import type { PodFilter } from '../pod-filter.ts'
import type { PodInfo } from '../pod-info.ts'

/** A node, and the pods that would have to go from it. */
export interface Candidate {
  readonly node: NodeInfo
  readonly victims: readonly PodInfo[]
  /** How many of the victims a disruption budget would rather keep. */
  readonly violations: number
}

const noVictims = unresolvable('No preemption victims found for incoming pod')

/**
 * The fewest and least important pods whose absence lets the pod in; a rejection when there are none. Those that a disruption
 * budget protects are spared first (upstream SelectVictimsOnNode).
 */
export function victimsOn(
  original: NodeInfo,
  pod: PodInfo,
  filter: PodFilter,
  budgets: readonly PodDisruptionBudget[],
  nominator: Nominator,
): Candidate | Rejection {
  const lower = [...original.pods.values()].filter(other => other.priority < pod.priority)
  if (lower.length === 0) return noVictims
  const node = original.copy()
  let trial = filter
  for (const other of lower) {
    node.remove(other.uid)
    trial = trial.withPod(other, node, -1)
  }
  const rejected = checkWithNominated(trial, node, nominator)
  if (rejected) return rejected.rejection
  const spare = (other: PodInfo): boolean => {
    node.add(other)
    const without = trial.withPod(other, node, 1)
    if (!checkWithNominated(without, node, nominator)) {
      trial = without
      return true
    }
    node.remove(other.uid)
    return false
  }
  const { violating, others } = byBudget(lower.sort(moreImportant), budgets)
  const protectedVictims = violating.filter(other => !spare(other))
  const victims = [...protectedVictims, ...others.filter(other => !spare(other))]
  return { node: original, victims, violations: protectedVictims.length }
}

/** Which of these pods could not go, one after the other, without breaking a budget (upstream filterPodsWithPDBViolation). */
function byBudget(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]) {
  const left = budgets.map(({ status }) => status.disruptionsAllowed)
  const selectors = budgets.map(({ spec }) => selectorOf(spec.selector))
  const violates = ({ pod }: PodInfo): boolean => {
    const { labels, namespace, name = '' } = pod.metadata
    if (!labels || Object.keys(labels).length === 0) return false
    let violated = false
    for (const [i, { metadata, status }] of budgets.entries()) {
      if (metadata.namespace !== namespace || selectors[i]!.empty || !selectors[i]!.matches(labels)) continue
      if (status.disruptedPods?.[name] !== undefined) continue
      left[i]!--
      if (left[i]! < 0) violated = true
    }
    return violated
  }
  const violating = new Set(pods.filter(violates))
  return { violating: [...violating], others: pods.filter(pod => !violating.has(pod)) }
}

const startOf = ({ status }: Pod): number =>
  status.startTime ? Date.parse(status.startTime) : Number.POSITIVE_INFINITY

/** Higher priority first, then the one that has run for longer. */
const moreImportant = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority || (startOf(a.pod) < startOf(b.pod) ? -1 : startOf(a.pod) > startOf(b.pod) ? 1 : 0)

/**
 * The candidate that hurts least: fewest budgets broken, lowest top priority, lowest sum, fewest pods, latest started (upstream
 * pickOneNodeForPreemption).
 */
export function leastHarmful(candidates: readonly Candidate[]): Candidate | undefined {
  const cost = ({ victims, violations }: Candidate): number[] => {
    const top = Math.max(...victims.map(({ priority }) => priority))
    const earliest = Math.min(...victims.filter(({ priority }) => priority === top).map(({ pod }) => startOf(pod)))
    const sum = victims.reduce((total, { priority }) => total + priority + 2 ** 31, 0)
    return [violations, top, sum, victims.length, -earliest]
  }
  let chosen: { candidate: Candidate; cost: number[] } | undefined
  for (const candidate of candidates) {
    const own = cost(candidate)
    const i = chosen ? own.findIndex((value, at) => value !== chosen!.cost[at]) : 0
    if (!chosen || (i >= 0 && own[i]! < chosen.cost[i]!)) chosen = { candidate, cost: own }
  }
  return chosen?.candidate
}
