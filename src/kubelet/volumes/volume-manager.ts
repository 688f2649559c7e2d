import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { persistentVolumeSourceFields } from '../../api/core/persistentvolume-source.ts'
import type { Volume } from '../../api/core/pod/volume.ts'
import type { Pod } from '../../api/core/pod.ts'
import { uidOf } from '../pods/pod.ts'
import { claimedVolume } from './claim.ts'
import { mountsBelow, unmountBelow } from './mount.ts'
import type { ClaimedVolume, MountedVolume, VolumePlugin, VolumeSurroundings } from './volume.ts'
import { VolumeError } from './volume-error.ts'

/** Folders of one pod below the kubelet's. */
export const podDir = (root: string, uid: string): string => path.join(root, 'pods', uid)

interface State {
  readonly mounted: Map<string, MountedVolume>
  /** Volumes that the attach-detach controller must leave on the node, by upstream's unique names. */
  readonly attachable: Set<string>
  stale: boolean
}

/** Sets up the volumes of pods, keeps them up to date, and takes them away again. */
export class VolumeManager {
  readonly #node: VolumeSurroundings
  readonly #plugins: readonly VolumePlugin[]
  readonly #onInUse: () => void
  readonly #pods = new Map<string, State>()

  /** `onInUse` is called whenever `inUse` changes. */
  constructor(node: VolumeSurroundings, plugins: readonly VolumePlugin[], onInUse: () => void = () => {}) {
    this.#node = node
    this.#plugins = plugins
    this.#onInUse = onInUse
  }

  /** What pods of the node use, or are about to, of the volumes that are attached to nodes. */
  get inUse(): string[] {
    return [...new Set([...this.#pods.values()].flatMap(({ attachable }) => [...attachable]))].sort()
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
    const state = this.#pods.get(uid) ?? { mounted: new Map(), attachable: new Set(), stale: true }
    this.#pods.set(uid, state)
    const due = (this.renewAt(uid) ?? Number.POSITIVE_INFINITY) <= this.#node.clock.now()
    if (!state.stale && !due) return state.mounted
    state.stale = false
    const results = await Promise.allSettled(
      (pod.spec.volumes ?? []).map(async volume => {
        const before = state.mounted.get(volume.name)
        // What a claim is bound to does not change, and need not be asked for again.
        const kept = before?.persistentVolume && (before.renewAt ?? Number.POSITIVE_INFINITY) > this.#node.clock.now()
        if (!kept) state.mounted.set(volume.name, await this.#one(pod, volume, !!before))
      }),
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
    const dir = podDir(this.#node.root, uid)
    await this.#endUses(path.join(dir, 'volumes'))
    await unmountBelow(dir)
    const used = this.#pods.get(uid)?.attachable.size
    this.#pods.delete(uid)
    if (used) this.#onInUse()
    const left = await mountsBelow(dir)
    // What is mounted there is not the pod's alone, and must not be deleted with it.
    if (left.length > 0) throw new Error(`${left[0]} is still mounted`)
    await rm(dir, { recursive: true, force: true })
  }

  /** Found in the folders, so that what an earlier kubelet had set up is ended as well. */
  async #endUses(dir: string): Promise<void> {
    for (const plugin of this.#plugins) {
      if (!plugin.tearDown) continue
      const folder = path.join(dir, plugin.folder)
      for (const name of await readdir(folder).catch(() => [])) {
        await plugin.tearDown(path.join(folder, name), this.#node)
      }
    }
  }

  async #one(pod: Pod, volume: Volume, has: boolean): Promise<MountedVolume> {
    const claimed = await claimedVolume(pod, volume, this.#node, has)
    const name = claimed?.volume.metadata.name ?? volume.name
    this.#noteUse(uidOf(pod), claimed)
    try {
      const plugin = this.#plugins.find(one => (claimed ? one.handlesClaimed?.(claimed.volume) : one.handles(volume)))
      if (!plugin) throw new Error(`volumes of type ${typeOf(volume, claimed)} are not supported by this version`)
      if (claimed) this.#checkSole(pod, claimed)
      const parent = path.join(podDir(this.#node.root, uidOf(pod)), 'volumes', plugin.folder)
      await mkdir(parent, { recursive: true, mode: 0o750 })
      const request = { pod, volume, claimed, dir: path.join(parent, name), node: this.#node }
      const mounted = await plugin.setUp(request)
      if (!claimed) return mounted
      const readOnly = mounted.readOnly || volume.persistentVolumeClaim?.readOnly
      return { ...mounted, readOnly, persistentVolume: claimed.volume }
    } catch (error) {
      throw new VolumeError(name, error)
    }
  }

  #noteUse(uid: string, claimed: ClaimedVolume | undefined): void {
    const csi = claimed?.volume.spec.csi
    const attachable = this.#pods.get(uid)?.attachable
    const unique = `kubernetes.io/csi/${csi?.driver}^${csi?.volumeHandle}`
    if (!csi || !attachable || attachable.has(unique)) return
    attachable.add(unique)
    this.#onInUse()
  }

  /** A ReadWriteOncePod volume is one pod's at a time (KEP-2485). */
  #checkSole(pod: Pod, { volume }: ClaimedVolume): void {
    if (!volume.spec.accessModes?.includes('ReadWriteOncePod')) return
    for (const [uid, { mounted }] of this.#pods) {
      if (uid === uidOf(pod)) continue
      for (const { persistentVolume } of mounted.values()) {
        if (persistentVolume?.metadata.uid !== volume.metadata.uid) continue
        throw new Error('volume uses the ReadWriteOncePod access mode and is already in use by another pod')
      }
    }
  }
}

function typeOf(volume: Volume, claimed: ClaimedVolume | undefined): string {
  const isSource = (key: string) => Object.hasOwn(persistentVolumeSourceFields, key)
  const found = claimed ? Object.keys(claimed.volume.spec).find(isSource) : Object.keys(volume).find(k => k !== 'name')
  return found ?? 'nothing'
}
