import { listOf } from '../../apimachinery/cel/index.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import {
  checkExpression,
  compileVariables,
  JSON_PATCH,
  mutationEnvironment,
  OBJECT,
  policyEnvironment,
} from './expressions.ts'
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
  const hasParams = spec.paramKind !== undefined
  validateMatchConditions(
    spec.matchConditions ?? [],
    at.child('matchConditions'),
    policyEnvironment(hasParams, new Map()),
  )
  const { variables = [], mutations = [] } = spec
  const { environment } = compileVariables(hasParams, variables, (i, problem) => {
    at.child('variables').index(i).child('expression').invalid(variables[i]!.expression, problem)
  })
  mutations.forEach(({ applyConfiguration, jsonPatch }, i) => {
    const place = at.child('mutations').index(i)
    const [configured, patched] = [applyConfiguration?.expression ?? '', jsonPatch?.expression ?? '']
    checkExpression(
      configured,
      place.child('applyConfiguration', 'expression'),
      mutationEnvironment(environment),
      OBJECT,
    )
    checkExpression(
      patched,
      place.child('jsonPatch', 'expression'),
      mutationEnvironment(environment),
      listOf(JSON_PATCH),
    )
  })
  if (!spec.mutations?.length) at.child('mutations').required('mutations must contain at least one item')
  const policy = spec.reinvocationPolicy
  if (!policy) at.child('reinvocationPolicy').required()
  else if (!REINVOCATION.includes(policy)) at.child('reinvocationPolicy').notSupported(policy, REINVOCATION)
}
