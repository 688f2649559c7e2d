import { type PersistentVolume, persistentVolume } from '../api/core/persistentvolume.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, controller } from '../client/controller.ts'
import { protect } from './shared/protection.ts'

const FINALIZER = 'kubernetes.io/pv-protection'

/** Lets a volume that is being deleted go once it is bound to no claim (upstream pkg/controller/volume/pvprotection). */
export const pvProtectionController: Controller = controller({
  name: 'pv-protection',
  for: persistentVolume,
  writes: [{ kind: persistentVolume as unknown as Kind, verbs: ['update'] }],

  reconcile: (volume: PersistentVolume, context) =>
    protect(persistentVolume, volume, FINALIZER, () => volume.status.phase === 'Bound', context),
})
