import { type PersistentVolume, persistentVolume } from '../../api/core/persistentvolume.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import type { Volume } from '../../api/core/pod/volume.ts'
import type { Pod } from '../../api/core/pod.ts'
import { isUsableOn } from '../../api/core/volume-binding.ts'
import type { ClaimedVolume, VolumeSurroundings } from './volume.ts'
import { ClaimError, VolumeError } from './volume-error.ts'

/**
 * What holds the data of a volume that names a claim; undefined for volumes of other types. Rejects while it is not there, and
 * for a claim that is being deleted unless the pod `has` it already.
 */
export async function claimedVolume(
  pod: Pod,
  volume: Volume,
  node: VolumeSurroundings,
  has = false,
): Promise<ClaimedVolume | undefined> {
  const claimName = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && ephemeralName(pod, volume))
  if (!claimName) return undefined
  const { namespace } = pod.metadata
  const refuse = (why: string) => new ClaimError(volume.name, `error processing PVC ${namespace}/${claimName}: ${why}`)

  const claim: PersistentVolumeClaim = await node.client
    .get(persistentVolumeClaim, { namespace, name: claimName })
    .catch(error => {
      throw refuse(`failed to fetch PVC from API server: ${error.message}`)
    })
  if (volume.ephemeral && !isFor(claim, pod)) {
    throw refuse(
      `PVC ${namespace}/${claimName} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    )
  }
  if (claim.metadata.deletionTimestamp && !has) throw refuse('PVC is being deleted')
  const { volumeName } = claim.spec
  if (claim.status.phase !== 'Bound' || !volumeName) throw refuse('PVC is not bound')

  const held: PersistentVolume = await node.client.get(persistentVolume, { name: volumeName }).catch(error => {
    throw refuse(`failed to fetch PV ${volumeName} from API server: ${error.message}`)
  })
  if (held.spec.claimRef?.uid !== claim.metadata.uid) throw refuse(`PV ${volumeName} is bound to another claim`)
  checkMode(pod, volume, held, refuse)
  if (!isUsableOn(held, node.node())) {
    throw new VolumeError(volumeName, new Error("the volume's node affinity does not take this node"))
  }
  return { claim, volume: held }
}

/** The claim of a generic ephemeral volume (KEP-1698). */
const ephemeralName = ({ metadata }: Pod, { name }: Volume) => `${metadata.name}-${name}`
const isFor = ({ metadata }: PersistentVolumeClaim, pod: Pod) =>
  metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === pod.metadata.uid) ?? false

function checkMode({ spec }: Pod, { name }: Volume, held: PersistentVolume, refuse: (why: string) => Error): void {
  const all = [...spec.containers, ...(spec.initContainers ?? [])]
  const isBlock = held.spec.volumeMode === 'Block'
  const mounted = all.some(({ volumeMounts }) => volumeMounts?.some(mount => mount.name === name))
  const asDevice = all.some(({ volumeDevices }) => volumeDevices?.some(device => device.name === name))
  if (isBlock && mounted) throw refuse(`volume ${name} has volumeMode Block, but is specified in volumeMounts`)
  if (!isBlock && asDevice) throw refuse(`volume ${name} has volumeMode Filesystem, but is specified in volumeDevices`)
}
