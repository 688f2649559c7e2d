import { aggregateContainers } from '../../api/core/pod/pod-resources.ts'
import { podQOS } from '../../api/core/pod/qos.ts'
import type { ResourceRequirements } from '../../api/core/pod/resources.ts'
import type { PodSpec } from '../../api/core/pod/spec.ts'
import { addQuantities, quantityMilliValue, quantityValue } from '../../apimachinery/quantity.ts'
import type { LinuxContainerResources } from '../cri/messages/resources.ts'

const CPU_PERIOD_US = 100_000
const MIN_QUOTA_US = 1_000
const MIN_SHARES = 2
const MAX_SHARES = 262_144

/** CPU weight, of 1024 to a processor, for a request in thousandths of one. */
export function cpuShares(milli: number): number {
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milli * 1024) / 1000)))
}

/** Microseconds of CPU time per period of 100 ms for a limit in thousandths of a processor; 0 means no limit. */
export function cpuQuota(milli: number): number {
  return milli === 0 ? 0 : Math.max(MIN_QUOTA_US, Math.floor((milli * CPU_PERIOD_US) / 1000))
}

/**
 * How readily the kernel kills a container for memory, from -1000 to 1000 (upstream pkg/kubelet/qos). `capacity` is the
 * node's memory in bytes.
 */
export function oomScoreAdj(spec: PodSpec, resources: ResourceRequirements, capacity: number): number {
  if (spec.priority !== undefined && spec.priority >= 2_000_000_000) return -997
  const qos = podQOS(spec)
  if (qos === 'Guaranteed') return -997
  if (qos === 'BestEffort') return 1000
  const request = quantityValue(resources.requests?.memory ?? '0')
  const score = 1000 - Math.floor((1000 * request) / capacity)
  return Math.min(999, Math.max(3, score))
}

type Limits = Pick<LinuxContainerResources, 'cpuPeriod' | 'cpuQuota' | 'cpuShares' | 'memoryLimitInBytes'>

/** cgroup settings for requests and limits. */
export function cgroupLimits({ requests = {}, limits = {} }: ResourceRequirements): Limits {
  const request = quantityMilliValue(requests.cpu ?? limits.cpu ?? '0')
  return {
    cpuPeriod: CPU_PERIOD_US,
    cpuQuota: cpuQuota(quantityMilliValue(limits.cpu ?? '0')),
    cpuShares: cpuShares(request),
    memoryLimitInBytes: quantityValue(limits.memory ?? '0'),
  }
}

/** What a container may use, as the runtime wants it told. `unified`: the machine has cgroup v2. */
export function containerResources(
  spec: PodSpec,
  resources: ResourceRequirements,
  node: { readonly memory: number; readonly unified: boolean },
) {
  return {
    ...cgroupLimits(resources),
    oomScoreAdj: oomScoreAdj(spec, resources, node.memory),
    ...(node.unified && { unified: { 'memory.oom.group': '1' } }),
  }
}

/** Requests and limits of a pod as a whole; a limit only where every container has one. */
export function podResources(spec: PodSpec): ResourceRequirements {
  const requests = { ...aggregateContainers(spec, 'requests'), ...spec.resources?.requests }
  const limits: Record<string, string> = { ...spec.resources?.limits }
  const aggregated = aggregateContainers(spec, 'limits')
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  for (const name of ['cpu', 'memory']) {
    const everywhere = containers.every(({ resources }) => resources.limits?.[name] !== undefined)
    if (limits[name] === undefined && everywhere && aggregated[name]) limits[name] = aggregated[name]
  }
  for (const [name, extra] of Object.entries(spec.overhead ?? {})) {
    requests[name] = requests[name] ? addQuantities(requests[name], extra) : extra
    if (limits[name]) limits[name] = addQuantities(limits[name], extra)
  }
  return { requests, limits }
}
