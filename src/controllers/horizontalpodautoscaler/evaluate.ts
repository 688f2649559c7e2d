import type { MetricStatus } from '../../api/autoscaling/metrics.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { Conditions } from './conditions.ts'
import { evaluateMetric, MetricError, type Proposal, type Situation } from './evaluate-metric.ts'

/** What all metrics of an autoscaler together ask for. */
export interface Evaluation {
  /** Undefined where nothing can be done. */
  readonly proposal: Pick<Proposal, 'replicas' | 'metric'> | undefined
  /** One for each metric, in their order. */
  readonly statuses: MetricStatus[]
  /** What is wrong with some of the metrics, or with all; empty where nothing is. */
  readonly error: string
}

/**
 * The largest number of replicas that a metric asks for. As long as one of them is not known, nothing is scaled down (upstream
 * computeReplicasForMetrics).
 */
export async function evaluate(
  situation: Situation,
  conditions: Conditions,
  events: EventRecorder,
): Promise<Evaluation> {
  const { hpa, specReplicas } = situation
  const { metrics = [] } = hpa.spec
  const statuses: MetricStatus[] = []
  let best: Proposal | undefined
  let first: MetricError | undefined
  let invalid = 0
  for (const spec of metrics) {
    const proposal = await evaluateMetric(spec, situation).catch(error => {
      if (!(error instanceof MetricError)) throw error
      events.warning(hpa, error.reason, error.message)
      first ??= error
      invalid++
      return undefined
    })
    statuses.push(proposal?.status ?? { type: '' })
    if (proposal && (!best?.replicas || proposal.replicas > best.replicas)) best = proposal
  }
  const error = first
    ? `invalid metrics (${invalid} invalid out of ${metrics.length}), first error is: ${first.summary}`
    : ''
  if (best && !(first && best.replicas < specReplicas)) {
    const message = `the HPA was able to successfully calculate a replica count from ${best.metric}`
    conditions.set('ScalingActive', 'True', 'ValidMetricFound', message)
    return { proposal: best, statuses, error }
  }
  if (first) {
    const message = `the HPA was unable to compute the replica count: ${first.message}`
    conditions.set('ScalingActive', 'False', first.reason, message)
  }
  return { proposal: undefined, statuses, error }
}
