import path from 'node:path'
import type { Pod } from '../../api/core/pod.ts'
import type { PodCgroups } from '../cgroups/pod-cgroups.ts'
import { uidOf } from '../pods/pod.ts'
import type { PodCache } from '../runtime/pod-cache.ts'
import type { RuntimeContainer } from '../runtime/runtime-pod.ts'
import { type InterfaceUsage, networkOf } from './network.ts'
import { type Usage, usageOf } from './usage.ts'

export interface ContainerUsage {
  readonly container: RuntimeContainer
  readonly cgroup: string
  readonly usage: Usage
}

export interface PodUsage {
  readonly pod: Pod
  readonly cgroup: string
  readonly usage: Usage
  readonly containers: readonly ContainerUsage[]
  readonly network: readonly InterfaceUsage[]
}

/** What pods use, read from their cgroups; those without one are left out. */
export async function podUsages(pods: readonly Pod[], cgroups: PodCgroups, cache: PodCache): Promise<PodUsage[]> {
  const read = await Promise.all(pods.map(pod => podUsage(pod, cgroups, cache)))
  return read.flatMap(usage => usage ?? [])
}

async function podUsage(pod: Pod, cgroups: PodCgroups, cache: PodCache): Promise<PodUsage | undefined> {
  const cgroup = cgroups.nameOf(pod)
  const usage = await usageOf(cgroups.trees, cgroup)
  if (!usage) return undefined
  const runtime = cache.last(uidOf(pod))
  const running = (runtime?.containers ?? []).filter(({ state }) => state === 'running')
  const containers = await Promise.all(
    running.map(async container => {
      const own = path.join(cgroup, container.id)
      const used = await usageOf(cgroups.trees, own)
      return used ? [{ container, cgroup: own, usage: used }] : []
    }),
  )
  const sandbox = runtime?.sandboxes[0]?.id
  const network = sandbox && !pod.spec.hostNetwork ? await networkOf(cgroups.trees, path.join(cgroup, sandbox)) : []
  return { pod, cgroup, usage, containers: containers.flat(), network }
}
