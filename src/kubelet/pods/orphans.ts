import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { PodCgroups } from '../cgroups/pod-cgroups.ts'
import type { CriClient } from '../cri/client.ts'
import { isNotFound } from '../cri/error.ts'
import type { PodCache } from '../runtime/pod-cache.ts'
import type { VolumeManager } from '../volumes/volume-manager.ts'

/** Seconds that containers of a pod that nobody knows get to end. */
const GRACE = 2

interface Tools {
  readonly cri: CriClient
  readonly cache: PodCache
  readonly volumes: VolumeManager
  readonly cgroups: PodCgroups
  /** The kubelet's folder. */
  readonly root: string
}

/** Ends and removes all that the node has of pods that nobody knows: containers, sandboxes, volumes, cgroups. */
export async function removeOrphans(tools: Tools, isKnown: (uid: string) => boolean): Promise<void> {
  const { cache, volumes, cgroups, root } = tools
  const running = [...(await cache.uids())].filter(uid => !isKnown(uid))
  await Promise.all(running.map(uid => removePod(uid, tools)))
  const folders = await readdir(path.join(root, 'pods')).catch(() => [])
  const left = await Promise.allSettled(folders.filter(uid => !isKnown(uid)).map(uid => volumes.tearDown(uid)))
  await cgroups.removeOthers(isKnown)
  for (const result of left) if (result.status === 'rejected') throw result.reason
}

async function removePod(uid: string, { cri, cache }: Tools): Promise<void> {
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
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error
}
