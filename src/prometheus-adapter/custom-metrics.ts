import { namespace as namespaceKind } from '../api/core/namespace.ts'
import type { MetricValue } from '../api/metrics/metric-values.ts'
import { type Clock, rfc3339 } from '../apimachinery/clock.ts'
import { StatusError } from '../apimachinery/errors.ts'
import type { Selector } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import type { Client } from '../client/client.ts'
import type { DiscoveredResource } from '../client/transport.ts'
import { type Matcher, matchersOf, oneOf } from './matchers.ts'
import type { KnownSeries, MetricRegistry } from './metric-registry.ts'
import type { Prometheus } from './prometheus.ts'
import { qualified, type ResourceKinds } from './resource-kinds.ts'
import { quantityOf } from './values.ts'

/** A request for a custom metric. */
export interface CustomMetricRequest {
  /** Undefined: of objects that are in no namespace. */
  readonly namespace: string | undefined
  /** `pods`, `ingresses.networking.k8s.io`. */
  readonly resource: string
  /** `*`: of all that labels select. */
  readonly name: string
  readonly metric: string
  readonly labels: Selector
  readonly metricLabels: Selector
}

export interface CustomMetricsOptions {
  readonly registry: MetricRegistry
  readonly prometheus: Prometheus
  readonly kinds: ResourceKinds
  readonly client: Client
  readonly clock: Clock
}

/** Answers for custom.metrics.k8s.io (prometheus-adapter pkg/custom-provider). */
export class CustomMetrics {
  readonly #options: CustomMetricsOptions

  constructor(options: CustomMetricsOptions) {
    this.#options = options
  }

  /** The metrics there are, each with the resources that it is of: `pods/http_requests`. */
  async resources(): Promise<DiscoveredResource[]> {
    const found = new Map<string, DiscoveredResource>()
    for (const series of await this.#options.registry.all()) {
      for (const kind of resourcesOf(series)) {
        const name = `${qualified(kind)}/${series.metric}`
        const namespaced = isNamespaced(series, kind)
        found.set(name, { name, singularName: '', namespaced, kind: 'MetricValueList', verbs: ['get'] })
      }
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The values of a metric. Rejects with StatusError: 404 where there is none. */
  async values(request: CustomMetricRequest): Promise<MetricValue[]> {
    const { namespace, resource, name, metric } = request
    const kind = this.#options.kinds.named(resource)
    const series = kind && (await this.#find(kind, namespace, metric))
    if (!series) throw missing(`the server could not find the metric ${metric} for ${resource}`)
    const names = name === '*' ? await this.#select(kind, request) : [name]
    if (names.length === 0) return []
    const found = await this.#query(series, kind, request, names)
    if (name !== '*' && !found.has(name)) {
      throw missing(`the server could not find the metric ${metric} for ${qualified(kind)} ${name}`)
    }
    const timestamp = rfc3339(this.#options.clock.now())
    return names.flatMap(one => {
      const value = found.get(one)
      if (value === undefined) return []
      const place = { ...(namespace !== undefined && { namespace }), name: one, apiVersion: kind.apiVersion }
      const describedObject = { kind: kind.kind, ...place }
      return [{ describedObject, metricName: metric, timestamp, value: quantityOf(value) }]
    })
  }

  async #find(kind: Kind, namespace: string | undefined, metric: string): Promise<KnownSeries | undefined> {
    return (await this.#options.registry.all()).find(
      series =>
        series.metric === metric &&
        isNamespaced(series, kind) === (namespace !== undefined) &&
        resourcesOf(series).some(({ group, plural }) => group === kind.group && plural === kind.plural),
    )
  }

  /** The names of the objects that labels select. */
  async #select(kind: Kind, { namespace, labels }: CustomMetricRequest): Promise<string[]> {
    const options = { namespace, ...(!labels.empty && { labelSelector: String(labels) }) }
    const { items } = await this.#options.client.list(kind, options)
    return items.map(({ metadata }) => metadata.name!)
  }

  /** The value for each object, by its name. */
  async #query(
    { series, rule }: KnownSeries,
    kind: Kind,
    { namespace, metricLabels }: CustomMetricRequest,
    names: readonly string[],
  ): Promise<Map<string, number>> {
    const label = rule.resources.labelOf(kind)!
    const namespaceLabel =
      namespace === undefined ? undefined : rule.resources.labelOf(namespaceKind as unknown as Kind)
    const matchers: Matcher[] = [
      ...matchersOf(metricLabels),
      ...(namespaceLabel ? [oneOf(namespaceLabel, [namespace!])] : []),
      oneOf(label, names),
    ]
    const samples = await this.#options.prometheus.query(rule.query(series, matchers, label))
    return new Map(samples.flatMap(({ metric, value }) => (metric[label] ? [[metric[label], value] as const] : [])))
  }
}

const missing = (message: string) => new StatusError(404, 'NotFound', message)

/** The resources that a series is about, by its labels. */
function resourcesOf({ rule, labels }: KnownSeries): Kind[] {
  return labels.flatMap(label => rule.resources.resourceOf(label) ?? [])
}

/** Whether a series tells of objects in namespaces; namespaces themselves are in none. */
function isNamespaced(series: KnownSeries, kind: Kind): boolean {
  const isNamespace = ({ group, plural }: Kind) => group === '' && plural === namespaceKind.plural
  return !isNamespace(kind) && resourcesOf(series).some(isNamespace)
}
