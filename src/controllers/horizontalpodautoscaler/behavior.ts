import type { HPAScalingRules } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import type { History } from './history.ts'
import { type Limited, limited } from './limits.ts'

/** What to hold a recommendation against. */
export interface Frame {
  readonly currentReplicas: number
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly history: History
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The rules of both directions, with their defaults. */
export interface Rules {
  readonly up: HPAScalingRules
  readonly down: HPAScalingRules
}

/**
 * A recommendation within the highest and the lowest of the time that each direction looks back (upstream
 * stabilizeRecommendationWithBehaviors). Notes the recommendation.
 */
export function stabilized(desired: number, { up, down }: Rules, { currentReplicas, history, now }: Frame): number {
  const upMs = (up.stabilizationWindowSeconds ?? 0) * 1000
  const downMs = (down.stabilizationWindowSeconds ?? 0) * 1000
  const within = (ms: number) =>
    history.recommendations.filter(({ at }) => at > now - ms).map(({ replicas }) => replicas)
  const lowest = Math.min(desired, ...within(upMs))
  const highest = Math.max(desired, ...within(downMs))
  history.recommend(desired, now, Math.max(upMs, downMs))
  return Math.min(Math.max(currentReplicas, lowest), highest)
}

/** A recommendation within what policies and bounds allow (upstream convertDesiredReplicasWithBehaviorRate). */
export function withinRate(desired: number, { up, down }: Rules, frame: Frame): Limited {
  const { currentReplicas, minReplicas, maxReplicas } = frame
  if (desired > currentReplicas) {
    const rate = Math.max(currentReplicas, highestBy(up, frame))
    const most = Math.min(maxReplicas, rate)
    if (desired > most) return limited(most, maxReplicas > rate ? 'ScaleUpLimit' : 'TooManyReplicas')
  } else if (desired < currentReplicas) {
    const rate = Math.min(currentReplicas, lowestBy(down, frame))
    const least = Math.max(minReplicas, rate)
    if (desired < least) return limited(least, minReplicas < rate ? 'ScaleDownLimit' : 'TooFewReplicas')
  }
  return limited(desired, 'DesiredWithinRange')
}

/** The longest time that a policy looks back, in milliseconds. */
export const longestPeriodMs = ({ up, down }: Rules): number =>
  Math.max(0, ...[up, down].flatMap(({ policies = [] }) => policies.map(({ periodSeconds }) => periodSeconds * 1000)))

/** Up to how many replicas policies allow to scale up now. */
function highestBy({ selectPolicy, policies = [] }: HPAScalingRules, { currentReplicas, history, now }: Frame): number {
  if (selectPolicy === 'Disabled') return currentReplicas
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const before = history.sizeBefore(periodSeconds * 1000, currentReplicas, now)
    // Rounded up, so that a small percentage of a small number is still something.
    return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100))
  })
  return selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals)
}

/** Down to how many replicas policies allow to scale down now. */
function lowestBy({ selectPolicy, policies = [] }: HPAScalingRules, { currentReplicas, history, now }: Frame): number {
  if (selectPolicy === 'Disabled') return currentReplicas
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const before = history.sizeBefore(periodSeconds * 1000, currentReplicas, now)
    return type === 'Pods' ? before - value : Math.trunc(before * (1 - value / 100))
  })
  return selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals)
}
