import { rfc3339 } from '../../apimachinery/clock.ts'
import { CpuRates } from '../stats/cpu-rate.ts'
import { machineUsage } from '../stats/machine-usage.ts'
import { type PodUsage, podUsages } from '../stats/node-stats.ts'
import type { Usage } from '../stats/usage.ts'
import { type Call, type Endpoint, send } from './endpoint.ts'

const rates = new CpuRates()

/** /stats/summary: what the node, its pods and their containers use (upstream stats/v1alpha1 Summary). */
export const statsSummary: Endpoint = {
  name: 'stats/summary',
  methods: ['GET'],
  subresource: 'stats',
  async handle(call, response) {
    send(response, 'application/json', JSON.stringify(await summary(call)))
  },
}

async function summary({ tools: { settings, pods, cgroups, cache } }: Call) {
  const now = settings.clock.now()
  const time = rfc3339(now)
  const [machine, usages] = await Promise.all([
    machineUsage(settings.directories.root),
    podUsages(pods.pods, cgroups, cache),
  ])
  const cpu = (key: string, nanos: number, since: number) => ({
    time,
    usageNanoCores: rates.of(key, nanos, now, since),
    usageCoreNanoSeconds: Math.round(nanos),
  })
  const fs = {
    time,
    availableBytes: machine.disk.available,
    capacityBytes: machine.disk.capacity,
    usedBytes: machine.disk.capacity - machine.disk.available,
    inodesFree: machine.disk.inodesFree,
    inodes: machine.disk.inodes,
    inodesUsed: machine.disk.inodes - machine.disk.inodesFree,
  }
  return {
    node: {
      nodeName: settings.nodeName,
      startTime: rfc3339(machine.startedAt),
      cpu: cpu(settings.nodeName, machine.cpuNanos, machine.startedAt),
      memory: { time, availableBytes: machine.memoryAvailable, workingSetBytes: machine.memoryWorkingSet },
      fs,
      runtime: { imageFs: fs },
    },
    pods: usages.map(podStats),
  }

  function podStats({ pod, cgroup, usage, containers, network }: PodUsage) {
    const startedAt = pod.status.startTime ? Date.parse(pod.status.startTime) : now
    const { name, namespace, uid } = pod.metadata
    const interfaces = network.map(each => ({ ...each }))
    return {
      podRef: { name, namespace, uid },
      startTime: rfc3339(startedAt),
      containers: containers.map(({ container, cgroup: own, usage: used }) => ({
        name: container.name,
        startTime: rfc3339(container.startedAt),
        cpu: cpu(own, used.cpuNanos, container.startedAt),
        memory: memory(used, time),
      })),
      cpu: cpu(cgroup, usage.cpuNanos, startedAt),
      memory: memory(usage, time),
      ...(interfaces[0] && { network: { time, ...interfaces[0], interfaces } }),
      process_stats: { process_count: usage.processes },
    }
  }
}

function memory(usage: Usage, time: string) {
  const { memoryUsage, memoryWorkingSet, memoryRss, pageFaults, majorPageFaults, memoryLimit } = usage
  return {
    time,
    ...(memoryLimit !== undefined && { availableBytes: Math.max(0, memoryLimit - memoryWorkingSet) }),
    usageBytes: memoryUsage,
    workingSetBytes: memoryWorkingSet,
    rssBytes: memoryRss,
    pageFaults,
    majorPageFaults,
  }
}
