import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, inline, list, map, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { age, column, wide } from '../columns.ts'
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistentvolume-rules.ts'
import { persistentVolumeSourceFields } from './persistentvolume-source.ts'
import { nodeSelector } from './pod/affinity.ts'
import { objectReference } from './references.ts'
import { persistentVolumeWarnings } from './storage-warnings.ts'
import { accessModes } from './volume-columns.ts'

export const volumeNodeAffinity = message(
  'k8s.io.api.core.v1.VolumeNodeAffinity',
  {
    required: ref(1, nodeSelector).doc('The nodes.'),
  },
  {
    doc: 'Which nodes a volume can be used on.',
    validate(affinity, at) {
      if (!affinity.required) at.child('required').required('must specify required node constraints')
    },
  },
)
export interface VolumeNodeAffinity extends Infer<typeof volumeNodeAffinity> {}

export const persistentVolumeSpec = message(
  'k8s.io.api.core.v1.PersistentVolumeSpec',
  {
    capacity: map(1, types.quantity).doc('What it has, by resource.'),
    ...inline(2, persistentVolumeSourceFields),
    accessModes: list(3, types.string).atomic().doc('How it can be mounted.'),
    claimRef: ref(4, objectReference).doc('The claim it is bound to.'),
    persistentVolumeReclaimPolicy: string(5)
      .default('Retain')
      .doc('What becomes of it when it is released: Retain, Delete or Recycle.'),
    storageClassName: string(6).doc('Its class of storage.'),
    mountOptions: list(7, types.string).atomic().doc('Options for mounting it.'),
    volumeMode: string(8).pointer().default('Filesystem').doc('Filesystem or Block.'),
    nodeAffinity: ref(9, volumeNodeAffinity).doc('Which nodes it can be used on.'),
    volumeAttributesClassName: string(10).pointer().doc('Its attributes class.'),
  },
  {
    doc: 'A piece of storage, and how it may be used.',
  },
)
export interface PersistentVolumeSpec extends Infer<typeof persistentVolumeSpec> {}

export const persistentVolumeStatus = message(
  'k8s.io.api.core.v1.PersistentVolumeStatus',
  {
    phase: string(1).default('Pending').doc('Available, Bound, Released or Failed; Pending at first.'),
    message: string(2).doc('Why it is so, for human readers.'),
    reason: string(3).doc('The same as one CamelCase word.'),
    lastPhaseTransitionTime: time(4).pointer().doc('When the phase last changed.'),
  },
  {
    doc: 'What is known of a volume.',
  },
)
export interface PersistentVolumeStatus extends Infer<typeof persistentVolumeStatus> {}

const fields = {
  spec: ref(2, persistentVolumeSpec).always().doc('What it is.'),
  status: ref(3, persistentVolumeStatus).always().doc('What is known of it.'),
}
export interface PersistentVolume extends ObjectOf<typeof fields> {}

const columns: readonly Column<PersistentVolume>[] = [
  column('Capacity', ({ spec }) => spec.capacity?.storage ?? '0', 'What it has.'),
  column('Access Modes', ({ spec }) => accessModes(spec.accessModes), 'How it can be mounted.'),
  column('Reclaim Policy', ({ spec }) => spec.persistentVolumeReclaimPolicy, 'What becomes of it when released.'),
  column(
    'Status',
    ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : status.phase),
    'Whether it is bound.',
  ),
  column(
    'Claim',
    ({ spec: { claimRef } }) => (claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : ''),
    'The claim it is bound to.',
  ),
  column(
    'StorageClass',
    ({ metadata, spec }) =>
      metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
    'Its class of storage.',
  ),
  column('VolumeAttributesClass', ({ spec }) => spec.volumeAttributesClassName ?? '<unset>', 'Its attributes class.'),
  column('Reason', ({ status }) => status.reason ?? '', 'Why it is so.'),
  age,
  wide('VolumeMode', ({ spec }) => spec.volumeMode, 'Filesystem or Block.'),
]

export const persistentVolume = kind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'A piece of storage in the cluster.',
  fields,
  tracksGeneration: false,
  prepareForCreate(volume) {
    volume.status = { phase: 'Pending' }
  },
  validate(volume, at) {
    validatePersistentVolume(volume, at)
  },
  validateUpdate(volume, old, at) {
    validatePersistentVolumeUpdate(volume, old, at)
  },
  warnings: persistentVolumeWarnings,
  columns,
})
