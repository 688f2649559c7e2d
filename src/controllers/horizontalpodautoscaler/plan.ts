import type { HorizontalPodAutoscaler } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import type { MetricStatus } from '../../api/autoscaling/metrics.ts'
import type { Scale } from '../../api/autoscaling/scale.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { Conditions } from './conditions.ts'
import { evaluate } from './evaluate.ts'
import type { History } from './history.ts'
import type { MetricsClient } from './metrics-client.ts'
import { normalized } from './normalize.ts'
import { type HpaSelectors, SelectorError } from './selectors.ts'

/** How many replicas there should be, and why. */
export interface Plan {
  /** Undefined where that cannot be told. */
  readonly replicas: number | undefined
  /** Why there should be more or fewer; why it cannot be told. */
  readonly reason: string
  readonly currentMetrics: MetricStatus[]
}

/** What a plan is made from. */
export interface PlanInput {
  readonly hpa: HorizontalPodAutoscaler
  /** The autoscaler's key. */
  readonly key: string
  readonly scale: Scale
  /** All pods of the namespace. */
  readonly pods: readonly Pod[]
  readonly metrics: MetricsClient
  readonly selectors: HpaSelectors
  readonly history: History
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** How many replicas there should be: by the bounds where there are too many or too few, else by metrics. Sets conditions. */
export async function planOf(input: PlanInput, conditions: Conditions, events: EventRecorder): Promise<Plan> {
  const { minReplicas, maxReplicas } = input.hpa.spec
  const current = input.scale.spec.replicas ?? 0
  input.history.begin(current, input.now)
  if (current === 0 && minReplicas !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero'
    conditions.set('ScalingActive', 'False', 'ScalingDisabled', message)
    return { replicas: 0, reason: '', currentMetrics: [] }
  }
  if (current > maxReplicas) {
    return { replicas: maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas', currentMetrics: [] }
  }
  if (current < minReplicas) {
    return { replicas: minReplicas, reason: 'Current number of replicas below Spec.MinReplicas', currentMetrics: [] }
  }
  return planByMetrics(input, current, conditions, events)
}

async function planByMetrics(
  { hpa, key, scale, pods: all, metrics, selectors, history, now }: PlanInput,
  current: number,
  conditions: Conditions,
  events: EventRecorder,
): Promise<Plan> {
  let selected: ReturnType<HpaSelectors['select']>
  try {
    selected = selectors.select(key, scale.status.selector, all)
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error
    events.warning(hpa, error.reason, error.message)
    conditions.set('ScalingActive', 'False', error.condition.reason, error.condition.message)
    return { replicas: undefined, reason: error.message, currentMetrics: [] }
  }
  const sizes = { specReplicas: current, statusReplicas: scale.status.replicas }
  const { proposal, statuses, error } = await evaluate({ hpa, ...selected, ...sizes, metrics, now }, conditions, events)
  if (!proposal) return { replicas: undefined, reason: error, currentMetrics: statuses }
  const { minReplicas, maxReplicas, behavior } = hpa.spec
  const frame = { currentReplicas: current, minReplicas, maxReplicas, history, now }
  const replicas = normalized(proposal.replicas, behavior, frame, conditions)
  return { replicas, reason: reasonFor(proposal, current), currentMetrics: statuses }
}

function reasonFor({ replicas, metric }: { replicas: number; metric: string }, current: number): string {
  if (replicas > current) return `${metric} above target`
  return replicas < current ? 'All metrics below target' : ''
}
