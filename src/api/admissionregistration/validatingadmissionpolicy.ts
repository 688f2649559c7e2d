import { condition } from '../../apimachinery/meta/condition.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int64, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { age, column, count } from '../columns.ts'
import { showParamKind } from './policy-columns.ts'
import { matchResources, paramKind, variable } from './policy-match.ts'
import {
  validateAuditAnnotations,
  validateExpressionWarning,
  validateValidatingAdmissionPolicy,
  validateValidatingAdmissionPolicyStatus,
  validateValidation,
} from './validatingadmissionpolicy-rules.ts'
import { matchCondition } from './webhooks.ts'

const PACKAGE = 'k8s.io.api.admissionregistration.v1'

export const validation = message(
  `${PACKAGE}.Validation`,
  {
    expression: string(1).present().doc('A CEL expression that must hold.'),
    message: string(2).doc('What is said when it does not.'),
    reason: string(3)
      .pointer()
      .oneOf('Forbidden', 'Invalid', 'RequestEntityTooLarge')
      .doc('The reason in the answer; Invalid when left out.'),
    messageExpression: string(4).doc('A CEL expression for what is said.'),
  },
  {
    doc: 'A rule for requests.',
    validate(validation, at) {
      validateValidation(validation, at)
    },
  },
)
export interface Validation extends Infer<typeof validation> {}

export const auditAnnotation = message(
  `${PACKAGE}.AuditAnnotation`,
  {
    key: string(1).present().doc("The annotation's key, after the policy's name and a slash."),
    valueExpression: string(2).present().doc('A CEL expression for its value; no annotation when it is null.'),
  },
  { doc: 'What a policy adds to audit events.' },
)
export interface AuditAnnotation extends Infer<typeof auditAnnotation> {}

export const validatingAdmissionPolicySpec = message(
  `${PACKAGE}.ValidatingAdmissionPolicySpec`,
  {
    paramKind: ref(1, paramKind).doc('The kind of its parameters; none when left out.'),
    matchConstraints: ref(2, matchResources).doc('Which requests it is about.'),
    validations: list(3, validation).atomic().doc('The rules; all must hold.'),
    failurePolicy: string(4)
      .pointer()
      .default('Fail')
      .oneOf('Fail', 'Ignore')
      .doc('What happens when it cannot be evaluated: Fail or Ignore.'),
    auditAnnotations: list(5, auditAnnotation).atomic().doc('What it adds to audit events.'),
    matchConditions: list(6, matchCondition)
      .mapKeys('name')
      .patchMerge('name')
      .doc('Conditions on requests; all must hold.'),
    variables: list(7, variable).mapKeys('name').patchMerge('name').doc('Values that its expressions share.'),
  },
  { doc: 'Which requests a policy refuses.' },
)
export interface ValidatingAdmissionPolicySpec extends Infer<typeof validatingAdmissionPolicySpec> {}

export const expressionWarning = message(
  `${PACKAGE}.ExpressionWarning`,
  {
    fieldRef: string(2).present().doc('The path of the expression, as spec.validations[0].expression.'),
    warning: string(3).present().doc('What is wrong with it.'),
  },
  {
    doc: 'What is wrong with an expression.',
    validate(warning, at) {
      validateExpressionWarning(warning, at)
    },
  },
)
export interface ExpressionWarning extends Infer<typeof expressionWarning> {}

export const typeChecking = message(
  `${PACKAGE}.TypeChecking`,
  { expressionWarnings: list(1, expressionWarning).atomic().doc('What is wrong with its expressions.') },
  { doc: 'What a check of the types in the expressions found.' },
)

export const validatingAdmissionPolicyStatus = message(
  `${PACKAGE}.ValidatingAdmissionPolicyStatus`,
  {
    observedGeneration: int64(1).doc('The generation last acted upon.'),
    typeChecking: ref(2, typeChecking).doc('What a check of the types found.'),
    conditions: list(3, condition).mapKeys('type').doc('Observations, by type.'),
  },
  { doc: 'What is known of a policy.' },
)
export interface ValidatingAdmissionPolicyStatus extends Infer<typeof validatingAdmissionPolicyStatus> {}

const fields = {
  spec: ref(2, validatingAdmissionPolicySpec).always().doc('Which requests it refuses.'),
  status: ref(3, validatingAdmissionPolicyStatus).always().doc('What is known of it.'),
}
export interface ValidatingAdmissionPolicy extends ObjectOf<typeof fields> {}

const columns: readonly Column<ValidatingAdmissionPolicy>[] = [
  count('Validations', ({ spec }) => spec.validations?.length ?? 0, 'How many rules there are.'),
  column('ParamKind', ({ spec }) => showParamKind(spec.paramKind), 'The kind of its parameters.'),
  age,
]

export const validatingAdmissionPolicy = kind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  doc: 'Rules in CEL by which requests are refused.',
  fields,
  subresources: { status: true },
  validate({ metadata, spec }, at) {
    validateValidatingAdmissionPolicy(spec, at.child('spec'))
    validateAuditAnnotations(metadata.name ?? '', spec.auditAnnotations ?? [], at.child('spec', 'auditAnnotations'))
  },
  validateStatusUpdate({ status }, _old, at) {
    validateValidatingAdmissionPolicyStatus(status, at.child('status'))
  },
  columns,
})
