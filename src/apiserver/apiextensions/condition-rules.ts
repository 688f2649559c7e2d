import { approvalOf, isProtectedGroup } from '../../api/apiextensions/approval.ts'
import { findCondition, isTrue, removeCondition, setCondition } from '../../api/apiextensions/conditions.ts'
import { isBundle } from '../../api/apiextensions/definition/conversion-rules.ts'
import { schemaOf } from '../../api/apiextensions/definition-messages.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../api/apiextensions/index.ts'
import { structuralProblem, validateStructural } from '../../api/apiextensions/schema/validate-structural.ts'
import { At, type FieldError } from '../../apimachinery/validation/at.ts'
import { acceptNames } from './naming.ts'

/** Sets names and conditions of a definition's status as its spec and the group's other definitions have them. */
export function settleStatus(
  crd: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: string,
): void {
  settleNames(crd, others, now)
  if (isTrue(crd, 'NamesAccepted') && !isTrue(crd, 'Established')) setCondition(crd, establishedOf(crd), now)
  const violations = structureOf(crd)
  if (violations) setCondition(crd, violations, now)
  else removeCondition(crd, 'NonStructuralSchema')
  const approval = approvalConditionOf(crd)
  if (approval) setCondition(crd, approval, now)
}

function settleNames(crd: CustomResourceDefinition, others: readonly CustomResourceDefinition[], now: string): void {
  const { names, accepted, reason, message } = acceptNames(crd, others)
  crd.status.acceptedNames = names
  setCondition(crd, { type: 'NamesAccepted', status: accepted ? 'True' : 'False', reason, message }, now)
  if (findCondition(crd, 'Established')) return
  const waiting = { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
  if (!accepted) setCondition(crd, waiting, now)
}

function establishedOf({ spec }: CustomResourceDefinition): CustomResourceDefinitionCondition {
  const bundle = spec.conversion?.webhook?.clientConfig?.caBundle
  if (bundle && !isBundle(bundle)) {
    const message = 'The conversion webhook CABundle is invalid'
    return { type: 'Established', status: 'False', reason: 'InvalidCABundle', message }
  }
  const message = 'the initial names have been accepted'
  return { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message }
}

function structureOf({ spec }: CustomResourceDefinition): CustomResourceDefinitionCondition | undefined {
  const at = new At()
  if (spec.preserveUnknownFields) at.child('spec', 'preserveUnknownFields').invalid(true, 'must be false')
  for (const [i, version] of spec.versions.entries()) {
    const schema = schemaOf(version)
    const problem = schema && structuralProblem(schema)
    if (problem) {
      const message = `failed to check validation schema for version ${version.name}: ${problem}`
      return { type: 'NonStructuralSchema', status: 'Unknown', reason: 'StructuralError', message }
    }
    if (schema) validateStructural(schema, at.child('spec', 'versions').index(i).child('schema', 'openAPIV3Schema'))
  }
  if (at.errors.length === 0) return undefined
  return { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message: aggregate(at.errors) }
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}

const APPROVALS = {
  invalid: ['False', 'InvalidAnnotation'],
  missing: ['False', 'MissingAnnotation'],
  approved: ['True', 'ApprovedAnnotation'],
  bypassed: ['False', 'UnapprovedAnnotation'],
} as const

function approvalConditionOf(crd: CustomResourceDefinition): CustomResourceDefinitionCondition | undefined {
  if (!isProtectedGroup(crd.spec.group)) return undefined
  const { state, reason: message } = approvalOf(crd.metadata.annotations)
  const [status, reason] = APPROVALS[state]
  return { type: 'KubernetesAPIApprovalPolicyConformant', status, reason, message }
}
