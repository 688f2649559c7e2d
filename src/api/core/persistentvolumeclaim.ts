import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, map, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { age, column, wide } from '../columns.ts'
import { validateClaimSpec, validateClaimStatusUpdate, validateClaimUpdate } from './persistentvolumeclaim-rules.ts'
import { roundResources } from './pod/resource-rules.ts'
import { typedLocalObjectReference, typedObjectReference } from './references.ts'
import { claimWarnings } from './storage-warnings.ts'
import { accessModes } from './volume-columns.ts'

export const volumeResourceRequirements = message(
  'k8s.io.api.core.v1.VolumeResourceRequirements',
  {
    limits: map(1, types.quantity).doc('The most, by resource.'),
    requests: map(2, types.quantity).doc('The least, by resource; storage is the one there is.'),
  },
  {
    doc: 'How much storage is asked for.',
    defaults(resources) {
      roundResources(resources.limits)
      roundResources(resources.requests)
    },
  },
)
export interface VolumeResourceRequirements extends Infer<typeof volumeResourceRequirements> {}

export const persistentVolumeClaimSpec = message(
  'k8s.io.api.core.v1.PersistentVolumeClaimSpec',
  {
    accessModes: list(1, types.string)
      .atomic()
      .doc('How it is to be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.'),
    selector: ref(4, labelSelector).doc('Labels the volume must have.'),
    resources: ref(2, volumeResourceRequirements).always().doc('How much is asked for.'),
    volumeName: string(3).doc('The volume it is bound to.'),
    storageClassName: string(5)
      .pointer()
      .doc('The class of storage; the default class when not given, none when empty.'),
    volumeMode: string(6).pointer().default('Filesystem').doc('Filesystem or Block.'),
    dataSource: ref(7, typedLocalObjectReference).doc('What to fill it with: a snapshot or another claim.'),
    dataSourceRef: ref(8, typedObjectReference).doc('The same, of any kind.'),
    volumeAttributesClassName: string(9).pointer().doc('The VolumeAttributesClass to use.'),
  },
  {
    doc: 'The storage that is asked for.',
    validate(spec, at) {
      validateClaimSpec(spec, at)
    },
  },
)
export interface PersistentVolumeClaimSpec extends Infer<typeof persistentVolumeClaimSpec> {}

export const persistentVolumeClaimCondition = message(
  'k8s.io.api.core.v1.PersistentVolumeClaimCondition',
  {
    type: string(1).present().doc('What is observed, as Resizing.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastProbeTime: time(3).doc('When it was last looked at.'),
    lastTransitionTime: time(4).doc('When the status last changed.'),
    reason: string(5).doc('Why it last changed, as one CamelCase word.'),
    message: string(6).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a claim.',
  },
)
export interface PersistentVolumeClaimCondition extends Infer<typeof persistentVolumeClaimCondition> {}

export const modifyVolumeStatus = message(
  'k8s.io.api.core.v1.ModifyVolumeStatus',
  {
    targetVolumeAttributesClassName: string(1).doc('The class it changes to.'),
    status: string(2).present().doc('Pending, InProgress or Infeasible.'),
  },
  {
    doc: 'A change of attributes class under way.',
  },
)
export interface ModifyVolumeStatus extends Infer<typeof modifyVolumeStatus> {}

export const persistentVolumeClaimStatus = message(
  'k8s.io.api.core.v1.PersistentVolumeClaimStatus',
  {
    phase: string(1).default('Pending').doc('Pending, Bound or Lost.'),
    accessModes: list(2, types.string).atomic().doc('How the volume can be mounted.'),
    capacity: map(3, types.quantity).doc('What the volume has, by resource.'),
    conditions: list(4, persistentVolumeClaimCondition)
      .mapKeys('type')
      .patchMerge('type')
      .doc('Observations, by type.'),
    allocatedResources: map(5, types.quantity).doc('What is reserved for it, growth under way included.'),
    allocatedResourceStatuses: map(7, types.string).doc('How growth is going, by resource.'),
    currentVolumeAttributesClassName: string(8).pointer().doc('The attributes class in force.'),
    modifyVolumeStatus: ref(9, modifyVolumeStatus).doc('The change of attributes class under way.'),
  },
  {
    doc: 'What is known of a claim.',
  },
)
export interface PersistentVolumeClaimStatus extends Infer<typeof persistentVolumeClaimStatus> {}

const fields = {
  spec: ref(2, persistentVolumeClaimSpec).always().doc('What is asked for.'),
  status: ref(3, persistentVolumeClaimStatus).always().doc('What is known of it.'),
}
export interface PersistentVolumeClaim extends ObjectOf<typeof fields> {}

const columns: readonly Column<PersistentVolumeClaim>[] = [
  column(
    'Status',
    ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : status.phase),
    'Whether it is bound.',
  ),
  column('Volume', ({ spec }) => spec.volumeName ?? '', 'The volume it is bound to.'),
  column(
    'Capacity',
    ({ spec, status }) => (spec.volumeName ? (status.capacity?.storage ?? '0') : ''),
    'What the volume has.',
  ),
  column(
    'Access Modes',
    ({ spec, status }) => (spec.volumeName ? accessModes(status.accessModes) : ''),
    'How it can be mounted.',
  ),
  column(
    'StorageClass',
    ({ metadata, spec }) =>
      metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
    'Its class of storage.',
  ),
  column('VolumeAttributesClass', ({ spec }) => spec.volumeAttributesClassName ?? '<unset>', 'Its attributes class.'),
  age,
  wide('VolumeMode', ({ spec }) => spec.volumeMode, 'Filesystem or Block.'),
]

export const persistentVolumeClaim = kind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Asks for storage that outlives pods.',
  fields,
  tracksGeneration: false,
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' }
  },
  validateUpdate(claim, old, at) {
    validateClaimUpdate(claim, old, at)
  },
  validateStatusUpdate(claim, _old, at) {
    validateClaimStatusUpdate(claim, at)
  },
  warnings: claimWarnings,
  columns,
})
