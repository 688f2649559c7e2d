import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, int32, list, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { validateConditionTypes } from './condition-rules.ts'
import {
  validateFlowSchema,
  validateNonResourceRule,
  validateResourceRule,
  validateSubject,
} from './flowschema-rules.ts'
import { isMandatoryFlowSchema } from './mandatory.ts'

export const userSubject = message(
  'k8s.io.api.flowcontrol.v1.UserSubject',
  { name: string(1).required().doc('Name of the user; * for all.') },
  { doc: 'A user.' },
)
export interface UserSubject extends Infer<typeof userSubject> {}

export const groupSubject = message(
  'k8s.io.api.flowcontrol.v1.GroupSubject',
  { name: string(1).required().doc('Name of the group; * for all.') },
  { doc: 'A group of users.' },
)
export interface GroupSubject extends Infer<typeof groupSubject> {}

export const serviceAccountSubject = message(
  'k8s.io.api.flowcontrol.v1.ServiceAccountSubject',
  {
    namespace: string(1).present().doc('Its namespace.'),
    name: string(2).required().doc('Its name; * for all of the namespace.'),
  },
  { doc: 'A service account.' },
)
export interface ServiceAccountSubject extends Infer<typeof serviceAccountSubject> {}

export const subject = message(
  'k8s.io.api.flowcontrol.v1.Subject',
  {
    kind: string(1).present().doc('User, Group or ServiceAccount.'),
    user: ref(2, userSubject).doc('For User.'),
    group: ref(3, groupSubject).doc('For Group.'),
    serviceAccount: ref(4, serviceAccountSubject).doc('For ServiceAccount.'),
  },
  {
    doc: 'Who makes a request; the field that kind names is set.',
    validate(subject, at) {
      validateSubject(subject, at)
    },
  },
)
export interface Subject extends Infer<typeof subject> {}

export const resourcePolicyRule = message(
  'k8s.io.api.flowcontrol.v1.ResourcePolicyRule',
  {
    verbs: list(1, types.string).present().set().doc('The verbs; * for all.'),
    apiGroups: list(2, types.string).present().set().doc('The API groups; * for all.'),
    resources: list(3, types.string).present().set().doc('The resources, as pods or pods/status; * for all.'),
    clusterScope: bool(4).doc('Whether requests without a namespace match.'),
    namespaces: list(5, types.string).always().set().doc('The namespaces; * for all.'),
  },
  {
    doc: 'Requests about resources.',
    validate(rule, at) {
      validateResourceRule(rule, at)
    },
  },
)
export interface ResourcePolicyRule extends Infer<typeof resourcePolicyRule> {}

export const nonResourcePolicyRule = message(
  'k8s.io.api.flowcontrol.v1.NonResourcePolicyRule',
  {
    verbs: list(1, types.string).present().set().doc('The verbs; * for all.'),
    nonResourceURLs: list(6, types.string).present().set().doc('The paths, as /healthz or /healthz/*; * for all.'),
  },
  {
    doc: 'Requests about other paths.',
    validate(rule, at) {
      validateNonResourceRule(rule, at)
    },
  },
)
export interface NonResourcePolicyRule extends Infer<typeof nonResourcePolicyRule> {}

export const policyRulesWithSubjects = message(
  'k8s.io.api.flowcontrol.v1.PolicyRulesWithSubjects',
  {
    subjects: list(1, subject).present().atomic().doc('By whom.'),
    resourceRules: list(2, resourcePolicyRule).atomic().doc('About which resources.'),
    nonResourceRules: list(3, nonResourcePolicyRule).atomic().doc('About which other paths.'),
  },
  {
    doc: 'Requests by some users.',
    validate({ subjects, resourceRules = [], nonResourceRules = [] }, at) {
      if (subjects.length === 0) at.child('subjects').required('subjects must contain at least one value')
      if (resourceRules.length === 0 && nonResourceRules.length === 0) {
        at.required('at least one of resourceRules and nonResourceRules has to be non-empty')
      }
    },
  },
)
export interface PolicyRulesWithSubjects extends Infer<typeof policyRulesWithSubjects> {}

