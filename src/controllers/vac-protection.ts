import { persistentVolume } from '../api/core/persistentvolume.ts'
import { persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { type VolumeAttributesClass, volumeAttributesClass } from '../api/storage/volumeattributesclass.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller, watching } from '../client/controller.ts'
import { protect } from './shared/protection.ts'

const FINALIZER = 'kubernetes.io/vac-protection'
const given = (...names: (string | undefined)[]) => names.filter((name): name is string => !!name)

/** Lets a class that is being deleted go once no volume or claim has it (upstream pkg/controller/volume/vacprotection). */
export const vacProtectionController: Controller = controller({
  name: 'volumeattributesclass-protection',
  for: volumeAttributesClass,
  watches: [
    watching(persistentVolumeClaim, (_, previous) =>
      given(previous?.spec.volumeAttributesClassName, previous?.status.currentVolumeAttributesClassName),
    ),
    watching(persistentVolume, (_, previous) => given(previous?.spec.volumeAttributesClassName)),
  ],
  writes: [{ kind: volumeAttributesClass as unknown as Kind, verbs: ['update'] }],

  async reconcile(attributes: VolumeAttributesClass, context) {
    const { name } = attributes.metadata
    const isUsed = () =>
      context
        .informer(persistentVolume)
        .list()
        .some(({ spec }) => spec.volumeAttributesClassName === name) ||
      context
        .informer(persistentVolumeClaim)
        .list()
        .some(
          ({ spec, status }) =>
            spec.volumeAttributesClassName === name || status.currentVolumeAttributesClassName === name,
        )
    await protect(volumeAttributesClass, attributes, FINALIZER, isUsed, context)
  },
})
