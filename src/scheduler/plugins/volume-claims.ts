import type { PersistentVolume } from '../../api/core/persistentvolume.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import type { Pod } from '../../api/core/pod.ts'
import { BIND_COMPLETED, claimClass } from '../../api/core/volume-binding.ts'
import type { StorageClass } from '../../api/storage/storageclass.ts'
import { claimsOf } from '../pod-claims.ts'

/** Where claims, volumes and classes are looked up, by their keys. */
export interface VolumeLookup {
  claim(key: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  storageClass(name: string): StorageClass | undefined
}

/** A pod's claims, by how far they are. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[]
  /** To be bound when the pod has its node. */
  readonly delayed: readonly PersistentVolumeClaim[]
  /** To be bound by a controller before the pod can have one. */
  readonly immediate: readonly PersistentVolumeClaim[]
}

export const isBound = ({ spec, metadata }: PersistentVolumeClaim): boolean =>
  !!spec.volumeName && metadata.annotations?.[BIND_COMPLETED] !== undefined

/** Sorts a pod's claims; a text when one of them stands in the way (upstream podHasPVCs). */
export function sortedClaims(pod: Pod, lookup: VolumeLookup): PodClaims | string {
  const [bound, delayed, immediate] = [[], [], []] as PersistentVolumeClaim[][]
  for (const { name, ephemeral } of claimsOf(pod)) {
    const claim = lookup.claim(`${pod.metadata.namespace}/${name}`)
    const quoted = JSON.stringify(name)
    if (!claim && ephemeral)
      return `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
    if (!claim) return `persistentvolumeclaim ${quoted} not found`
    const { metadata, spec, status } = claim
    if (status.phase === 'Lost') {
      return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(spec.volumeName)}`
    }
    if (metadata.deletionTimestamp) return `persistentvolumeclaim ${quoted} is being deleted`
    if (ephemeral && !metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid)) {
      const { namespace } = pod.metadata
      return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`
    }
    if (isBound(claim)) bound!.push(claim)
    else if (!spec.volumeName && waitsForPod(claim, lookup)) delayed!.push(claim)
    else immediate!.push(claim)
  }
  return { bound: bound!, delayed: delayed!, immediate: immediate! }
}

const waitsForPod = (claim: PersistentVolumeClaim, lookup: VolumeLookup): boolean =>
  lookup.storageClass(claimClass(claim))?.volumeBindingMode === 'WaitForFirstConsumer'
