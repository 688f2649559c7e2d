import { BOOL, NULL, STRING } from '../../apimachinery/cel/index.ts'
import { validateConditions } from '../../apimachinery/meta/condition.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isQualifiedName } from '../../apimachinery/validation/names.ts'
import { checkExpression, compileVariables, policyEnvironment } from './expressions.ts'
import { isBlank, validateMatchConstraints } from './policy-rules.ts'
import type {
  AuditAnnotation,
  ExpressionWarning,
  ValidatingAdmissionPolicySpec,
  ValidatingAdmissionPolicyStatus,
  Validation,
} from './validatingadmissionpolicy.ts'
import { validateMatchConditions } from './webhook-rules.ts'

/** The rules of these policies, after upstream's pkg/apis/admissionregistration/validation. */

const MAX_ANNOTATIONS = 20
const MAX_VALUE_EXPRESSION_BYTES = 5 * 1024

export function validateValidation({ expression, message = '', messageExpression = '' }: Validation, at: At): void {
  if (isBlank(expression)) at.child('expression').required('expression is not specified')
  if (messageExpression !== '' && isBlank(messageExpression)) {
    at.child('messageExpression').invalid(messageExpression, 'must be non-empty if specified')
  }
  if (message !== '' && isBlank(message)) {
    at.child('message').invalid(message, 'message must be non-empty if specified')
  } else if (/[\n\r]/.test(message.trim())) {
    at.child('message').invalid(message, 'message must not contain line breaks')
  }
}

export function validateAuditAnnotations(policy: string, annotations: readonly AuditAnnotation[], at: At): void {
  if (annotations.length > MAX_ANNOTATIONS) {
    at.invalid(annotations, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`)
  }
  const keys = new Set<string>()
  annotations.forEach(({ key, valueExpression }, i) => {
    const place = at.index(i)
    if (policy === '') place.child('key').invalid(key, 'requires metadata.name be non-empty')
    else place.child('key').invalidEach(`${policy}/${key}`, isQualifiedName(`${policy}/${key}`))
    const expressionAt = place.child('valueExpression')
    if (isBlank(valueExpression)) expressionAt.required('valueExpression is not specified')
    else if (Buffer.byteLength(valueExpression.trim()) > MAX_VALUE_EXPRESSION_BYTES) {
      expressionAt.required(`must not exceed ${MAX_VALUE_EXPRESSION_BYTES} bytes in length`)
    }
    if (keys.has(key)) place.child('key').duplicate(key)
    keys.add(key)
  })
}

export function validateValidatingAdmissionPolicy(spec: ValidatingAdmissionPolicySpec, at: At): void {
  validateMatchConstraints(spec.matchConstraints, at.child('matchConstraints'))
  const hasParams = spec.paramKind !== undefined
  validateMatchConditions(
    spec.matchConditions ?? [],
    at.child('matchConditions'),
    policyEnvironment(hasParams, new Map()),
  )
  const { variables = [], validations = [], auditAnnotations = [] } = spec
  const { environment } = compileVariables(hasParams, variables, (i, problem) => {
    at.child('variables').index(i).child('expression').invalid(variables[i]!.expression, problem)
  })
  validations.forEach(({ expression, messageExpression = '' }, i) => {
    const place = at.child('validations').index(i)
    checkExpression(expression, place.child('expression'), environment, BOOL)
    checkExpression(messageExpression, place.child('messageExpression'), environment, STRING)
  })
  auditAnnotations.forEach(({ valueExpression }, i) => {
    const place = at.child('auditAnnotations').index(i).child('valueExpression')
    checkExpression(valueExpression, place, environment, STRING, NULL)
  })
  if (spec.validations?.length || spec.auditAnnotations?.length) return
  for (const field of ['validations', 'auditAnnotations']) {
    at.child(field).required('validations or auditAnnotations must contain at least one item')
  }
}

export function validateExpressionWarning({ fieldRef, warning }: ExpressionWarning, at: At): void {
  if (warning === '') at.child('warning').required()
  if (isBlank(fieldRef)) at.child('fieldRef').required()
}

export function validateValidatingAdmissionPolicyStatus(status: ValidatingAdmissionPolicyStatus, at: At): void {
  status.typeChecking?.expressionWarnings?.forEach((warning, i) => {
    validateExpressionWarning(warning, at.child('typeChecking', 'expressionWarnings').index(i))
  })
  validateConditions(status.conditions, at.child('conditions'))
}
