import { compileVariables, policyEnvironment } from '../../../api/admissionregistration/expressions.ts'
import {
  type ValidatingAdmissionPolicy,
  validatingAdmissionPolicy,
} from '../../../api/admissionregistration/validatingadmissionpolicy.ts'
import { validatingAdmissionPolicyBinding } from '../../../api/admissionregistration/validatingadmissionpolicybinding.ts'
import {
  type CompileError,
  compile,
  type Environment,
  EvaluationError,
  type Program,
} from '../../../apimachinery/cel/index.ts'
import { forbidden, type StatusReason } from '../../../apimachinery/errors.ts'
import type { ApiServer } from '../../apiserver.ts'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'
import { Matcher } from '../webhook/matching.ts'
import { type Bound, boundTo } from './bound.ts'
import { RequestValues } from './evaluation.ts'
import { attempt, conditionsHold } from './match-conditions.ts'
import { ParamsError, paramsOf } from './params.ts'

type Spec = ValidatingAdmissionPolicy['spec']
type Validation = NonNullable<Spec['validations']>[number]

/** A rule that does not hold, or could not be evaluated. */
interface Violation {
  readonly message: string
  readonly reason?: string
  /** The place of its rule. */
  readonly index: number
}

interface Compiled {
  readonly variables: ReadonlyMap<string, Program | CompileError>
  readonly validations: readonly {
    readonly validation: Validation
    readonly program: Program | CompileError
    readonly messageProgram?: Program | CompileError
  }[]
  readonly conditions: Environment
}

const CODES: Readonly<Record<string, number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
  Invalid: 422,
}
const MAX_MESSAGE_BYTES = 5 * 1024
const FAILURES = 'validation.policy.admission.k8s.io/validation_failure'

/** Refuses requests by rules in CEL (upstream plugin/policy/validating, KEP-3488). */
export function validatingPolicies(server: ApiServer): AdmissionPlugin {
  const policies = server.resources.of(validatingAdmissionPolicy).cacher
  const bindings = server.resources.of(validatingAdmissionPolicyBinding).cacher
  const matcher = new Matcher(server)
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: () => bindings.size > 0 && policies.size > 0,
    async validate(attributes) {
      const noted: object[] = []
      const found: [BoundPolicy, readonly Violation[]][] = []
      for (const bound of boundTo(policies.values(), bindings.values(), matcher, attributes)) {
        const violations = await violationsOf(server, bound, attributes)
        if (attributes.context.audit) noted.push(...auditOf(bound, violations))
        found.push([bound, violations])
      }
      if (noted.length > 0) attributes.context.audit?.annotate(FAILURES, JSON.stringify(noted))
      for (const [bound, violations] of found) for (const violation of violations) act(bound, violation, attributes)
    },
  }
}

type BoundPolicy = Bound<
  ValidatingAdmissionPolicy,
  { readonly metadata: { name?: string }; readonly spec: BindingSpec }
>
interface BindingSpec {
  readonly validationActions?: readonly string[]
  readonly paramRef?: Parameters<typeof paramsOf>[2]
}

/** What the audit log says of rules that do not hold, where the binding asks for that. */
function auditOf({ policy, binding }: BoundPolicy, violations: readonly Violation[]): object[] {
  const { validationActions = [] } = binding.spec
  if (!validationActions.includes('Audit')) return []
  return violations.map(({ message, index }) => ({
    message,
    policy: policy.metadata.name,
    binding: binding.metadata.name,
    expressionIndex: index,
    validationActions,
  }))
}

function act({ policy, binding }: BoundPolicy, { message, reason }: Violation, attributes: AdmissionAttributes): void {
  const { validationActions = [] } = binding.spec
  const which = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`
  if (validationActions.includes('Warn')) attributes.context.warn(`Validation failed for ${which}: ${message}`)
  if (!validationActions.includes('Deny')) return
  const { kind, name, object } = attributes
  const error = forbidden(kind, name || (object?.metadata?.generateName ?? ''), `${which} denied request: ${message}`)
  error.status.reason = (reason ?? 'Invalid') as StatusReason
  error.status.code = CODES[error.status.reason] ?? 422
  error.status.details!.causes = [{ message: `${which} denied request: ${message}` }]
  throw error
}

const compiledPolicies = new WeakMap<Spec, Compiled>()

function compiledOf(spec: Spec): Compiled {
  const known = compiledPolicies.get(spec)
  if (known) return known
  const hasParams = spec.paramKind !== undefined
  const { environment, programs } = compileVariables(hasParams, spec.variables ?? [], () => {})
  const made: Compiled = {
    variables: programs,
    conditions: policyEnvironment(hasParams, new Map()),
    validations: (spec.validations ?? []).map(validation => ({
      validation,
      program: attempt(() => compile(validation.expression, environment)),
      ...(validation.messageExpression && {
        messageProgram: attempt(() => compile(validation.messageExpression!, environment)),
      }),
    })),
  }
  compiledPolicies.set(spec, made)
  return made
}

async function violationsOf(
  server: ApiServer,
  bound: BoundPolicy,
  attributes: AdmissionAttributes,
): Promise<Violation[]> {
  const { policy, binding, kind } = bound
  const { spec } = policy
  const open = spec.failurePolicy === 'Ignore'
  const violations: Violation[] = []
  const failed = (message: string, index = 0) => {
    if (!open) violations.push({ message, index })
  }
  try {
    const { variables, validations, conditions } = compiledOf(spec)
    for (const params of paramsOf(server, spec.paramKind, binding.spec.paramRef, attributes.namespace)) {
      const given = spec.paramKind ? params : undefined
      const values = await RequestValues.of(server, attributes, kind, variables, given)
      if (!(await conditionsHold(spec.matchConditions ?? [], values, conditions))) continue
      for (const [index, { validation, program, messageProgram }] of validations.entries()) {
        try {
          if ((await values.evaluate(program)) === true) continue
          const message = await messageOf(validation, messageProgram, values)
          violations.push({ message, reason: validation.reason, index })
        } catch (error) {
          if (!(error instanceof EvaluationError)) throw error
          failed(`expression '${validation.expression}' resulted in error: ${error.message}`, index)
        }
      }
    }
  } catch (error) {
    if (error instanceof ParamsError) failed(`failed to configure binding: ${error.message}`)
    else if (error instanceof EvaluationError) failed(error.message)
    else throw error
  }
  return violations
}

/** What is said of a rule that does not hold: by its expression, if that gives a text of one line; by its message otherwise. */
async function messageOf(
  { message, expression }: Validation,
  program: Program | CompileError | undefined,
  values: RequestValues,
): Promise<string> {
  if (program) {
    const text = await values.evaluate(program).catch(() => '')
    const trimmed = typeof text === 'string' ? text.trim() : ''
    if (trimmed && !trimmed.includes('\n') && Buffer.byteLength(trimmed) <= MAX_MESSAGE_BYTES) return trimmed
  }
  return message?.trim() || `failed expression: ${expression.trim()}`
}
