import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Infer, list, message, string, types } from '../../apimachinery/schema/types.ts'

export const policyRule = message(
  'k8s.io.api.rbac.v1.PolicyRule',
  {
    verbs: list(1, types.string).present().atomic().doc('What may be done; * for everything.'),
    apiGroups: list(2, types.string).atomic().doc('The API groups of the resources; * for all.'),
    resources: list(3, types.string).atomic().doc('The resources, as pods or pods/log; * for all.'),
    resourceNames: list(4, types.string).atomic().doc('Only objects of these names; all when empty.'),
    nonResourceURLs: list(5, types.string)
      .atomic()
      .doc('Paths besides resources, as /healthz or /metrics/*; only in cluster roles.'),
  },
  {
    doc: 'What may be done to what.',
  },
)
export interface PolicyRule extends Infer<typeof policyRule> {}

export const subject = message(
  'k8s.io.api.rbac.v1.Subject',
  {
    kind: string(1).present().doc('User, Group or ServiceAccount.'),
    apiGroup: string(2).doc('rbac.authorization.k8s.io for users and groups, empty for service accounts.'),
    name: string(3).required().doc('The name.'),
    namespace: string(4).doc('For service accounts: the namespace.'),
  },
  {
    atomic: true,
    doc: 'Who is given a role.',
    defaults(subject) {
      if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ??= 'rbac.authorization.k8s.io'
    },
  },
)
export interface Subject extends Infer<typeof subject> {}

export const roleRef = message(
  'k8s.io.api.rbac.v1.RoleRef',
  {
    apiGroup: string(1).always().default('rbac.authorization.k8s.io').doc('Always rbac.authorization.k8s.io.'),
    kind: string(2).present().doc('Role or ClusterRole.'),
    name: string(3).present().doc('Name of the role.'),
  },
  {
    atomic: true,
    doc: 'Which role is given.',
  },
)
export interface RoleRef extends Infer<typeof roleRef> {}

export const aggregationRule = message(
  'k8s.io.api.rbac.v1.AggregationRule',
  {
    clusterRoleSelectors: list(1, labelSelector).atomic().doc('Which cluster roles, by label.'),
  },
  {
    doc: 'Joins the rules of other cluster roles.',
  },
)
export interface AggregationRule extends Infer<typeof aggregationRule> {}
