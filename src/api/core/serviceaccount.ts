import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, list } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { localObjectReference, objectReference } from './references.ts'

const fields = {
  secrets: list(2, objectReference)
    .mapKeys('name')
    .patchMerge('name')
    .doc('Secrets that pods with this identity may use; only enforced when annotated so.'),
  imagePullSecrets: list(3, localObjectReference)
    .atomic()
    .doc('Credentials for pulling images that its pods get by default.'),
  automountServiceAccountToken: bool(4).pointer().doc('Whether its pods get a token by default.'),
}
export interface ServiceAccount extends ObjectOf<typeof fields> {}

const columns: readonly Column<ServiceAccount>[] = [
  column('Secrets', ({ secrets = [] }) => secrets.length, 'How many secrets are listed.'),
  age,
]

export const serviceAccount = kind({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'Namespaced',
  doc: 'An identity for pods and other programs in the cluster.',
  fields,
  tracksGeneration: false,
  columns,
})
