import { policyEnvironment } from '../../api/admissionregistration/expressions.ts'
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicySpec,
} from '../../api/admissionregistration/validatingadmissionpolicy.ts'
import { type CelType, CompileError, compile, DYN, type Environment } from '../../apimachinery/cel/index.ts'
import type { TypedKind } from './kind-types.ts'
import { matchedKinds } from './matched-kinds.ts'

/**
 * What is wrong with a policy's expressions, were `object` of each of the kinds that its rules name (upstream
 * policy/validating typechecking.go). Whatever comes of it, the policy works as it did.
 */
export function typeWarnings(
  { validations = [], variables = [], paramKind, matchConstraints }: ValidatingAdmissionPolicySpec,
  kinds: readonly TypedKind[],
): ExpressionWarning[] {
  const matched = matchedKinds(matchConstraints?.resourceRules, kinds)
  const params =
    paramKind && kinds.find(kind => apiVersionOf(kind) === paramKind.apiVersion && kind.kind === paramKind.kind)
  const environments = matched.map(kind => {
    const typed = { object: kind.type ?? DYN, ...(paramKind && { params: params?.type ?? DYN }) }
    return { kind, environment: environmentFor(typed, variables) }
  })
  const warningOf = (expression: string) =>
    environments
      .flatMap(({ kind, environment }) => {
        const problem = problemOf(expression, environment)
        return problem === undefined ? [] : [`${kind.group}/${kind.version}, Kind=${kind.kind}: ${problem}\n`]
      })
      .join('\n')
  return validations.flatMap(({ expression, messageExpression }, i) =>
    Object.entries({ expression, messageExpression }).flatMap(([field, text]) => {
      const warning = text ? warningOf(text) : ''
      return warning ? [{ fieldRef: `spec.validations[${i}].${field}`, warning }] : []
    }),
  )
}

const apiVersionOf = ({ group, version }: TypedKind): string => (group ? `${group}/${version}` : version)

/** What expressions can name, typed. Each variable can name those before it; one that is wrong can be anything. */
function environmentFor(
  { object, params }: { readonly object: CelType; readonly params?: CelType },
  variables: readonly { readonly name: string; readonly expression: string }[],
): Environment {
  const types = new Map<string, CelType>()
  const environment = (): Environment => {
    const base = policyEnvironment(params !== undefined, types)
    const typed = { object: { type: object }, oldObject: { type: object }, ...(params && { params: { type: params } }) }
    return { ...base, variables: { ...base.variables, ...typed } }
  }
  for (const { name, expression } of variables) {
    try {
      types.set(name, compile(expression, environment()).type)
    } catch (error) {
      if (!(error instanceof CompileError)) throw error
      types.set(name, DYN)
    }
  }
  return environment()
}

function problemOf(expression: string, environment: Environment): string | undefined {
  try {
    compile(expression, environment)
    return undefined
  } catch (error) {
    if (error instanceof CompileError) return error.message
    throw error
  }
}
