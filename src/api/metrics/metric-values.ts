import type { LabelSelector } from '../../apimachinery/meta/label-selector.ts'

/** Answers of custom.metrics.k8s.io and external.metrics.k8s.io (k8s.io/metrics); extension servers give them. */

/** The object that a custom metric is of. */
export interface DescribedObject {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly apiVersion?: string
}

/** A custom metric of one object. v1beta1 has its name in `metricName`, v1beta2 in `metric`. */
export interface MetricValue {
  readonly describedObject: DescribedObject
  readonly metricName?: string
  readonly metric?: { readonly name: string; readonly selector?: LabelSelector | null }
  /** RFC 3339. */
  readonly timestamp: string
  /** Over which it was measured, where it is a rate. */
  readonly windowSeconds?: number
  /** A quantity. */
  readonly value: string
}

/** A metric from outside the cluster: one of its series. */
export interface ExternalMetricValue {
  readonly metricName: string
  readonly metricLabels: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly timestamp: string
  readonly window?: number
  /** A quantity. */
  readonly value: string
}

export const CUSTOM_METRICS = 'custom.metrics.k8s.io'
export const EXTERNAL_METRICS = 'external.metrics.k8s.io'
