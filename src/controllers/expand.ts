import { persistentVolume } from '../api/core/persistentvolume.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { PROVISIONED_BY } from '../api/core/volume-binding.ts'
import { compareQuantities } from '../apimachinery/quantity.ts'
import { type Controller, keyedController, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'

const requestOf = (claim: PersistentVolumeClaim | undefined) => claim?.spec.resources.requests?.storage ?? '0'

/**
 * Tells that growing a claim is up to whoever made its volume (upstream pkg/controller/volume/expand, of which no more is
 * left now that no volumes are made by kube-controller-manager itself).
 */
export const expandController: Controller = keyedController({
  name: 'expand',
  watches: [
    watching(persistentVolumeClaim, (claim, previous) =>
      claim && previous && compareQuantities(requestOf(claim), requestOf(previous)) > 0 ? [keyOf(claim)] : [],
    ),
  ],
  reads: [persistentVolume as never],
  writes: [],

  async sync(key, { informer, events }) {
    const claim = informer(persistentVolumeClaim).get(key)
    if (!claim || compareQuantities(requestOf(claim), claim.status.capacity?.storage ?? '0') <= 0) return
    const volume = informer(persistentVolume).get(claim.spec.volumeName ?? '')
    if (!volume || volume.spec.claimRef?.uid !== claim.metadata.uid) return
    const message = 'waiting for an external controller to expand this PVC'
    const awaited = volume.spec.csi || volume.metadata.annotations?.[PROVISIONED_BY]
    if (awaited) events.normal(claim, 'ExternalExpanding', message)
    else events.warning(claim, 'ExternalExpanding', message)
  },
})
