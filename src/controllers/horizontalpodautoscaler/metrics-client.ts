import type { CrossVersionObjectReference } from '../../api/autoscaling/metrics.ts'
import type { Selector } from '../../apimachinery/labels.ts'

/** What a metric of a pod is. */
export interface PodMetric {
  /** Thousandths. */
  readonly value: number
  /** When it was measured, in milliseconds since the epoch. */
  readonly at: number
  /** Over how long, in milliseconds. */
  readonly windowMs: number
}

/** By the pod's name. */
export type PodMetricsInfo = ReadonlyMap<string, PodMetric>

/** Where an autoscaler's metrics come from. Every method rejects with upstream's texts where there are none. */
export interface MetricsClient {
  /** What pods use of a resource; with `container`, what that container of each does. */
  resource(resource: string, namespace: string, selector: Selector, container?: string): Promise<PodMetricsInfo>
  /** A custom metric of pods. */
  pods(metric: string, namespace: string, selector: Selector, metricSelector: Selector): Promise<PodMetricsInfo>
  /** A custom metric of one object, in thousandths. */
  object(
    metric: string,
    namespace: string,
    object: CrossVersionObjectReference,
    metricSelector: Selector,
  ): Promise<number>
  /** The values of an external metric's series, in thousandths. */
  external(metric: string, namespace: string, metricSelector: Selector): Promise<readonly number[]>
}
