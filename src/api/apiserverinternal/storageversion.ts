import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int64, list, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { storageVersionName, validateStorageVersionStatus } from './storageversion-rules.ts'

const PACKAGE = 'k8s.io.api.apiserverinternal.v1alpha1'

export const serverStorageVersion = message(
  `${PACKAGE}.ServerStorageVersion`,
  {
    apiServerID: string(1).required().doc('The server.'),
    encodingVersion: string(2).required().doc('The version in which it stores objects.'),
    decodableVersions: list(3, types.string).required().set().doc('The versions that it can read.'),
    servedVersions: list(4, types.string).set().doc('The versions that it serves.'),
  },
  { doc: 'The versions of one API server.' },
)
export interface ServerStorageVersion extends Infer<typeof serverStorageVersion> {}

export const storageVersionCondition = message(
  `${PACKAGE}.StorageVersionCondition`,
  {
    type: string(1).present().doc('AllEncodingVersionsEqual.'),
    status: string(2).present().doc('True, False or Unknown.'),
    observedGeneration: int64(3).doc('The metadata.generation that the observation was made at.'),
    lastTransitionTime: time(4).always().doc('When the status last changed.'),
    reason: string(5).present().doc('Why it last changed, as one CamelCase word.'),
    message: string(6).required().doc('The same for human readers.'),
  },
  { doc: 'One observation about the versions.' },
)
export interface StorageVersionCondition extends Infer<typeof storageVersionCondition> {}

export const storageVersionSpec = message(`${PACKAGE}.StorageVersionSpec`, {}, { doc: 'Nothing.' })

export const storageVersionStatus = message(
  `${PACKAGE}.StorageVersionStatus`,
  {
    storageVersions: list(1, serverStorageVersion).mapKeys('apiServerID').doc('The versions, by API server.'),
    commonEncodingVersion: string(2).pointer().doc('The version in which all servers store, where that is one.'),
    conditions: list(3, storageVersionCondition).mapKeys('type').doc('Observations, by type.'),
  },
  { doc: 'The versions that API servers report.' },
)
export interface StorageVersionStatus extends Infer<typeof storageVersionStatus> {}

const fields = {
  metadata: ref(1, objectMeta).present().doc('Its name is GROUP.RESOURCE.'),
  spec: ref(2, storageVersionSpec).always().doc('Nothing.'),
  status: ref(3, storageVersionStatus).always().doc('The versions that API servers report.'),
}
export interface StorageVersion extends ObjectOf<typeof fields> {}

const MAX_SHOWN = 3

/** The first few servers' versions, and how many more there are. */
function showVersions({ storageVersions = [] }: StorageVersionStatus): string {
  const shown = storageVersions.slice(0, MAX_SHOWN).map(v => `${v.apiServerID}=${v.encodingVersion}`)
  const more = storageVersions.length - shown.length
  return more > 0 ? `${shown.join(',')} + ${more} more...` : shown.join(',')
}

const columns: readonly Column<StorageVersion>[] = [
  column(
    'CommonEncodingVersion',
    ({ status }) => status.commonEncodingVersion ?? '<unset>',
    'The version in which all servers store.',
  ),
  column('StorageVersions', ({ status }) => showVersions(status), 'The versions of each server.'),
  age,
]

export const storageVersion = kind({
  group: 'internal.apiserver.k8s.io',
  version: 'v1alpha1',
  kind: 'StorageVersion',
  plural: 'storageversions',
  name: `${PACKAGE}.StorageVersion`,
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'In which version API servers store a resource (KEP-2343).',
  fields,
  tracksGeneration: false,
  nameFormat: storageVersionName,
  validateStatusUpdate({ status }, _old, at) {
    validateStorageVersionStatus(status, at.child('status'))
  },
  columns,
})
