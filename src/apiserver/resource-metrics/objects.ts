import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import { type NodeMetrics, nodeMetrics, type PodMetrics, podMetrics } from '../../api/metrics/index.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { formatDuration } from '../../apimachinery/duration.ts'
import { deepFreeze } from '../../apimachinery/json.ts'
import { resourceList, type Usage } from './usage.ts'

/** What a node uses, as an object. */
export function nodeMetricsOf({ metadata: { name, labels } }: Node, usage: Usage, now: number): NodeMetrics {
  return deepFreeze({
    kind: nodeMetrics.kind,
    apiVersion: nodeMetrics.apiVersion,
    metadata: { name, creationTimestamp: rfc3339(now), ...(labels && { labels }) },
    ...timesOf(usage),
    usage: resourceList(usage),
  })
}

/** What the containers of a pod use, as an object. There is one at least. */
export function podMetricsOf(
  { metadata: { name, namespace, labels } }: Pod,
  usages: ReadonlyMap<string, Usage>,
  now: number,
): PodMetrics {
  const earliest = [...usages.values()].reduce((a, b) => (b.at < a.at ? b : a))
  return deepFreeze({
    kind: podMetrics.kind,
    apiVersion: podMetrics.apiVersion,
    metadata: { name, namespace, creationTimestamp: rfc3339(now), ...(labels && { labels }) },
    ...timesOf(earliest),
    containers: [...usages].map(([name, usage]) => ({ name, usage: resourceList(usage) })),
  })
}

const timesOf = ({ at, windowMs }: Usage) => ({ timestamp: rfc3339(at), window: formatDuration(windowMs) })
