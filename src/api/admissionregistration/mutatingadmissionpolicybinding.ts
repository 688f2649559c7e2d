import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, message, ref, string } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { showParamRef } from './policy-columns.ts'
import { matchResources, paramRef } from './policy-match.ts'
import { validatePolicyName } from './policy-rules.ts'

export const mutatingAdmissionPolicyBindingSpec = message(
  'k8s.io.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec',
  {
    policyName: string(1).doc('The policy.'),
    paramRef: ref(2, paramRef).doc('Its parameters.'),
    matchResources: ref(3, matchResources).doc('Which requests; of those that the policy is about.'),
  },
  {
    doc: 'Where a policy holds.',
    validate({ policyName = '' }, at) {
      validatePolicyName(policyName, at.child('policyName'))
    },
  },
)
export interface MutatingAdmissionPolicyBindingSpec extends Infer<typeof mutatingAdmissionPolicyBindingSpec> {}

const fields = {
  spec: ref(2, mutatingAdmissionPolicyBindingSpec).always().doc('Where the policy holds.'),
}
export interface MutatingAdmissionPolicyBinding extends ObjectOf<typeof fields> {}

const columns: readonly Column<MutatingAdmissionPolicyBinding>[] = [
  column('PolicyName', ({ spec }) => spec.policyName ?? '', 'The policy.'),
  column('ParamRef', ({ spec }) => showParamRef(spec.paramRef), 'Its parameters.'),
  age,
]

export const mutatingAdmissionPolicyBinding = kind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  doc: 'Makes a policy change objects, with its parameters.',
  fields,
  columns,
})
