import type { Pod } from '../../api/core/pod.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/policy/poddisruptionbudget.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { scaledValue } from '../../apimachinery/intstr.ts'
import { isReady } from '../shared/pods.ts'

/** An eviction that has not come about after so long is not counted any more (upstream DeletionTimeout). */
const EVICTION_MS = 2 * 60_000

type Status = PodDisruptionBudgetStatus

/** How many pods there should be, and how many of them must be healthy. */
export interface Expected {
  readonly pods: number
  readonly healthy: number
}

/** Reads the budget: `scale` is the size of the pods' owners, for percentages and for maxUnavailable. */
export function expectedOf({ spec }: PodDisruptionBudget, pods: number, scale: () => number): Expected {
  if (spec.maxUnavailable !== undefined) {
    const size = scale()
    return { pods: size, healthy: Math.max(0, size - scaledValue(spec.maxUnavailable, size, 'up')) }
  }
  const { minAvailable = 1 } = spec
  if (typeof minAvailable === 'number') return { pods, healthy: minAvailable }
  const size = scale()
  return { pods: size, healthy: scaledValue(minAvailable, size, 'up') }
}

/** Pods being evicted that are still to go; and when (ms since the epoch) the first of them is given up. */
export function evictionsUnderWay(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  now: number,
): { readonly pods: Record<string, string>; readonly late: readonly Pod[]; readonly recheckAt: number | undefined } {
  const kept: Record<string, string> = {}
  const late: Pod[] = []
  let recheckAt: number | undefined
  for (const [name, since] of Object.entries(status.disruptedPods ?? {})) {
    const found = pods.find(({ metadata }) => metadata.name === name)
    if (!found || found.metadata.deletionTimestamp) continue
    const end = Date.parse(since) + EVICTION_MS
    if (end <= now) {
      late.push(found)
      continue
    }
    kept[name] = since
    recheckAt = Math.min(recheckAt ?? end, end)
  }
  return { pods: kept, late, recheckAt }
}

/** What the status should say. */
export function budgetStatus(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  expected: Expected,
  disruptedPods: Record<string, string>,
  now: number,
): Status {
  const counts = (pod: Pod) => !pod.metadata.deletionTimestamp && !(pod.metadata.name! in disruptedPods) && isReady(pod)
  const currentHealthy = pods.filter(counts).length
  const disruptionsAllowed = expected.pods <= 0 ? 0 : Math.max(0, currentHealthy - expected.healthy)
  return {
    observedGeneration: budget.metadata.generation,
    ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy: expected.healthy,
    expectedPods: expected.pods,
    conditions: withAllowed(budget, disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods', '', now),
  }
}

/** The conditions with a fresh DisruptionAllowed. */
export function withAllowed(
  { status: { conditions = [] }, metadata }: PodDisruptionBudget,
  reason: 'SufficientPods' | 'InsufficientPods' | 'SyncFailed',
  message: string,
  now: number,
): Status['conditions'] {
  const type = 'DisruptionAllowed'
  const status = reason === 'SufficientPods' ? 'True' : 'False'
  const old = conditions.find(c => c.type === type)
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : rfc3339(now)
  const fresh = { type, status, observedGeneration: metadata.generation, lastTransitionTime, reason, message }
  return [...conditions.filter(c => c.type !== type), fresh]
}
