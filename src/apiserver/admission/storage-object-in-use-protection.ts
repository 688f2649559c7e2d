import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { AdmissionPlugin } from './admission.ts'

const FINALIZERS: Readonly<Record<string, string>> = {
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  '/persistentvolumes': 'kubernetes.io/pv-protection',
  'storage.k8s.io/volumeattributesclasses': 'kubernetes.io/vac-protection',
}

/** Keeps volumes and claims from vanishing while they are used (upstream plugin/storage/storageobjectinuseprotection). */
export const storageObjectInUseProtection = (): AdmissionPlugin => ({
  name: 'StorageObjectInUseProtection',
  handles: ({ operation, kind, subresource }) =>
    operation === 'CREATE' && !subresource && Object.hasOwn(FINALIZERS, `${kind.group}/${kind.plural}`),
  admit({ object, kind }) {
    const { metadata } = object as KubeObject
    const finalizer = FINALIZERS[`${kind.group}/${kind.plural}`]!
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
})
