import { condition } from '../../apimachinery/meta/condition.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { column } from '../columns.ts'
import {
  validateMigration,
  validateMigrationStatusUpdate,
  validateMigrationUpdate,
} from './storageversionmigration-rules.ts'

const PACKAGE = 'k8s.io.api.storagemigration.v1beta1'

export const groupResource = message(
  'k8s.io.apimachinery.pkg.apis.meta.v1.GroupResource',
  {
    group: string(1).present().doc('The API group; empty for the core group.'),
    resource: string(2).present().doc('The resource, as pods.'),
  },
  { doc: 'A resource, whatever its version.' },
)
export interface GroupResource extends Infer<typeof groupResource> {}

export const storageVersionMigrationSpec = message(
  `${PACKAGE}.StorageVersionMigrationSpec`,
  { resource: ref(1, groupResource).present().doc('The resource whose objects are rewritten.') },
  { doc: 'What is rewritten.' },
)
export interface StorageVersionMigrationSpec extends Infer<typeof storageVersionMigrationSpec> {}

export const storageVersionMigrationStatus = message(
  `${PACKAGE}.StorageVersionMigrationStatus`,
  {
    conditions: list(1, condition)
      .mapKeys('type')
      .patchMerge('type')
      .doc('Observations, by type: Running, Succeeded, Failed.'),
    resourceVersion: string(2).doc('Objects that are older than this are rewritten.'),
  },
  { doc: 'How far a migration has come.' },
)
export interface StorageVersionMigrationStatus extends Infer<typeof storageVersionMigrationStatus> {}

const fields = {
  spec: ref(2, storageVersionMigrationSpec).always().doc('What is rewritten.'),
  status: ref(3, storageVersionMigrationStatus).always().doc('How far it has come.'),
}
export interface StorageVersionMigration extends ObjectOf<typeof fields> {}

const columns: readonly Column<StorageVersionMigration>[] = [
  column(
    'Resource',
    ({ spec: { resource } }) => [resource.resource, resource.group].filter(Boolean).join('.'),
    'The resource whose objects are rewritten.',
  ),
]

export const storageVersionMigration = kind({
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  kind: 'StorageVersionMigration',
  plural: 'storageversionmigrations',
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'Asks that all objects of a resource are written anew, in the version that is stored now (KEP-4192).',
  fields,
  tracksGeneration: false,
  validate({ spec }, at) {
    validateMigration(spec, at.child('spec', 'resource'))
  },
  validateUpdate({ spec }, old, at) {
    validateMigrationUpdate(spec, old.spec, at)
  },
  validateStatusUpdate({ status }, old, at) {
    validateMigrationStatusUpdate(status, old.status, at.child('status'))
  },
  columns,
})
