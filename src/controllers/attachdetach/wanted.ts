import { createHash } from 'node:crypto'
import { type PersistentVolume, persistentVolume } from '../../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { type Pod, pod } from '../../api/core/pod.ts'
import { csiDriver } from '../../api/storage/csidriver.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { claimsOf } from '../shared/pod-claims.ts'
import { isFinished } from '../shared/pods.ts'

/** Index of the pods with claims, by node. */
export const PODS_BY_NODE = 'attachdetach/node'

/** A volume that is to be attached to a node, and the pods there that use it. */
export interface Wanted {
  readonly volume: PersistentVolume
  readonly driver: string
  readonly handle: string
  readonly pods: readonly Pod[]
}

/** Volumes of drivers that attach, which pods of a node use, by the name of the PersistentVolume. */
export function wantedOn(node: string, context: ReconcileContext): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const user of context.informer(pod).byIndex(PODS_BY_NODE, node)) {
    if (isFinished(user)) continue
    for (const key of claimsOf(user)) {
      const volume = volumeOf(key, context)
      const csi = volume?.spec.csi
      if (!volume || !csi || !attaches(csi.driver, context)) continue
      const name = volume.metadata.name!
      const pods = [...(wanted.get(name)?.pods ?? []), user]
      wanted.set(name, { volume, driver: csi.driver, handle: csi.volumeHandle, pods })
    }
  }
  return wanted
}

function volumeOf(claimKey: string, { informer }: ReconcileContext): PersistentVolume | undefined {
  const claim = informer(persistentVolumeClaim).get(claimKey)
  const volume = claim?.spec.volumeName ? informer(persistentVolume).get(claim.spec.volumeName) : undefined
  return volume?.spec.claimRef?.uid === claim?.metadata.uid ? volume : undefined
}

/** Drivers of which nothing is said are taken to attach. */
const attaches = (driver: string, { informer }: ReconcileContext) =>
  informer(csiDriver).get(driver)?.spec.attachRequired ?? true

/** How nodes name an attachable volume in their status. */
export const uniqueName = (driver: string, handle: string): string => `kubernetes.io/csi/${driver}^${handle}`

/** The name of a VolumeAttachment, by which the kubelet finds it as well (upstream pkg/volume/csi getAttachmentName). */
export const attachmentName = (driver: string, handle: string, node: string): string =>
  `csi-${createHash('sha256')
    .update(handle + driver + node)
    .digest('hex')}`
