import type { Node } from '../../api/core/node.ts'
import type { PersistentVolume } from '../../api/core/persistentvolume.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import type { Volume } from '../../api/core/pod/volume.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Client } from '../../client/client.ts'
import type { ConfigObjects } from '../env/objects.ts'

/** What volumes are made from. */
export interface VolumeSurroundings {
  readonly client: Client
  readonly clock: Clock
  readonly objects: ConfigObjects
  /** The kubelet's folder. */
  readonly root: string
  /** The node's addresses. */
  readonly hostIPs: readonly string[]
  /** The node as it is registered. */
  node(): Node
  /** What pods can have on the node, as quantities. */
  allocatable(): Readonly<Record<string, string>>
  /** The pod's addresses, once it has any. */
  podIPs(uid: string): readonly string[]
}

/** Files of a volume by their path in it. */
export type Payload = ReadonlyMap<string, { readonly data: Buffer; readonly mode: number }>

/** What a claim of a pod has got. */
export interface ClaimedVolume {
  readonly claim: PersistentVolumeClaim
  readonly volume: PersistentVolume
}

/** One volume to be set up. */
export interface VolumeRequest {
  readonly pod: Pod
  readonly volume: Volume
  /** Where the pod names a claim: what holds the data. */
  readonly claimed?: ClaimedVolume
  /** The volume's own folder; it need not exist. */
  readonly dir: string
  readonly node: VolumeSurroundings
}

/** A volume that is set up. */
export interface MountedVolume {
  /** What containers see: a folder, a file for some hostPaths, a device for volumes of the mode Block. */
  readonly path: string
  /** When its contents must be renewed at the latest, in milliseconds since the epoch. */
  readonly renewAt?: number
  /** Whether no container may write to it. */
  readonly readOnly?: boolean
  /** The PersistentVolume that it is. */
  readonly persistentVolume?: PersistentVolume
}

/** How one type of volume is set up. */
export interface VolumePlugin {
  /** Name of the folder that holds such volumes, as upstream names it: `kubernetes.io~configmap`. */
  readonly folder: string
  /** Whether a volume is of this type. */
  handles(volume: Volume): boolean
  /** Whether a volume that a claim is bound to is of this type; none is where this is left out. */
  handlesClaimed?(volume: PersistentVolume): boolean
  /** Sets it up, or brings it up to date. Rejects with what keeps it from being set up. */
  setUp(request: VolumeRequest): Promise<MountedVolume>
  /** What it takes, besides unmounting and removing the folder, to end a pod's use of a volume. `dir` is as in `setUp`. */
  tearDown?(dir: string, node: VolumeSurroundings): Promise<void>
}
