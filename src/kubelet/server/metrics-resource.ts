import { metric, TEXT_FORMAT } from '../stats/exposition.ts'
import { machineUsage } from '../stats/machine-usage.ts'
import { podUsages } from '../stats/node-stats.ts'
import { type Endpoint, send } from './endpoint.ts'

/** /metrics/resource: CPU and memory of node, pods and containers, as the metrics server reads them. */
export const metricsResource: Endpoint = {
  name: 'metrics/resource',
  methods: ['GET'],
  subresource: 'metrics',
  async handle({ tools: { settings, pods, cgroups, cache } }, response) {
    const at = settings.clock.now()
    const [machine, usages] = await Promise.all([
      machineUsage(settings.directories.root),
      podUsages(pods.pods, cgroups, cache),
    ])
    const ofPods = usages.map(({ pod, usage }) => ({
      labels: { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '' },
      usage,
    }))
    const ofContainers = usages.flatMap(({ pod, containers }) =>
      containers.map(({ container, usage }) => ({
        labels: { container: container.name, namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '' },
        container,
        usage,
      })),
    )
    const text = [
      metric(
        'container_cpu_usage_seconds_total',
        'counter',
        'CPU time used by the container in core-seconds',
        ofContainers.map(({ labels, usage }) => ({ labels, value: usage.cpuNanos / 1e9, at })),
      ),
      metric(
        'container_memory_working_set_bytes',
        'gauge',
        'Working set of the container in bytes',
        ofContainers.map(({ labels, usage }) => ({ labels, value: usage.memoryWorkingSet, at })),
      ),
      metric(
        'container_start_time_seconds',
        'gauge',
        'Start time of the container since the epoch in seconds',
        ofContainers.map(({ labels, container }) => ({ labels, value: container.startedAt / 1000 })),
      ),
      metric('node_cpu_usage_seconds_total', 'counter', 'CPU time used by the node in core-seconds', [
        { value: machine.cpuNanos / 1e9, at },
      ]),
      metric('node_memory_working_set_bytes', 'gauge', 'Working set of the node in bytes', [
        { value: machine.memoryWorkingSet, at },
      ]),
      metric(
        'pod_cpu_usage_seconds_total',
        'counter',
        'CPU time used by the pod in core-seconds',
        ofPods.map(({ labels, usage }) => ({ labels, value: usage.cpuNanos / 1e9, at })),
      ),
      metric(
        'pod_memory_working_set_bytes',
        'gauge',
        'Working set of the pod in bytes',
        ofPods.map(({ labels, usage }) => ({ labels, value: usage.memoryWorkingSet, at })),
      ),
      metric('resource_scrape_error', 'gauge', '1 if there was an error while getting these metrics', [{ value: 0 }]),
    ]
    send(response, TEXT_FORMAT, text.join(''))
  },
}
