import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { age, column, count } from '../columns.ts'
import { validateMutatingAdmissionPolicy, validateMutation } from './mutatingadmissionpolicy-rules.ts'
import { showParamKind } from './policy-columns.ts'
import { matchResources, paramKind, variable } from './policy-match.ts'
import { matchCondition } from './webhooks.ts'

const PACKAGE = 'k8s.io.api.admissionregistration.v1'

export const applyConfiguration = message(
  `${PACKAGE}.ApplyConfiguration`,
  { expression: string(1).doc('A CEL expression that makes an apply configuration.') },
  { doc: 'A change by server-side apply.' },
)

export const jsonPatch = message(
  `${PACKAGE}.JSONPatch`,
  { expression: string(1).doc('A CEL expression that makes a list of JSONPatch values.') },
  { doc: 'A change by JSON patch.' },
)

export const mutation = message(
  `${PACKAGE}.Mutation`,
  {
    patchType: string(2).present().doc('ApplyConfiguration or JSONPatch.'),
    applyConfiguration: ref(3, applyConfiguration).doc('For ApplyConfiguration.'),
    jsonPatch: ref(4, jsonPatch).doc('For JSONPatch.'),
  },
  {
    doc: 'A change to the object of a request.',
    validate(mutation, at) {
      validateMutation(mutation, at)
    },
  },
)
export interface Mutation extends Infer<typeof mutation> {}

export const mutatingAdmissionPolicySpec = message(
  `${PACKAGE}.MutatingAdmissionPolicySpec`,
  {
    paramKind: ref(1, paramKind).doc('The kind of its parameters; none when left out.'),
    matchConstraints: ref(2, matchResources).doc('Which requests it is about.'),
    variables: list(3, variable).atomic().doc('Values that its expressions share.'),
    mutations: list(4, mutation).atomic().doc('The changes, in order.'),
    failurePolicy: string(5)
      .pointer()
      .default('Fail')
      .oneOf('Fail', 'Ignore')
      .doc('What happens when it cannot be evaluated: Fail or Ignore.'),
    matchConditions: list(6, matchCondition)
      .mapKeys('name')
      .patchMerge('name')
      .doc('Conditions on requests; all must hold.'),
    reinvocationPolicy: string(7).doc('Never, or IfNeeded: again when later ones change the object.'),
  },
  {
    doc: 'How a policy changes the objects of requests.',
    validate(spec, at) {
      validateMutatingAdmissionPolicy(spec, at)
    },
  },
)
export interface MutatingAdmissionPolicySpec extends Infer<typeof mutatingAdmissionPolicySpec> {}

const fields = {
  spec: ref(2, mutatingAdmissionPolicySpec).always().doc('How it changes objects.'),
}
export interface MutatingAdmissionPolicy extends ObjectOf<typeof fields> {}

const columns: readonly Column<MutatingAdmissionPolicy>[] = [
  count('Mutations', ({ spec }) => spec.mutations?.length ?? 0, 'How many changes there are.'),
  column('ParamKind', ({ spec }) => showParamKind(spec.paramKind), 'The kind of its parameters.'),
  age,
]

export const mutatingAdmissionPolicy = kind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  doc: 'Changes in CEL that are made to the objects of requests.',
  fields,
  columns,
})
