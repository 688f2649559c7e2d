import type { PodResourceClaim } from '../core/pod/spec.ts'
import type { Pod } from '../core/pod.ts'
import type { DeviceTaint } from './device.ts'
import type { DeviceToleration } from './requests.ts'
import type { ResourceClaim } from './resourceclaim.ts'

/** What pods, claims and devices are to each other (upstream dynamic-resource-allocation/resourceclaim). */

/** Keeps an allocated claim until nobody uses its devices. */
export const DELETE_PROTECTION = 'resource.kubernetes.io/delete-protection'

/** Most users of a claim at a time (resource API ResourceClaimReservedForMaxSize). */
const MAX_RESERVED = 256

/** The claim behind an entry of a pod's resourceClaims. */
export interface ClaimOfPod {
  /** Undefined: none is needed. */
  readonly name: string | undefined
  /** It is made for the pod, so that it must be the pod's own. */
  readonly made: boolean
}

/** The claim behind an entry of a pod's resourceClaims; undefined while it is yet to be made. */
export function claimOfPod({ status }: Pod, entry: PodResourceClaim): ClaimOfPod | undefined {
  if (entry.resourceClaimName) return { name: entry.resourceClaimName, made: false }
  const made = status.resourceClaimStatuses?.find(({ name }) => name === entry.name)
  return made && { name: made.resourceClaimName, made: true }
}

/** The keys of the claims that a pod uses, as far as they are known. */
export function claimKeysOfPod(pod: Pod): string[] {
  const names = (pod.spec.resourceClaims ?? []).map(entry => claimOfPod(pod, entry)?.name)
  return names.filter(name => name !== undefined).map(name => `${pod.metadata.namespace}/${name}`)
}

/** Whether a claim was made for this very pod. */
export const isClaimForPod = ({ metadata }: ResourceClaim, { metadata: pod }: Pod): boolean =>
  metadata.namespace === pod.namespace &&
  (metadata.ownerReferences ?? []).some(({ controller, uid }) => controller && uid === pod.uid)

export const isReservedFor = ({ status }: ResourceClaim, { metadata }: Pod): boolean =>
  (status.reservedFor ?? []).some(({ uid }) => uid === metadata.uid)

export const canBeReserved = ({ status }: ResourceClaim): boolean => (status.reservedFor?.length ?? 0) < MAX_RESERVED

/** How a pod stands in a claim's `reservedFor`. */
export const consumerOf = ({ metadata }: Pod) => ({ resource: 'pods', name: metadata.name!, uid: metadata.uid! })

/** Whether a toleration is for this taint of a device. */
export function toleratesDevice(toleration: DeviceToleration, taint: DeviceTaint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if (toleration.operator === 'Exists') return true
  return (toleration.value ?? '') === (taint.value ?? '')
}
