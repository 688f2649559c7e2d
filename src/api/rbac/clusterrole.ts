import { kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { list, ref } from '../../apimachinery/schema/types.ts'
import { nameIsPathSegment } from '../../apimachinery/validation/names.ts'
import { createdAt } from '../columns.ts'
import { validateRules } from './rbac-rules.ts'
import { aggregationRule, policyRule } from './rules.ts'

const fields = {
  rules: list(2, policyRule).always().atomic().doc('What may be done to what.'),
  aggregationRule: ref(3, aggregationRule).doc('Fill in the rules from other cluster roles.'),
}
export interface ClusterRole extends ObjectOf<typeof fields> {}

export const clusterRole = kind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  scope: 'Cluster',
  doc: 'What may be done in the whole cluster, or in a namespace when bound there.',
  fields,
  tracksGeneration: false,
  nameFormat: nameIsPathSegment,
  validate(role, at) {
    validateRules(role.rules, false, at.child('rules'))
    if (role.aggregationRule && !role.aggregationRule.clusterRoleSelectors) {
      at.child('aggregationRule', 'clusterRoleSelectors').required(
        'at least one clusterRoleSelector required if aggregationRule is non-nil',
      )
    }
  },
  columns: [createdAt],
})
