import { rfc3339 } from '../../apimachinery/clock.ts'
import { type Column, kind } from '../../apimachinery/schema/kind.ts'
import { column, createdAt, flag, wide } from '../columns.ts'
import { isTrue, setCondition } from './conditions.ts'
import {
  definitionWarnings,
  validateDefinition,
  validateDefinitionStatus,
  validateDefinitionUpdate,
} from './definition/validate.ts'
import {
  CLEANUP_FINALIZER,
  type CustomResourceDefinition,
  definitionFields,
  storageVersionOf,
  V1,
} from './definition-messages.ts'

const servedVersions = ({ spec }: CustomResourceDefinition) =>
  spec.versions
    .filter(({ served }) => served)
    .map(({ name, storage }) => (storage ? `${name}(storage)` : name))
    .sort()

const columns: readonly Column<CustomResourceDefinition>[] = [
  column('Scope', ({ spec }) => spec.scope, 'Cluster or Namespaced.'),
  column('Versions', crd => servedVersions(crd).join(','), 'The versions that are served.'),
  createdAt,
  wide('Group', ({ spec }) => spec.group, 'Its API group.'),
  wide('Kind', ({ spec }) => spec.names.kind, 'The kind of its objects.'),
  wide('ShortNames', ({ spec }) => (spec.names.shortNames ?? []).join(','), 'Abbreviations.'),
  { ...flag('Established', crd => isTrue(crd, 'Established'), 'Whether it is served.'), priority: 1 },
]

/** The storage version joins those that objects may be stored as. */
function noteStorageVersion(crd: CustomResourceDefinition): void {
  const storage = storageVersionOf(crd)
  if (storage && !crd.status.storedVersions.includes(storage.name)) {
    crd.status.storedVersions = [...crd.status.storedVersions, storage.name]
  }
}

export const customResourceDefinition = kind({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  name: `${V1}.CustomResourceDefinition`,
  doc: 'A resource that the API server offers besides the built-in ones.',
  subresources: { status: true },
  fields: definitionFields,
  columns,
  defaults(crd) {
    const { names, conversion } = crd.spec
    if (!names.singular && names.kind) names.singular = names.kind.toLowerCase()
    if (!names.listKind && names.kind) names.listKind = `${names.kind}List`
    if (!conversion) crd.spec.conversion = { strategy: 'None' }
    if (crd.status.storedVersions.length === 0) noteStorageVersion(crd)
  },
  prepareForCreate: noteStorageVersion,
  prepareForUpdate: noteStorageVersion,
  validateCreate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  validateStatusUpdate: (crd, _, at) => validateDefinitionStatus(crd, at),
  warnings: definitionWarnings,
  prepareForDelete(crd, now) {
    const finalizers = crd.metadata.finalizers ?? []
    if (!finalizers.includes(CLEANUP_FINALIZER)) crd.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER]
    setCondition(
      crd,
      {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
        message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      },
      rfc3339(now),
    )
  },
})
