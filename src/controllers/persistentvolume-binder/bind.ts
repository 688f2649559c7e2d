import { type PersistentVolume, persistentVolume } from '../../api/core/persistentvolume.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, isBoundToClaim } from '../../api/core/volume-binding.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { setClaimStatus, setVolumePhase } from './status.ts'

/**
 * Binds a volume and a claim to each other: first the volume to the claim, then the claim to the volume. Each step is
 * skipped when it is done; one that fails leaves what the next attempt completes. A volume that someone else has taken
 * meanwhile makes the first step fail with a conflict.
 */
export async function bind(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
  context: ReconcileContext,
): Promise<void> {
  const reserved = await bindVolume(volume, claim, context)
  const bound = await setVolumePhase(reserved, 'Bound', context)
  const satisfied = await bindClaim(claim, bound, context)
  await setClaimStatus(satisfied, 'Bound', bound, context)
}

async function bindVolume(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
  { client }: ReconcileContext,
): Promise<PersistentVolume> {
  const { metadata, spec } = volume
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const ours = isBoundToClaim(volume, claim)
  if (ours && spec.claimRef!.uid === uid) return volume
  return client.update(persistentVolume, {
    ...volume,
    // A volume that the user has reserved goes back to what the user said when its claim goes.
    metadata: ours ? metadata : { ...metadata, annotations: { ...metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' } },
    spec: {
      ...spec,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion },
    },
  })
}

async function bindClaim(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  { client }: ReconcileContext,
): Promise<PersistentVolumeClaim> {
  const { metadata, spec } = claim
  const volumeName = volume.metadata.name!
  const annotations = { ...metadata.annotations }
  if (spec.volumeName !== volumeName) annotations[BOUND_BY_CONTROLLER] ??= 'yes'
  else if (annotations[BIND_COMPLETED] !== undefined) return claim
  annotations[BIND_COMPLETED] ??= 'yes'
  return client.update(persistentVolumeClaim, {
    ...claim,
    metadata: { ...metadata, annotations },
    spec: { ...spec, volumeName },
  })
}

/** Takes a volume back from a claim that is bound elsewhere; what the user has reserved stays reserved. */
export async function unbind(volume: PersistentVolume, context: ReconcileContext): Promise<void> {
  const { metadata, spec } = volume
  const { [BOUND_BY_CONTROLLER]: byController, ...annotations } = metadata.annotations ?? {}
  const free =
    byController === undefined
      ? { ...volume, spec: { ...spec, claimRef: { ...spec.claimRef, uid: undefined } } }
      : { ...volume, metadata: { ...metadata, annotations }, spec: { ...spec, claimRef: undefined } }
  await setVolumePhase(await context.client.update(persistentVolume, free), 'Available', context)
}
