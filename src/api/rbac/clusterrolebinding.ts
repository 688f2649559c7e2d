import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { list, ref } from '../../apimachinery/schema/types.ts'
import { nameIsPathSegment } from '../../apimachinery/validation/names.ts'
import { age, column, wide } from '../columns.ts'
import { subjectNames } from './rbac-columns.ts'
import { validateBinding, validateBindingUpdate } from './rbac-rules.ts'
import { roleRef, subject } from './rules.ts'

const fields = {
  subjects: list(2, subject).atomic().doc('Who is given the role.'),
  roleRef: ref(3, roleRef).present().doc('The cluster role.'),
}
export interface ClusterRoleBinding extends ObjectOf<typeof fields> {}

const columns: readonly Column<ClusterRoleBinding>[] = [
  column('Role', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`, 'The role.'),
  age,
  wide('Users', ({ subjects }) => subjectNames(subjects, 'User'), 'Users who are given it.'),
  wide('Groups', ({ subjects }) => subjectNames(subjects, 'Group'), 'Groups who are given it.'),
  wide(
    'ServiceAccounts',
    ({ subjects }) => subjectNames(subjects, 'ServiceAccount'),
    'Service accounts who are given it.',
  ),
]

export const clusterRoleBinding = kind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  scope: 'Cluster',
  doc: 'Gives a cluster role to someone in the whole cluster.',
  fields,
  tracksGeneration: false,
  nameFormat: nameIsPathSegment,
  validate(binding, at) {
    validateBinding(binding, ['ClusterRole'], false, at)
  },
  validateUpdate(binding, old, at) {
    validateBindingUpdate(binding, old, at)
  },
  columns,
})
