import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { list, ref } from '../../apimachinery/schema/types.ts'
import { nameIsPathSegment } from '../../apimachinery/validation/names.ts'
import { age, column, wide } from '../columns.ts'
import { subjectNames } from './rbac-columns.ts'
import { validateBinding, validateBindingUpdate } from './rbac-rules.ts'
import { roleRef, subject } from './rules.ts'

const fields = {
  subjects: list(2, subject).atomic().doc('Who is given the role.'),
  roleRef: ref(3, roleRef).present().doc('The role, a Role of the namespace or a ClusterRole.'),
}
export interface RoleBinding extends ObjectOf<typeof fields> {}

const columns: readonly Column<RoleBinding>[] = [
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

export const roleBinding = kind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  scope: 'Namespaced',
  doc: 'Gives a role to someone in a namespace.',
  fields,
  tracksGeneration: false,
  nameFormat: nameIsPathSegment,
  validate(binding, at) {
    validateBinding(binding, ['Role', 'ClusterRole'], true, at)
  },
  validateUpdate(binding, old, at) {
    validateBindingUpdate(binding, old, at)
  },
  columns,
})
