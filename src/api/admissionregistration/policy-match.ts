import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Infer, inline, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { validateNamedRule, validateParamKind, validateParamRef, validateVariable } from './policy-rules.ts'
import { operationFields } from './webhooks.ts'

/** What ValidatingAdmissionPolicy and MutatingAdmissionPolicy share. */

const PACKAGE = 'k8s.io.api.admissionregistration.v1'

export const namedRuleWithOperations = message(
  `${PACKAGE}.NamedRuleWithOperations`,
  {
    resourceNames: list(1, types.string).atomic().doc('Names of the objects; all when empty.'),
    ...inline(2, operationFields),
  },
  {
    atomic: true,
    doc: 'Which operations on which objects.',
    validate(rule, at) {
      validateNamedRule(rule, at)
    },
  },
)
export interface NamedRuleWithOperations extends Infer<typeof namedRuleWithOperations> {}

export const matchResources = message(
  `${PACKAGE}.MatchResources`,
  {
    namespaceSelector: ref(1, labelSelector).default({}).doc('Only objects in such namespaces.'),
    objectSelector: ref(2, labelSelector).default({}).doc('Only objects with such labels.'),
    resourceRules: list(3, namedRuleWithOperations).atomic().doc('Which operations on which objects.'),
    excludeResourceRules: list(4, namedRuleWithOperations).atomic().doc('Which of them are left out.'),
    matchPolicy: string(7)
      .pointer()
      .default('Equivalent')
      .oneOf('Equivalent', 'Exact')
      .doc('Exact, or Equivalent: other versions of the resources too.'),
  },
  { atomic: true, doc: 'Which requests.' },
)
export interface MatchResources extends Infer<typeof matchResources> {}

export const paramKind = message(
  `${PACKAGE}.ParamKind`,
  {
    apiVersion: string(1).doc('Its API version.'),
    kind: string(2).doc('Its kind.'),
  },
  {
    atomic: true,
    doc: "The kind of a policy's parameters.",
    validate(kind, at) {
      validateParamKind(kind, at)
    },
  },
)
export interface ParamKind extends Infer<typeof paramKind> {}

export const paramRef = message(
  `${PACKAGE}.ParamRef`,
  {
    name: string(1).doc('Their name; or a selector.'),
    namespace: string(2).doc("Their namespace; that of the request's object when left out."),
    selector: ref(3, labelSelector).doc('Their labels; or a name.'),
    parameterNotFoundAction: string(4).pointer().doc('What happens when there are none: Allow or Deny.'),
  },
  {
    atomic: true,
    doc: 'The parameters of a policy.',
    validate(reference, at) {
      validateParamRef(reference, at)
    },
  },
)
export interface ParamRef extends Infer<typeof paramRef> {}

export const variable = message(
  `${PACKAGE}.Variable`,
  {
    name: string(1).present().doc('Its name; expressions say variables.NAME.'),
    expression: string(2).present().doc('A CEL expression.'),
  },
  {
    atomic: true,
    doc: "A value that a policy's expressions share.",
    validate(variable, at) {
      validateVariable(variable, at)
    },
  },
)
export interface Variable extends Infer<typeof variable> {}
