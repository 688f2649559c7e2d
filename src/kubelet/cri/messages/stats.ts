import { boxed, type Infer, listOf, map, message, nanos, ref, string, uint64 } from '../protobuf.ts'
import { containerMetadata } from './container.ts'
import { filesystemUsage } from './image.ts'
import { podSandboxMetadata } from './sandbox.ts'

const cpuUsage = message({
  timestamp: nanos(1),
  usageCoreNanoSeconds: boxed(2, uint64),
  usageNanoCores: boxed(3, uint64),
})

const memoryUsage = message({
  timestamp: nanos(1),
  workingSetBytes: boxed(2, uint64),
  availableBytes: boxed(3, uint64),
  usageBytes: boxed(4, uint64),
  rssBytes: boxed(5, uint64),
  pageFaults: boxed(6, uint64),
  majorPageFaults: boxed(7, uint64),
})

const swapUsage = message({
  timestamp: nanos(1),
  swapAvailableBytes: boxed(2, uint64),
  swapUsageBytes: boxed(3, uint64),
})

const containerAttributes = message({
  id: string(1),
  metadata: ref(2, containerMetadata),
  labels: map(3),
  annotations: map(4),
})

const containerStats = message({
  attributes: ref(1, containerAttributes),
  cpu: ref(2, cpuUsage),
  memory: ref(3, memoryUsage),
  writableLayer: ref(4, filesystemUsage),
  swap: ref(5, swapUsage),
})
export interface ContainerStats extends Infer<typeof containerStats> {}

const networkInterfaceUsage = message({
  name: string(1),
  rxBytes: boxed(2, uint64),
  rxErrors: boxed(3, uint64),
  txBytes: boxed(4, uint64),
  txErrors: boxed(5, uint64),
})

const networkUsage = message({
  timestamp: nanos(1),
  defaultInterface: ref(2, networkInterfaceUsage),
  interfaces: listOf(3, networkInterfaceUsage),
})

const podSandboxAttributes = message({
  id: string(1),
  metadata: ref(2, podSandboxMetadata),
  labels: map(3),
  annotations: map(4),
})

const linuxPodSandboxStats = message({
  cpu: ref(1, cpuUsage),
  memory: ref(2, memoryUsage),
  network: ref(3, networkUsage),
  process: ref(4, message({ timestamp: nanos(1), processCount: boxed(2, uint64) })),
  containers: listOf(5, containerStats),
})

const podSandboxStats = message({
  attributes: ref(1, podSandboxAttributes),
  linux: ref(2, linuxPodSandboxStats),
})
export interface PodSandboxStats extends Infer<typeof podSandboxStats> {}

const containerStatsFilter = message({ id: string(1), podSandboxId: string(2), labelSelector: map(3) })
export const containerStatsResponse = message({ stats: ref(1, containerStats) })
export const listContainerStatsRequest = message({ filter: ref(1, containerStatsFilter) })
export const listContainerStatsResponse = message({ stats: listOf(1, containerStats) })

const podSandboxStatsFilter = message({ id: string(1), labelSelector: map(2) })
export const listPodSandboxStatsRequest = message({ filter: ref(1, podSandboxStatsFilter) })
export const listPodSandboxStatsResponse = message({ stats: listOf(1, podSandboxStats) })
