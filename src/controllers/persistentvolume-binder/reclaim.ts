import type { PersistentVolume } from '../../api/core/persistentvolume.ts'
import { PROVISIONED_BY } from '../../api/core/volume-binding.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { failVolume } from './status.ts'

/** Does with a volume that nobody claims any more what its policy says. */
export async function reclaim(volume: PersistentVolume, context: ReconcileContext): Promise<void> {
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return
    case 'Delete':
      return remove(volume, context)
    case 'Recycle':
      return failVolume(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!', context)
    default:
      return failVolume(
        volume,
        'VolumeUnknownReclaimPolicy',
        'Volume has an unrecognized reclaim policy; use Retain or Delete',
        context,
      )
  }
}

/** Who has made a volume removes it. Of those that were made by hand, nobody here knows how. */
async function remove(volume: PersistentVolume, context: ReconcileContext): Promise<void> {
  const provisioner = volume.metadata.annotations?.[PROVISIONED_BY]
  if (provisioner && !provisioner.startsWith('kubernetes.io/')) return
  await failVolume(volume, 'VolumeFailedDelete', whyNot(volume), context)
}

function whyNot({ metadata: { name }, spec }: PersistentVolume): string {
  if (spec.hostPath && !/^\/tmp\/.+/.test(spec.hostPath.path)) {
    return `host_path deleter only supports /tmp/.+ but received provided ${spec.hostPath.path}`
  }
  const known = spec.hostPath || spec.nfs || spec.local
  const why = known ? 'no deletable volume plugin matched' : 'no volume plugin matched'
  return `error getting deleter volume plugin for volume ${JSON.stringify(name)}: ${why}`
}
