import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { type StorageClass, storageClass } from '../../api/storage/storageclass.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

const DEFAULTS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

/** Gives claims without a class the default one, the newest where several claim to be (upstream plugin/storage/storageclass/setdefault). */
export function defaultStorageClass(server: ApiServer): AdmissionPlugin {
  const classes = server.resources.of(storageClass).cacher
  return {
    name: 'DefaultStorageClass',
    handles: ({ operation, kind, subresource }) =>
      operation === 'CREATE' && kind.plural === 'persistentvolumeclaims' && kind.group === '' && !subresource,
    admit({ object }) {
      const claim = object as PersistentVolumeClaim
      if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[BETA_CLASS] !== undefined) return
      const chosen = defaultOf([...classes.values()].map(entry => entry.object))
      if (chosen) claim.spec.storageClassName = chosen.metadata.name
    },
  }
}

/** The class for claims that name none. */
function defaultOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const age = ({ metadata }: StorageClass) => metadata.creationTimestamp ?? ''
  return classes
    .filter(({ metadata }) => DEFAULTS.some(key => metadata.annotations?.[key] === 'true'))
    .sort((a, b) => age(b).localeCompare(age(a)) || a.metadata.name!.localeCompare(b.metadata.name!))[0]
}
