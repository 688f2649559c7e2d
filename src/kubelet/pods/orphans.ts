import type { CriClient } from '../cri/client.ts'
import { isNotFound } from '../cri/error.ts'
import type { PodCache } from '../runtime/pod-cache.ts'

/** Seconds that containers of a pod that nobody knows get to end. */
const GRACE = 2

/** Ends and removes containers and sandboxes whose pods are not on the node any more. */
export async function removeOrphans(
  { cri, cache }: { readonly cri: CriClient; readonly cache: PodCache },
  isKnown: (uid: string) => boolean,
): Promise<void> {
  const uids = [...(await cache.uids())].filter(uid => !isKnown(uid))
  await Promise.all(
    uids.map(async uid => {
      const { containers, sandboxes } = await cache.read(uid)
      const running = containers.filter(({ state }) => state === 'running')
      await Promise.all(
        running.map(({ id }) => cri.runtime.stopContainer({ containerId: id, timeout: GRACE }).catch(ignoreMissing)),
      )
      for (const { id } of sandboxes) {
        await cri.runtime.stopPodSandbox({ podSandboxId: id }).catch(ignoreMissing)
        await cri.runtime.removePodSandbox({ podSandboxId: id }).catch(ignoreMissing)
      }
      for (const { id } of containers) await cri.runtime.removeContainer({ containerId: id }).catch(ignoreMissing)
      cache.forget(uid)
    }),
  )
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error
}
