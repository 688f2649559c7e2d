import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { age, column } from '../columns.ts'
import { showParamRef } from './policy-columns.ts'
import { matchResources, paramRef } from './policy-match.ts'

const ACTIONS = ['Audit', 'Deny', 'Warn']

function validateActions(actions: readonly string[], at: At): void {
  actions.forEach((action, i) => {
    if (!ACTIONS.includes(action)) at.index(i).notSupported(action, ACTIONS)
    if (actions.indexOf(action) < i) at.index(i).duplicate(action)
  })
  if (actions.includes('Deny') && actions.includes('Warn')) {
    at.invalid(
      actions,
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    )
  }
}

export const validatingAdmissionPolicyBindingSpec = message(
  'k8s.io.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec',
  {
    policyName: string(1).required().format(isDNS1123Subdomain).doc('The policy.'),
    paramRef: ref(2, paramRef).doc('Its parameters.'),
    matchResources: ref(3, matchResources).doc('Which requests; of those that the policy is about.'),
    validationActions: list(4, types.string)
      .required()
      .set()
      .doc('What happens when a rule does not hold: Deny, Warn, Audit.'),
  },
  {
    doc: 'Where a policy holds.',
    validate({ validationActions }, at) {
      validateActions(validationActions ?? [], at.child('validationActions'))
    },
  },
)
export interface ValidatingAdmissionPolicyBindingSpec extends Infer<typeof validatingAdmissionPolicyBindingSpec> {}

const fields = {
  spec: ref(2, validatingAdmissionPolicyBindingSpec).present().doc('Where the policy holds.'),
}
export interface ValidatingAdmissionPolicyBinding extends ObjectOf<typeof fields> {}

const columns: readonly Column<ValidatingAdmissionPolicyBinding>[] = [
  column('PolicyName', ({ spec }) => spec.policyName, 'The policy.'),
  column('ParamRef', ({ spec }) => showParamRef(spec.paramRef), 'Its parameters.'),
  age,
]

export const validatingAdmissionPolicyBinding = kind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  doc: 'Makes a policy hold, with its parameters.',
  fields,
  columns,
})
