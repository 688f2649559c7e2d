import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Volume } from '../../api/core/pod/volume.ts'
import type { Pod } from '../../api/core/pod.ts'
import { uidOf } from '../pods/pod.ts'
import { mountsBelow, unmountBelow } from './mount.ts'
import type { MountedVolume, VolumePlugin, VolumeSurroundings } from './volume.ts'

/** Folders of one pod below the kubelet's. */
export const podDir = (root: string, uid: string): string => path.join(root, 'pods', uid)

/** A volume that could not be set up, and why, as upstream words it. */
export class VolumeError extends Error {
  constructor(volume: string, cause: unknown) {
    super(`MountVolume.SetUp failed for volume ${JSON.stringify(volume)} : ${(cause as Error).message}`, { cause })
    this.name = 'VolumeError'
  }
}

interface State {
  readonly mounted: Map<string, MountedVolume>
  stale: boolean
}

/** Sets up the volumes of pods, keeps them up to date, and takes them away again. */
export class VolumeManager {
  readonly #node: VolumeSurroundings
  readonly #plugins: readonly VolumePlugin[]
  readonly #pods = new Map<string, State>()

  constructor(node: VolumeSurroundings, plugins: readonly VolumePlugin[]) {
    this.#node = node
    this.#plugins = plugins
  }

  /** Something that the pod's volumes are made from has changed. */
  stale(uid: string): void {
    const state = this.#pods.get(uid)
    if (state) state.stale = true
  }

  /**
   * The pod's volumes by name, set up and up to date. Rejects with a VolumeError when one cannot be; a volume that was
   * set up before then keeps what it had.
   */
  async setUp(pod: Pod): Promise<ReadonlyMap<string, MountedVolume>> {
    const uid = uidOf(pod)
    const state = this.#pods.get(uid) ?? { mounted: new Map(), stale: true }
    this.#pods.set(uid, state)
    const due = (this.renewAt(uid) ?? Number.POSITIVE_INFINITY) <= this.#node.clock.now()
    if (!state.stale && !due) return state.mounted
    state.stale = false
    const results = await Promise.allSettled(
      (pod.spec.volumes ?? []).map(async volume => state.mounted.set(volume.name, await this.#one(pod, volume))),
    )
    const failed = results.find(result => result.status === 'rejected')
    if (failed) {
      state.stale = true
      throw failed.reason
    }
    return state.mounted
  }

  /** Whether all volumes of the pod have been set up once. */
  isSetUp(pod: Pod): boolean {
    const mounted = this.#pods.get(uidOf(pod))?.mounted
    return (pod.spec.volumes ?? []).every(({ name }) => mounted?.has(name))
  }

  mounted(uid: string): ReadonlyMap<string, MountedVolume> {
    return this.#pods.get(uid)?.mounted ?? new Map()
  }

  /** When the pod's volumes have to be renewed at the latest, in milliseconds since the epoch. */
  renewAt(uid: string): number | undefined {
    const times = [...(this.#pods.get(uid)?.mounted.values() ?? [])].flatMap(({ renewAt }) => renewAt ?? [])
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /** Takes away all that is the pod's on this node. Its containers must have ended. */
  async tearDown(uid: string): Promise<void> {
    this.#pods.delete(uid)
    const dir = podDir(this.#node.root, uid)
    await unmountBelow(dir)
    const left = await mountsBelow(dir)
    // What is mounted there is not the pod's alone, and must not be deleted with it.
    if (left.length > 0) throw new Error(`${left[0]} is still mounted`)
    await rm(dir, { recursive: true, force: true })
  }

  async #one(pod: Pod, volume: Volume): Promise<MountedVolume> {
    try {
      const plugin = this.#plugins.find(candidate => candidate.handles(volume))
      if (!plugin) {
        const type = Object.keys(volume).find(key => key !== 'name') ?? 'nothing'
        throw new Error(`volumes of type ${type} are not supported by this version`)
      }
      const parent = path.join(podDir(this.#node.root, uidOf(pod)), 'volumes', plugin.folder)
      await mkdir(parent, { recursive: true, mode: 0o750 })
      return await plugin.setUp({ pod, volume, dir: path.join(parent, volume.name), node: this.#node })
    } catch (error) {
      throw new VolumeError(volume.name, error)
    }
  }
}
