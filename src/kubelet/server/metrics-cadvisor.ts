import { metric, type Sample, TEXT_FORMAT } from '../stats/exposition.ts'
import type { PodUsage } from '../stats/node-stats.ts'
import { podUsages } from '../stats/node-stats.ts'
import type { Usage } from '../stats/usage.ts'
import { type Endpoint, send } from './endpoint.ts'

/** /metrics/cadvisor: what containers use, under cAdvisor's names, which dashboards are made for. */
export const metricsCadvisor: Endpoint = {
  name: 'metrics/cadvisor',
  methods: ['GET'],
  subresource: 'metrics',
  async handle({ tools: { pods, cgroups, cache, node } }, response) {
    const usages = await podUsages(pods.pods, cgroups, cache)
    const capacity = node.node.status.capacity ?? {}
    const text = [
      metric('machine_cpu_cores', 'gauge', 'Number of processors', [{ value: Number(capacity.cpu ?? 0) }]),
      metric(
        'container_cpu_usage_seconds_total',
        'counter',
        'CPU time used in seconds',
        perCgroup(usages, u => u.cpuNanos / 1e9, { cpu: 'total' }),
      ),
      metric(
        'container_memory_usage_bytes',
        'gauge',
        'Memory in use in bytes, caches included',
        perCgroup(usages, u => u.memoryUsage),
      ),
      metric(
        'container_memory_working_set_bytes',
        'gauge',
        'Working set in bytes',
        perCgroup(usages, u => u.memoryWorkingSet),
      ),
      metric(
        'container_memory_rss',
        'gauge',
        'Anonymous memory in bytes',
        perCgroup(usages, u => u.memoryRss),
      ),
      metric(
        'container_spec_memory_limit_bytes',
        'gauge',
        'Memory limit in bytes, 0 for none',
        perCgroup(usages, u => u.memoryLimit ?? 0),
      ),
      metric(
        'container_processes',
        'gauge',
        'Number of processes',
        perCgroup(usages, u => u.processes),
      ),
      metric('container_network_receive_bytes_total', 'counter', 'Bytes received', perInterface(usages, 'rxBytes')),
      metric(
        'container_network_receive_errors_total',
        'counter',
        'Errors while receiving',
        perInterface(usages, 'rxErrors'),
      ),
      metric('container_network_transmit_bytes_total', 'counter', 'Bytes sent', perInterface(usages, 'txBytes')),
      metric(
        'container_network_transmit_errors_total',
        'counter',
        'Errors while sending',
        perInterface(usages, 'txErrors'),
      ),
    ]
    send(response, TEXT_FORMAT, text.join(''))
  },
}

function labelsOf({ pod }: PodUsage, id: string, container: string, image: string, name: string) {
  return { container, id, image, name, namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '' }
}

/** One sample for each pod as a whole and for each of its containers. */
function perCgroup(
  usages: readonly PodUsage[],
  value: (usage: Usage) => number,
  more: Record<string, string> = {},
): Sample[] {
  return usages.flatMap(whole => [
    { labels: { ...labelsOf(whole, whole.cgroup, '', '', ''), ...more }, value: value(whole.usage) },
    ...whole.containers.map(({ container, cgroup, usage }) => ({
      labels: { ...labelsOf(whole, cgroup, container.name, container.image, container.id), ...more },
      value: value(usage),
    })),
  ])
}

function perInterface(usages: readonly PodUsage[], what: 'rxBytes' | 'rxErrors' | 'txBytes' | 'txErrors'): Sample[] {
  return usages.flatMap(whole =>
    whole.network.map(each => ({
      labels: { ...labelsOf(whole, whole.cgroup, '', '', ''), interface: each.name },
      value: each[what],
    })),
  )
}
