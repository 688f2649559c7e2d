import type { HorizontalPodAutoscalerBehavior } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import { type Frame, longestPeriodMs, type Rules, stabilized, withinRate } from './behavior.ts'
import type { Conditions } from './conditions.ts'
import { type Limited, limited } from './limits.ts'

/** For so long the highest recommendation counts, where the autoscaler does not say (upstream's flag). */
const DOWNSCALE_STABILIZATION_SECONDS = 300
/** Without rules of its own, an autoscaler at most doubles, and may always go to this. */
const FACTOR = 2
const ALWAYS = 4

const LOWEST = 'recent recommendations were lower than current one, applying the lowest recent recommendation'
const HIGHEST = 'recent recommendations were higher than current one, applying the highest recent recommendation'

/** What metrics recommend, within bounds and behaviour. Notes the recommendation, and what held it back as conditions. */
export function normalized(
  desired: number,
  behavior: HorizontalPodAutoscalerBehavior | undefined,
  frame: Frame,
  conditions: Conditions,
): number {
  const rules = behavior && rulesOf(behavior)
  const stable = rules ? stabilized(desired, rules, frame) : highest(desired, frame)
  if (stable === desired) {
    conditions.set('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size')
  } else if (rules && desired >= frame.currentReplicas) {
    conditions.set('AbleToScale', 'True', 'ScaleUpStabilized', LOWEST)
  } else conditions.set('AbleToScale', 'True', 'ScaleDownStabilized', HIGHEST)
  const { replicas, reason, message } = rules ? withinRate(stable, rules, frame) : withinBounds(stable, frame)
  conditions.set('ScalingLimited', replicas === stable ? 'False' : 'True', reason, message)
  return replicas
}

/** How long a change of size is to be remembered, in milliseconds. */
export const rememberedMs = (behavior: HorizontalPodAutoscalerBehavior): number => longestPeriodMs(rulesOf(behavior))

function rulesOf({ scaleUp = {}, scaleDown = {} }: HorizontalPodAutoscalerBehavior): Rules {
  return { up: scaleUp, down: { stabilizationWindowSeconds: DOWNSCALE_STABILIZATION_SECONDS, ...scaleDown } }
}

/** The highest recommendation of the last five minutes (upstream stabilizeRecommendation). */
function highest(desired: number, { history, now }: Frame): number {
  const windowMs = DOWNSCALE_STABILIZATION_SECONDS * 1000
  const recent = history.recommendations.filter(({ at }) => at >= now - windowMs).map(({ replicas }) => replicas)
  history.recommend(desired, now, windowMs)
  return Math.max(desired, ...recent)
}

/** Upstream convertDesiredReplicasWithRules. */
function withinBounds(desired: number, { currentReplicas, minReplicas, maxReplicas }: Frame): Limited {
  const rate = Math.max(FACTOR * currentReplicas, ALWAYS)
  const most = Math.min(maxReplicas, rate)
  if (desired < minReplicas) return limited(minReplicas, 'TooFewReplicas')
  if (desired > most) return limited(most, maxReplicas > rate ? 'ScaleUpLimit' : 'TooManyReplicas')
  return limited(desired, 'DesiredWithinRange')
}