export const priorityLevelConfigurationReference = message(
  'k8s.io.api.flowcontrol.v1.PriorityLevelConfigurationReference',
  { name: string(1).present().doc('Its name.') },
  { doc: 'Names a priority level.' },
)

export const flowDistinguisherMethod = message(
  'k8s.io.api.flowcontrol.v1.FlowDistinguisherMethod',
  { type: string(1).present().doc('ByUser or ByNamespace.') },
  { doc: 'What tells the flows of a schema apart.' },
)
export interface FlowDistinguisherMethod extends Infer<typeof flowDistinguisherMethod> {}

export const flowSchemaSpec = message(
  'k8s.io.api.flowcontrol.v1.FlowSchemaSpec',
  {
    priorityLevelConfiguration: ref(1, priorityLevelConfigurationReference).present().doc('The priority level.'),
    matchingPrecedence: int32(2).default(1000).doc('Which schema is tried first: the lowest; 1 to 10000.'),
    distinguisherMethod: ref(3, flowDistinguisherMethod).doc('What tells its flows apart; all are one when left out.'),
    rules: list(4, policyRulesWithSubjects).atomic().doc('Which requests; one rule is enough.'),
  },
  { doc: 'Which requests go to which priority level.' },
)
export interface FlowSchemaSpec extends Infer<typeof flowSchemaSpec> {}

export const flowSchemaCondition = message(
  'k8s.io.api.flowcontrol.v1.FlowSchemaCondition',
  {
    type: string(1).doc('What is observed, as Dangling.'),
    status: string(2).doc('True, False or Unknown.'),
    lastTransitionTime: time(3).doc('When the status last changed.'),
    reason: string(4).doc('Why it last changed, as one CamelCase word.'),
    message: string(5).doc('The same for human readers.'),
  },
  { doc: 'One observation about a schema.' },
)
export interface FlowSchemaCondition extends Infer<typeof flowSchemaCondition> {}

export const flowSchemaStatus = message(
  'k8s.io.api.flowcontrol.v1.FlowSchemaStatus',
  { conditions: list(1, flowSchemaCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.') },
  { doc: 'What is known of a schema.' },
)
export interface FlowSchemaStatus extends Infer<typeof flowSchemaStatus> {}

const fields = {
  spec: ref(2, flowSchemaSpec).always().doc('Which requests go to which priority level.'),
  status: ref(3, flowSchemaStatus).always().doc('What is known of it.'),
}
export interface FlowSchema extends ObjectOf<typeof fields> {}

const columns: readonly Column<FlowSchema>[] = [
  column('PriorityLevel', ({ spec }) => spec.priorityLevelConfiguration.name, 'The priority level.'),
  column('MatchingPrecedence', ({ spec }) => spec.matchingPrecedence, 'Which schema is tried first.'),
  column('DistinguisherMethod', ({ spec }) => spec.distinguisherMethod?.type ?? '<none>', 'What tells flows apart.'),
  age,
  column(
    'MissingPL',
    ({ status }) => status.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    'Whether there is no such priority level.',
  ),
]

export const flowSchema = kind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  scope: 'Cluster',
  doc: 'Says which requests go to which priority level.',
  fields,
  subresources: { status: true },
  validate({ metadata, spec, status }, at) {
    const name = metadata.name ?? ''
    validateFlowSchema(name, spec, at.child('spec'))
    if (!isMandatoryFlowSchema(name, spec)) {
      at.child('spec').invalid(spec, `spec of '${name}' must equal the fixed value`)
    }
    validateConditionTypes(status.conditions, at.child('status', 'conditions'))
  },
  validateStatusUpdate({ status }, _old, at) {
    validateConditionTypes(status.conditions, at.child('status', 'conditions'))
  },
  columns,
})
