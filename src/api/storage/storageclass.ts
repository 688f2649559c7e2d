import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, list, map, message, string, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { nodeLabelWarning } from '../core/node-label-warnings.ts'
import { validateStorageClass, validateStorageClassUpdate } from './storageclass-rules.ts'

export const topologySelectorLabelRequirement = message(
  'k8s.io.api.core.v1.TopologySelectorLabelRequirement',
  {
    key: string(1).present().doc('The label.'),
    values: list(2, types.string).present().atomic().doc('The values.'),
  },
  {
    doc: 'Values that a label may have.',
  },
)
export interface TopologySelectorLabelRequirement extends Infer<typeof topologySelectorLabelRequirement> {}

export const topologySelectorTerm = message(
  'k8s.io.api.core.v1.TopologySelectorTerm',
  {
    matchLabelExpressions: list(1, topologySelectorLabelRequirement).atomic().doc('The labels.'),
  },
  {
    atomic: true,
    doc: 'Labels that a place must have.',
  },
)
export interface TopologySelectorTerm extends Infer<typeof topologySelectorTerm> {}

const fields = {
  provisioner: string(2).present().doc('Who makes them.'),
  parameters: map(3, types.string).doc('What the provisioner is told.'),
  reclaimPolicy: string(4)
    .pointer()
    .default('Delete')
    .oneOf('Delete', 'Retain')
    .doc('What becomes of them when released: Delete or Retain.'),
  mountOptions: list(5, types.string).atomic().doc('Options for mounting them.'),
  allowVolumeExpansion: bool(6).pointer().doc('Whether they can grow.'),
  volumeBindingMode: string(7)
    .pointer()
    .default('Immediate')
    .oneOf('Immediate', 'WaitForFirstConsumer')
    .doc('Immediate, or WaitForFirstConsumer: when a pod needs one.'),
  allowedTopologies: list(8, topologySelectorTerm).atomic().doc('Where they may be made.'),
}
export interface StorageClass extends ObjectOf<typeof fields> {}

const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

/** Whether claims that name no class get this one. */
export const isDefaultClass = ({ metadata }: Pick<StorageClass, 'metadata'>): boolean =>
  DEFAULT_ANNOTATIONS.some(annotation => metadata.annotations?.[annotation] === 'true')

const nameOf = (storageClass: StorageClass) =>
  `${storageClass.metadata.name ?? ''}${isDefaultClass(storageClass) ? ' (default)' : ''}`

const columns: readonly Column<StorageClass>[] = [
  { ...column('Name', nameOf, 'Name of the class.'), format: 'name' },
  column('Provisioner', ({ provisioner }) => provisioner, 'Who makes the volumes.'),
  column('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy, 'What becomes of them.'),
  column('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode, 'When they are made.'),
  column('AllowVolumeExpansion', ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false, 'Whether they grow.'),
  age,
]

export const storageClass = kind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  scope: 'Cluster',
  doc: 'How volumes of a class are made.',
  fields,
  tracksGeneration: false,
  validate(storageClass, at) {
    validateStorageClass(storageClass, at)
  },
  validateUpdate(storageClass, old, at) {
    validateStorageClassUpdate(storageClass, old, at)
  },
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
      matchLabelExpressions.flatMap(({ key }, j) => {
        const label = nodeLabelWarning(key)
        return label ? [`allowedTopologies[${i}].matchLabelExpressions[${j}]: ${label}`] : []
      }),
    ),
  nameColumn: false,
  columns,
})
