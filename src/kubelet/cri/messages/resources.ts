import { type Infer, int64, listOf, map, message, string, uint64 } from '../protobuf.ts'

const hugepageLimit = message({ pageSize: string(1), limit: uint64(2) })

/** cgroup limits. `cpuPeriod` and `cpuQuota` in microseconds, `unified` are raw cgroup v2 files and values. */
export const linuxContainerResources = message({
  cpuPeriod: int64(1),
  cpuQuota: int64(2),
  cpuShares: int64(3),
  memoryLimitInBytes: int64(4),
  oomScoreAdj: int64(5),
  cpusetCpus: string(6),
  cpusetMems: string(7),
  hugepageLimits: listOf(8, hugepageLimit),
  unified: map(9),
  memorySwapLimitInBytes: int64(10),
})
export interface LinuxContainerResources extends Infer<typeof linuxContainerResources> {}
