import { uidOf } from '../pods/pod.ts'
import { metric, TEXT_FORMAT } from '../stats/exposition.ts'
import { type Endpoint, send } from './endpoint.ts'

/** /metrics: the kubelet about itself. */
export const metrics: Endpoint = {
  name: 'metrics',
  methods: ['GET'],
  subresource: 'metrics',
  async handle({ tools: { settings, pods, cache } }, response) {
    const counts = new Map<string, number>()
    let running = 0
    for (const pod of pods.pods) {
      const runtime = cache.last(uidOf(pod))
      if (runtime?.sandboxes[0]?.state === 'SANDBOX_READY') running++
      for (const { state } of runtime?.containers ?? []) counts.set(state, (counts.get(state) ?? 0) + 1)
    }
    const { user, system } = process.cpuUsage()
    const text = [
      metric('kubelet_node_name', 'gauge', 'Name of the node; always 1', [
        { labels: { node: settings.nodeName }, value: 1 },
      ]),
      metric('kubelet_running_pods', 'gauge', 'Pods with a running sandbox', [{ value: running }]),
      metric(
        'kubelet_running_containers',
        'gauge',
        'Containers by state',
        [...counts].map(([state, value]) => ({ labels: { container_state: state }, value })),
      ),
      metric('process_cpu_seconds_total', 'counter', 'CPU time of the kubelet in seconds', [
        { value: (user + system) / 1e6 },
      ]),
      metric('process_resident_memory_bytes', 'gauge', 'Memory of the kubelet in bytes', [
        { value: process.memoryUsage.rss() },
      ]),
    ]
    send(response, TEXT_FORMAT, text.join(''))
  },
}
