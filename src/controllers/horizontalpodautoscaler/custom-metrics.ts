import { untypedKind } from '../../api/apiextensions/client-kind.ts'
import type { CrossVersionObjectReference } from '../../api/autoscaling/metrics.ts'
import { pod } from '../../api/core/pod.ts'
import { CUSTOM_METRICS, type MetricValue } from '../../api/metrics/metric-values.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { Selector } from '../../apimachinery/labels.ts'
import { quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import type { Client } from '../../client/client.ts'
import type { RequestOptions } from '../../client/transport.ts'
import type { PodMetricsInfo } from './metrics-client.ts'
import type { KindOfReference } from './rest-mapping.ts'

/** Versions that are understood, the best first. */
const VERSIONS = ['v1beta2', 'v1beta1']
/** Over which a metric was measured that does not say so. */
const DEFAULT_WINDOW_MS = 60_000

/** A custom metric of the pods that are selected (k8s.io/metrics custom_metrics client, GetForObjects). */
export async function podsMetrics(
  client: Client,
  metric: string,
  namespace: string,
  selector: Selector,
  metricSelector: Selector,
): Promise<PodMetricsInfo> {
  const items = await fetch(client, { namespace, resource: pod.plural, name: '*', metric }, selector, metricSelector)
  if (items.length === 0) throw new Error('no metrics returned from custom metrics API')
  return new Map(
    items.map(({ describedObject, timestamp, windowSeconds, value }) => [
      describedObject.name,
      {
        value: quantityMilliValue(value),
        at: Date.parse(timestamp),
        windowMs: windowSeconds === undefined ? DEFAULT_WINDOW_MS : windowSeconds * 1000,
      },
    ]),
  )
}

/** A custom metric of one object, in thousandths (GetForObject). */
export async function objectMetric(
  client: Client,
  kindOf: KindOfReference,
  metric: string,
  namespace: string,
  object: CrossVersionObjectReference,
  metricSelector: Selector,
): Promise<number> {
  const where = await placeOf(kindOf, metric, namespace, object)
  const items = await fetch(client, where, undefined, metricSelector)
  const [only] = items
  if (!only || items.length > 1) {
    throw new Error(
      `unable to fetch metrics from custom metrics API: the custom metrics API server returned ${items.length} results when we asked for exactly one`,
    )
  }
  return quantityMilliValue(only.value)
}

interface Place {
  readonly namespace?: string
  /** `pods`, or with its group as `ingresses.networking.k8s.io`. */
  readonly resource: string
  readonly name: string
  readonly metric: string
}

async function placeOf(
  kindOf: KindOfReference,
  metric: string,
  namespace: string,
  { apiVersion = '', kind, name }: CrossVersionObjectReference,
): Promise<Place> {
  // The metrics of a namespace are a resource of their own, below it.
  if (kind === 'Namespace' && !apiVersion.includes('/'))
    return { namespace, resource: 'metrics', name: metric, metric: '' }
  const { group, plural, scope } = await kindOf({ apiVersion, kind }).catch(error => {
    throw new Error(`unable to fetch metrics from custom metrics API: ${error.message}`)
  })
  const resource = group ? `${plural}.${group}` : plural
  return { ...(scope === 'Namespaced' && { namespace }), resource, name, metric }
}

async function fetch(
  client: Client,
  { namespace, resource, name, metric }: Place,
  selector: Selector | undefined,
  metricSelector: Selector,
): Promise<readonly MetricValue[]> {
  try {
    const version = await preferredVersion(client)
    const kind = metricsKind(version, resource, namespace === undefined ? 'Cluster' : 'Namespaced')
    const options: RequestOptions = {
      ...(selector && { labelSelector: String(selector) }),
      ...(!metricSelector.empty && { metricLabelSelector: String(metricSelector) }),
    }
    const request = { verb: 'get' as const, kind, namespace, name, ...(metric && { subresource: metric }), options }
    return ((await client.transport.request(request)) as { items: readonly MetricValue[] }).items
  } catch (error) {
    throw new Error(`unable to fetch metrics from custom metrics API: ${(error as Error).message}`)
  }
}

const metricsKind = (version: string, plural: string, scope: Kind['scope']): Kind =>
  untypedKind({ group: CUSTOM_METRICS, version, kind: 'MetricValueList', plural, singular: '', scope })

async function preferredVersion(client: Client): Promise<string> {
  for (const version of VERSIONS) {
    const served = await client.discover(`${CUSTOM_METRICS}/${version}`).then(
      () => true,
      error => {
        if (isReason(error, 'NotFound')) return false
        throw error
      },
    )
    if (served) return version
  }
  throw new Error(`no custom metrics API (${CUSTOM_METRICS}) registered`)
}
