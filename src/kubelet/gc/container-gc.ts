import type { CriClient } from '../cri/client.ts'
import { isNotFound } from '../cri/error.ts'
import type { RuntimePod } from '../runtime/runtime-pod.ts'

/** Dead incarnations of a container that are kept, for the log of the previous one (maxPerPodContainerCount). */
const KEPT = 1

/** What a pod can do without: dead containers behind the newest dead one, and sandboxes that nothing is left in. */
export function surplusOf(pod: RuntimePod): { containers: string[]; sandboxes: string[] } {
  const seen = new Map<string, number>()
  const containers: string[] = []
  const inUse = new Set<string>()
  for (const { id, name, state, sandboxId } of pod.containers) {
    const count = seen.get(name) ?? 0
    if (state === 'exited' && count >= KEPT) {
      containers.push(id)
      continue
    }
    if (state === 'exited') seen.set(name, count + 1)
    inUse.add(sandboxId)
  }
  const sandboxes = pod.sandboxes.slice(1).filter(({ id, state }) => state !== 'SANDBOX_READY' && !inUse.has(id))
  return { containers, sandboxes: sandboxes.map(({ id }) => id) }
}

/** Removes what a pod can do without. */
export async function prune(cri: CriClient, pod: RuntimePod): Promise<void> {
  const { containers, sandboxes } = surplusOf(pod)
  for (const containerId of containers) await cri.runtime.removeContainer({ containerId }).catch(ignoreMissing)
  for (const podSandboxId of sandboxes) await cri.runtime.removePodSandbox({ podSandboxId }).catch(ignoreMissing)
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error
}
