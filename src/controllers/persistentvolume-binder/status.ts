import { type PersistentVolume, persistentVolume } from '../../api/core/persistentvolume.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { sameStored } from '../shared/same.ts'

/** Notes the phase of a volume, where it is another. Resolves to the volume as it is then. */
export async function setVolumePhase(
  volume: PersistentVolume,
  phase: string,
  { client, clock }: ReconcileContext,
  message?: string,
): Promise<PersistentVolume> {
  if (volume.status.phase === phase) return volume
  const status = { ...volume.status, phase, message, lastPhaseTransitionTime: rfc3339(clock.now()) }
  return client.updateStatus(persistentVolume, { ...volume, status })
}

/** The same for a volume that cannot be reclaimed, with a warning. */
export async function failVolume(
  volume: PersistentVolume,
  reason: string,
  message: string,
  context: ReconcileContext,
): Promise<void> {
  if (volume.status.phase === 'Failed') return
  const failed = await setVolumePhase(volume, 'Failed', context, message)
  context.events.warning(failed, reason, message)
}

/** Notes what a claim has got: `volume` when it is bound. Resolves to the claim as it is then. */
export async function setClaimStatus(
  claim: PersistentVolumeClaim,
  phase: 'Pending' | 'Bound' | 'Lost',
  volume: PersistentVolume | undefined,
  { client }: ReconcileContext,
): Promise<PersistentVolumeClaim> {
  const status = { ...claim.status, phase, ...(volume ? boundTo(claim, volume) : UNBOUND) }
  if (sameStored(status, claim.status)) return claim
  return client.updateStatus(persistentVolumeClaim, { ...claim, status })
}

const UNBOUND = { accessModes: undefined, capacity: undefined, currentVolumeAttributesClassName: undefined }

/** The capacity of a claim that was bound before is the file system's, which may differ from the volume's. */
function boundTo(claim: PersistentVolumeClaim, { spec }: PersistentVolume) {
  const { phase, capacity, currentVolumeAttributesClassName } = claim.status
  const isNew = phase !== 'Bound'
  return {
    accessModes: spec.accessModes,
    capacity: isNew ? spec.capacity : capacity,
    currentVolumeAttributesClassName: isNew ? spec.volumeAttributesClassName : currentVolumeAttributesClassName,
  }
}

/** Notes that a claim has lost its volume, once. */
export async function loseClaim(
  claim: PersistentVolumeClaim,
  reason: string,
  message: string,
  context: ReconcileContext,
): Promise<void> {
  if (claim.status.phase === 'Lost') return
  const lost = await setClaimStatus(claim, 'Lost', undefined, context)
  context.events.warning(lost, reason, message)
}
