import { persistentVolume } from '../../api/core/persistentvolume.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  claimClass,
  findMatchingVolume,
  isBoundToClaim,
  mismatchOf,
} from '../../api/core/volume-binding.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { keyOf } from '../../client/informer.ts'
import { bind } from './bind.ts'
import { assignDefaultClass, delaysBinding, hasSelectedNode, provision, tellWaiting } from './provision.ts'
import { loseClaim, setClaimStatus } from './status.ts'

/** Brings a claim to a volume, or finds out that it has lost the one it had. */
export function syncClaim(claim: PersistentVolumeClaim, context: ReconcileContext): Promise<void> {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return syncBound(claim, context)
  return claim.spec.volumeName ? syncNamed(claim, context) : syncUnbound(claim, context)
}

/** The claim takes any volume. */
async function syncUnbound(claim: PersistentVolumeClaim, context: ReconcileContext): Promise<void> {
  const delayBinding = delaysBinding(claim, context)
  const found = findMatchingVolume(claim, context.informer(persistentVolume).list(), { delayBinding })
  if (found) return bind(found, claim, context)
  // A claim that is about to go must not make anyone provide for it.
  if (claim.metadata.deletionTimestamp) return
  if (await assignDefaultClass(claim, context)) return
  if (delayBinding && !hasSelectedNode(claim)) tellWaiting(claim, context)
  else if (claimClass(claim) !== '') return provision(claim, context)
  else {
    const message = 'no persistent volumes available for this claim and no storage class is set'
    context.events.normal(claim, 'FailedBinding', message)
  }
  await setClaimStatus(claim, 'Pending', undefined, context)
}

/** The user asks for one volume. */
async function syncNamed(claim: PersistentVolumeClaim, context: ReconcileContext): Promise<void> {
  const { events } = context
  const { volumeName = '' } = claim.spec
  const volume = context.informer(persistentVolume).get(volumeName)
  if (volume && isBoundToClaim(volume, claim)) return bind(volume, claim, context)
  if (volume && !volume.spec.claimRef) {
    const mismatch = mismatchOf(volume, claim)
    if (!mismatch) return bind(volume, claim, context)
    const message = `Cannot bind to requested volume ${JSON.stringify(volumeName)}: ${mismatch}`
    events.warning(claim, 'VolumeMismatch', message)
  } else if (volume) {
    if (claim.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined) {
      const { namespace, name } = volume.spec.claimRef!
      throw new Error(
        `claim ${keyOf(claim)} was bound to volume ${volumeName}, which belongs to claim ${namespace}/${name}`,
      )
    }
    const message = `volume ${JSON.stringify(volumeName)} already bound to a different claim.`
    events.warning(claim, 'FailedBinding', message)
  }
  await setClaimStatus(claim, 'Pending', undefined, context)
}

/** The claim was bound before. */
async function syncBound(claim: PersistentVolumeClaim, context: ReconcileContext): Promise<void> {
  const { volumeName } = claim.spec
  const lost = (what: string) =>
    loseClaim(claim, 'ClaimLost', `Bound claim has lost ${what}. Data on the volume is lost!`, context)
  if (!volumeName) return lost('reference to PersistentVolume')
  const volume = context.informer(persistentVolume).get(volumeName)
  if (!volume) return lost('its PersistentVolume')
  const { claimRef } = volume.spec
  if (!claimRef || claimRef.uid === claim.metadata.uid) return bind(volume, claim, context)
  const message = 'Two claims are bound to the same volume, this one is bound incorrectly'
  return loseClaim(claim, 'ClaimMisbound', message, context)
}
