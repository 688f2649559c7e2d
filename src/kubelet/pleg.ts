import type { CriClient } from './cri/client.ts'
import { isNotFound } from './cri/error.ts'
import { POD_UID } from './runtime/labels.ts'
import type { PodCache } from './runtime/pod-cache.ts'

interface PodListener {
  wake(uid: string): void
  wakeAll(): void
  removeOrphans(): Promise<void>
}

/**
 * Wakes pods when something happens to their containers, by the runtime's own events (upstream's evented PLEG). After a
 * lost connection every pod is looked at again. Resolves when the signal ends it.
 */
export async function followRuntime(
  cri: CriClient,
  cache: PodCache,
  pods: PodListener,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  for await (const event of cri.events(signal)) {
    if (event.type === 'resync') {
      pods.wakeAll()
      await pods.removeOrphans()
      continue
    }
    // Only the kubelet itself creates and starts containers, and looks at them when it has.
    if (event.type === 'create' || event.type === 'start') continue
    const uid =
      event.podUid ??
      cache.ownerOf(event.containerId) ??
      (await ownerOf(event.containerId, cri).catch(error => {
        if (!isNotFound(error)) log(`event of container ${event.containerId}: ${error.message}`)
        return undefined
      }))
    if (uid) pods.wake(uid)
  }
}

async function ownerOf(id: string, cri: CriClient): Promise<string | undefined> {
  const { containers } = await cri.runtime.listContainers({ filter: { id } })
  if (containers[0]) return containers[0].labels[POD_UID]
  const { items } = await cri.runtime.listPodSandbox({ filter: { id } })
  return items[0]?.labels[POD_UID]
}
