import type { At } from '../../apimachinery/validation/at.ts'
import type { MutatingAdmissionPolicySpec, Mutation } from './mutatingadmissionpolicy.ts'
import { isBlank, validateMatchConstraints } from './policy-rules.ts'
import { validateMatchConditions } from './webhook-rules.ts'

/** The rules of these policies, after upstream's pkg/apis/admissionregistration/validation. */

const REINVOCATION = ['IfNeeded', 'Never']
const OPERATIONS = ['CREATE', 'UPDATE']
const PATCH_FIELDS = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const

export function validateMutation(mutation: Mutation, at: At): void {
  const { patchType } = mutation
  if (patchType === '') at.child('patchType').required()
  else if (!Object.hasOwn(PATCH_FIELDS, patchType)) {
    at.child('patchType').notSupported(patchType, Object.keys(PATCH_FIELDS))
  }
  for (const [type, field] of Object.entries(PATCH_FIELDS)) {
    const patch = mutation[field]
    if (type !== patchType) {
      if (patch) at.child(field).forbidden(`must not be specified when patchType is ${patchType}`)
    } else if (!patch) {
      at.child(field).required(`must be specified when patchType is ${patchType}`)
    } else if (isBlank(patch.expression ?? '')) {
      at.child(field, 'expression').required('expression is not specified')
    }
  }
}

export function validateMutatingAdmissionPolicy(spec: MutatingAdmissionPolicySpec, at: At): void {
  const place = at.child('matchConstraints')
  validateMatchConstraints(spec.matchConstraints, place)
  for (const rule of spec.matchConstraints?.resourceRules ?? []) {
    for (const operation of rule.operations ?? []) {
      if (!OPERATIONS.includes(operation)) {
        place.child('resourceRules', 'operations').invalid(operation, 'must be either CREATE or UPDATE')
      }
    }
  }
  validateMatchConditions(spec.matchConditions ?? [], at.child('matchConditions'))
  if (!spec.mutations?.length) at.child('mutations').required('mutations must contain at least one item')
  const policy = spec.reinvocationPolicy
  if (!policy) at.child('reinvocationPolicy').required()
  else if (!REINVOCATION.includes(policy)) at.child('reinvocationPolicy').notSupported(policy, REINVOCATION)
}
