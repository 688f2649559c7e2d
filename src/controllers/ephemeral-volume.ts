import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import type { Volume } from '../api/core/pod/volume.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller, type ReconcileContext, watching } from '../client/controller.ts'
import { controllerReference, controllerUid } from './shared/pods.ts'
import { messageOf } from './shared/replicas.ts'

/** Index of pods by the claims that their ephemeral volumes become. */
const BY_CLAIM = 'ephemeral-volume/claim'

const claimName = ({ metadata }: Pod, volume: Volume) => `${metadata.name}-${volume.name}`
const ephemeralVolumes = ({ spec }: Pod) => (spec.volumes ?? []).filter(({ ephemeral }) => ephemeral)

/** Makes the claims of pods' generic ephemeral volumes (upstream pkg/controller/volume/ephemeral, KEP-1698). */
export const ephemeralVolumeController: Controller = controller({
  name: 'ephemeral-volume',
  eventSource: 'ephemeral_volume',
  for: pod,
  watches: [
    // A claim that was in the way, or that somebody has deleted, is gone.
    watching(persistentVolumeClaim, (claim, previous, { informer }) => {
      if (claim) return []
      const { namespace, name } = previous!.metadata
      const pods = informer(pod).byIndex(BY_CLAIM, `${namespace}/${name}`)
      return pods.map(({ metadata }) => `${namespace}/${metadata.name}`)
    }),
  ],
  writes: [{ kind: persistentVolumeClaim as unknown as Kind, verbs: ['create'] }],
  setup({ informer }) {
    informer(pod).addIndex(BY_CLAIM, one =>
      ephemeralVolumes(one).map(volume => `${one.metadata.namespace}/${claimName(one, volume)}`),
    )
  },

  async reconcile(owner: Pod, context) {
    if (owner.metadata.deletionTimestamp) return
    for (const volume of ephemeralVolumes(owner)) {
      try {
        await ensureClaim(owner, volume, context)
      } catch (error) {
        context.events.warning(owner, 'FailedBinding', `ephemeral volume ${volume.name}: ${messageOf(error)}`)
        throw error
      }
    }
  },
})

async function ensureClaim(owner: Pod, volume: Volume, { client, informer }: ReconcileContext): Promise<void> {
  const { namespace, name: podName, uid } = owner.metadata
  const name = claimName(owner, volume)
  const found = informer(persistentVolumeClaim).get(`${namespace}/${name}`)
  if (found) {
    if (controllerUid(found) === uid) return
    throw new Error(`PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`)
  }
  const { metadata, spec } = volume.ephemeral!.volumeClaimTemplate!
  const { labels, annotations } = metadata ?? {}
  const ownerReferences = [controllerReference(owner)]
  await client
    .create(persistentVolumeClaim, { metadata: { name, namespace, labels, annotations, ownerReferences }, spec })
    .catch(error => {
      // The claim's arrival says whose it is.
      if (!isReason(error, 'AlreadyExists')) throw error
      throw new Error(`PVC ${namespace}/${name} appeared meanwhile`, { cause: error })
    })
}
