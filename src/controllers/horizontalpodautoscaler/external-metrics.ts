import { untypedKind } from '../../api/apiextensions/client-kind.ts'
import { EXTERNAL_METRICS, type ExternalMetricValue } from '../../api/metrics/metric-values.ts'
import type { Selector } from '../../apimachinery/labels.ts'
import { quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { Client } from '../../client/client.ts'

/** The values of an external metric's series, in thousandths (upstream podautoscaler/metrics externalMetricsClient). */
export async function externalMetric(
  client: Client,
  metric: string,
  namespace: string,
  metricSelector: Selector,
): Promise<readonly number[]> {
  const kind = untypedKind({
    group: EXTERNAL_METRICS,
    version: 'v1beta1',
    kind: 'ExternalMetricValueList',
    plural: metric,
    singular: '',
    scope: 'Namespaced',
  })
  const options = { namespace, ...(!metricSelector.empty && { labelSelector: String(metricSelector) }) }
  const list = await client.list(kind, options).catch(error => {
    throw new Error(`unable to fetch metrics from external metrics API: ${error.message}`)
  })
  const items = list.items as unknown as readonly ExternalMetricValue[]
  if (items.length === 0) throw new Error('no metrics returned from external metrics API')
  return items.map(({ value }) => quantityMilliValue(value))
}
