import { namespace as namespaceKind } from '../api/core/namespace.ts'
import type { ExternalMetricValue } from '../api/metrics/metric-values.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { StatusError } from '../apimachinery/errors.ts'
import type { Selector } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import type { DiscoveredResource } from '../client/transport.ts'
import { matchersOf, oneOf } from './matchers.ts'
import type { MetricRegistry } from './metric-registry.ts'
import type { Prometheus } from './prometheus.ts'
import { quantityOf } from './values.ts'

/** Answers for external.metrics.k8s.io (prometheus-adapter pkg/external-provider). */
export class ExternalMetrics {
  readonly #registry: MetricRegistry
  readonly #prometheus: Prometheus

  constructor(registry: MetricRegistry, prometheus: Prometheus) {
    this.#registry = registry
    this.#prometheus = prometheus
  }

  /** The metrics there are. */
  async resources(): Promise<DiscoveredResource[]> {
    const names = new Set((await this.#registry.all()).map(({ metric }) => metric))
    const more = { singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] }
    return [...names].sort().map(name => ({ name, ...more }))
  }

  /** The series of a metric, each with its labels and its value. Rejects with StatusError: 404 where there is no such metric. */
  async values(namespace: string, metric: string, labels: Selector): Promise<ExternalMetricValue[]> {
    const known = (await this.#registry.all()).find(one => one.metric === metric)
    if (!known) throw new StatusError(404, 'NotFound', `the server could not find the metric ${metric} for namespaces`)
    const { rule, series } = known
    const label = rule.namespaced ? rule.resources.labelOf(namespaceKind as unknown as Kind) : undefined
    const matchers = [...matchersOf(labels), ...(label ? [oneOf(label, [namespace])] : [])]
    const samples = await this.#prometheus.query(rule.query(series, matchers, ''))
    return samples.map(({ metric: { __name__: _, ...metricLabels }, value, at }) => ({
      metricName: metric,
      metricLabels,
      timestamp: rfc3339(at),
      value: quantityOf(value),
    }))
  }
}
