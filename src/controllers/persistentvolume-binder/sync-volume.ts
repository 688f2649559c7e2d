import { type PersistentVolume, persistentVolume } from '../../api/core/persistentvolume.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { PROVISIONED_BY } from '../../api/core/volume-binding.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { unbind } from './bind.ts'
import { reclaim } from './reclaim.ts'
import { setVolumePhase } from './status.ts'

/** Held volumes that a provisioner of kube-controller-manager's own had made; there are none here. */
const IN_TREE_FINALIZER = 'kubernetes.io/pv-controller'

/** Key of the claim's reconcile, which a volume's may ask for. */
export const claimKey = (namespace: string | undefined, name: string | undefined): string =>
  `claim/${namespace}/${name}`

/** Brings a volume's phase to what its claim says, and reclaims it once that is gone. */
export async function syncVolume(given: PersistentVolume, context: ReconcileContext): Promise<void> {
  const volume = await withoutInTreeFinalizer(given, context)
  const { claimRef } = volume.spec
  // Without a uid it is reserved, not bound.
  if (!claimRef?.uid) {
    await setVolumePhase(volume, 'Available', context)
    return
  }
  const claim = await claimOf(volume, context)
  if (!claim) return release(volume, context)
  const { volumeName } = claim.spec
  if (!volumeName) await awaitClaim(volume, claim, context)
  else if (volumeName === volume.metadata.name) await setVolumePhase(volume, 'Bound', context)
  else if (isMade(volume) && volume.spec.persistentVolumeReclaimPolicy === 'Delete') await release(volume, context)
  else await unbind(volume, context)
}

const isMade = ({ metadata }: PersistentVolume) => metadata.annotations?.[PROVISIONED_BY] !== undefined
const isSettled = ({ status: { phase } }: PersistentVolume) => phase === 'Released' || phase === 'Failed'

/** The claim has still to be bound to the volume; its own reconcile does that. */
async function awaitClaim(volume: PersistentVolume, claim: PersistentVolumeClaim, context: ReconcileContext) {
  const { namespace, name } = claim.metadata
  if (claim.spec.volumeMode === volume.spec.volumeMode) {
    context.enqueue(claimKey(namespace, name))
    return
  }
  const why = 'due to incompatible volumeMode.'
  const toClaim = `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${JSON.stringify(name)} ${why}`
  const toVolume = `Cannot bind PersistentVolume ${JSON.stringify(volume.metadata.name)} to requested PersistentVolumeClaim ${why}`
  context.events.warning(volume, 'VolumeMismatch', toClaim)
  context.events.warning(claim, 'VolumeMismatch', toVolume)
}

async function release(volume: PersistentVolume, context: ReconcileContext): Promise<void> {
  const released = isSettled(volume) ? volume : await setVolumePhase(volume, 'Released', context)
  await reclaim(released, context)
}

/** The very claim that a volume is bound to. Data depends on the answer: where the cache does not know it, the API is asked. */
async function claimOf(
  volume: PersistentVolume,
  context: ReconcileContext,
): Promise<PersistentVolumeClaim | undefined> {
  const { namespace, name, uid } = volume.spec.claimRef!
  const cached = context.informer(persistentVolumeClaim).get(`${namespace}/${name}`)
  if (cached?.metadata.uid === uid) return cached
  if (!cached && isSettled(volume)) return undefined
  try {
    const live = await context.client.get(persistentVolumeClaim, { namespace, name })
    return live.metadata.uid === uid ? live : undefined
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}

async function withoutInTreeFinalizer(volume: PersistentVolume, { client }: ReconcileContext) {
  const { finalizers = [] } = volume.metadata
  if (!finalizers.includes(IN_TREE_FINALIZER)) return volume
  const left = finalizers.filter(name => name !== IN_TREE_FINALIZER)
  return client.update(persistentVolume, { ...volume, metadata: { ...volume.metadata, finalizers: left } })
}
