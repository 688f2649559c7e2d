import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { list } from '../../apimachinery/schema/types.ts'
import { nameIsPathSegment } from '../../apimachinery/validation/names.ts'
import { createdAt } from '../columns.ts'
import { validateRules } from './rbac-rules.ts'
import { policyRule } from './rules.ts'

const fields = {
  rules: list(2, policyRule).always().atomic().doc('What may be done to what.'),
}
export interface Role extends ObjectOf<typeof fields> {}

export const role = kind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  scope: 'Namespaced',
  doc: 'What may be done in a namespace.',
  fields,
  tracksGeneration: false,
  nameFormat: nameIsPathSegment,
  validate(role, at) {
    validateRules(role.rules, true, at.child('rules'))
  },
  columns: [createdAt],
})
