import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { storageClass } from '../../api/storage/storageclass.ts'
import { forbidden } from '../../apimachinery/errors.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import type { ApiServer } from '../apiserver.ts'
import type { AdmissionPlugin } from './admission.ts'

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

/** Only bound claims of a class that allows it may grow (upstream plugin/storage/persistentvolume/resize). */
export function persistentVolumeClaimResize(server: ApiServer): AdmissionPlugin {
  const classes = server.resources.of(storageClass).cacher
  return {
    name: 'PersistentVolumeClaimResize',
    handles: ({ operation, kind, subresource }) =>
      operation === 'UPDATE' && kind.plural === 'persistentvolumeclaims' && kind.group === '' && !subresource,
    validate({ object, oldObject, kind, name }) {
      const [claim, old] = [object as PersistentVolumeClaim, oldObject as PersistentVolumeClaim]
      const sizeOf = ({ spec }: PersistentVolumeClaim) => spec.resources.requests?.storage ?? '0'
      if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
      if (old.status.phase !== 'Bound')
        throw forbidden(kind, name, 'Only bound persistent volume claims can be expanded')
      const className = old.metadata.annotations?.[BETA_CLASS] ?? old.spec.storageClassName
      if (className && classes.get(className)?.object.allowVolumeExpansion) return
      const why =
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
      throw forbidden(kind, name, why)
    },
  }
}
