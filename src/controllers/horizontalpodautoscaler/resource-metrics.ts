import { type PodMetrics, podMetrics } from '../../api/metrics/index.ts'
import { parseDuration } from '../../apimachinery/duration.ts'
import type { Selector } from '../../apimachinery/labels.ts'
import { own } from '../../apimachinery/own.ts'
import { quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { Client } from '../../client/client.ts'
import type { PodMetric, PodMetricsInfo } from './metrics-client.ts'

/** What pods use of a resource, from metrics.k8s.io (upstream podautoscaler/metrics resourceMetricsClient). */
export async function resourceMetrics(
  client: Client,
  resource: string,
  namespace: string,
  selector: Selector,
  container: string | undefined,
): Promise<PodMetricsInfo> {
  const options = { namespace, labelSelector: String(selector) }
  const { items } = await client.list(podMetrics, options).catch(error => {
    throw new Error(`unable to fetch metrics from resource metrics API: ${error.message}`)
  })
  if (items.length === 0) throw new Error('no metrics returned from resource metrics API')
  const found = new Map<string, PodMetric>()
  for (const pod of items) {
    const value = container ? ofContainer(pod, resource, container) : ofPod(pod, resource)
    if (value === undefined) continue
    const times = { at: Date.parse(pod.timestamp), windowMs: parseDuration(pod.window) }
    found.set(pod.metadata.name!, { value, ...times })
  }
  return found
}

/** The sum over all containers; undefined where it is not known of one of them. */
function ofPod({ containers }: PodMetrics, resource: string): number | undefined {
  let sum = 0
  for (const { usage } of containers) {
    const used = own(usage, resource)
    if (used === undefined) return undefined
    sum += quantityMilliValue(used)
  }
  return containers.length > 0 ? sum : undefined
}

function ofContainer({ metadata, containers }: PodMetrics, resource: string, container: string): number | undefined {
  const one = containers.find(({ name }) => name === container)
  if (!one) {
    const pod = `${metadata.namespace}/${metadata.name}`
    throw new Error(`failed to get container metrics: container ${container} not present in metrics for pod ${pod}`)
  }
  const used = own(one.usage, resource)
  return used === undefined ? undefined : quantityMilliValue(used)
}
