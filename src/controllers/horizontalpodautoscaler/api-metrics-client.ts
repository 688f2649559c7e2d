import type { Client } from '../../client/client.ts'
import { objectMetric, podsMetrics } from './custom-metrics.ts'
import { externalMetric } from './external-metrics.ts'
import type { MetricsClient } from './metrics-client.ts'
import { resourceMetrics } from './resource-metrics.ts'
import type { KindOfReference } from './rest-mapping.ts'

/** Metrics from the three metrics APIs, whoever serves them. */
export const apiMetricsClient = (client: Client, kindOf: KindOfReference): MetricsClient => ({
  resource: (...request) => {
    const [resource, namespace, selector, container] = request
    return resourceMetrics(client, resource, namespace, selector, container)
  },
  pods: (...request) => podsMetrics(client, ...request),
  object: (...request) => objectMetric(client, kindOf, ...request),
  external: (...request) => externalMetric(client, ...request),
})
