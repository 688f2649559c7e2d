import { declare } from '../../apimachinery/cel/functions.ts'
import {
  BOOL,
  type CelType,
  CompileError,
  compile,
  DYN,
  type Environment,
  functionsOf,
  KUBERNETES_LIBRARIES,
  type ObjectType,
  opaque,
  type Program,
  type Shape,
  STRING,
  showType,
} from '../../apimachinery/cel/index.ts'
import { AUTHORIZER, AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from '../../apimachinery/cel/library/authorizer.ts'
import type { At } from '../../apimachinery/validation/at.ts'

/** The expressions of webhooks' conditions and of admission policies: what they can name, and what must come of them. */

const escapeKey = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')
const JSON_PATCH_FUNCTIONS = [
  declare('jsonpatch.escapeKey', escapeKey, 'string_jsonpatch_escapeKey_string: (string) string'),
]

const FUNCTIONS = functionsOf(...KUBERNETES_LIBRARIES, AUTHORIZER)
const PATCH_FUNCTIONS = functionsOf(...KUBERNETES_LIBRARIES, AUTHORIZER, JSON_PATCH_FUNCTIONS)

const TEXT: Shape = { kind: 'string' }
const object = (name: string, fields: Readonly<Record<string, Shape>>): Shape => ({
  kind: 'object',
  name,
  fields: new Map(Object.entries(fields).map(([json, shape]) => [json, { json, shape }])),
})
const gvk = object('kubernetes.GroupVersionKind', { group: TEXT, version: TEXT, kind: TEXT })
const gvr = object('kubernetes.GroupVersionResource', { group: TEXT, version: TEXT, resource: TEXT })

/** `request`: the AdmissionRequest without its objects. */
export const REQUEST_SHAPE: Shape = object('kubernetes.AdmissionRequest', {
  uid: TEXT,
  kind: gvk,
  resource: gvr,
  subResource: TEXT,
  requestKind: gvk,
  requestResource: gvr,
  requestSubResource: TEXT,
  name: TEXT,
  namespace: TEXT,
  operation: TEXT,
  userInfo: object('kubernetes.UserInfo', {
    username: TEXT,
    uid: TEXT,
    groups: { kind: 'list', item: TEXT },
    extra: { kind: 'map', item: { kind: 'list', item: TEXT } },
  }),
  dryRun: { kind: 'bool' },
  options: { kind: 'dyn' },
})

/** Any object of the API. */
export const DYNAMIC: Shape = { kind: 'dyn' }

const BASE: Environment['variables'] = {
  object: { type: DYN },
  oldObject: { type: DYN },
  request: { shape: REQUEST_SHAPE },
  namespaceObject: { type: DYN },
  authorizer: { type: opaque(AUTHORIZER_TYPE) },
  'authorizer.requestResource': { type: opaque(RESOURCE_CHECK_TYPE) },
}

/** What the conditions of webhooks can name. */
const conditionEnvironment: Environment = { variables: BASE, functions: FUNCTIONS }

/** The name of the type of `variables`. */
export const VARIABLES_TYPE = 'kubernetes.variables'

/** What the expressions of a policy can name. `variables`: its own, by name. */
export function policyEnvironment(hasParams: boolean, variables: ReadonlyMap<string, CelType>): Environment {
  const own: CelType = { kind: 'object', name: VARIABLES_TYPE, fields: variables }
  return {
    variables: { ...BASE, variables: { type: own }, ...(hasParams && { params: { type: DYN } }) },
    functions: FUNCTIONS,
  }
}

/** The types of objects that mutations make: `Object`, `Object.spec` and so on, with whatever fields, and `JSONPatch`. */
class MutationTypes extends Map<string, ObjectType> {
  override get(name: string): ObjectType | undefined {
    if (name === 'JSONPatch') {
      const fields = new Map<string, CelType>(['op', 'path', 'from'].map(field => [field, STRING]))
      return { kind: 'object', name, fields: fields.set('value', DYN) }
    }
    return /^Object(\.|$)/.test(name) ? { kind: 'object', name, fields: ANY_FIELDS } : undefined
  }
}

class AnyFields extends Map<string, CelType> {
  override get(): CelType {
    return DYN
  }
  override has(): boolean {
    return true
  }
}
const ANY_FIELDS = new AnyFields()

/** What an apply configuration has to be, and what a patch is a list of. */
export const OBJECT: CelType = { kind: 'object', name: 'Object', fields: ANY_FIELDS }
export const JSON_PATCH: CelType = { kind: 'object', name: 'JSONPatch', fields: ANY_FIELDS }

/** What mutations can name besides. */
export const mutationEnvironment = (environment: Environment): Environment => ({
  ...environment,
  functions: PATCH_FUNCTIONS,
  objects: new MutationTypes(),
})

/** Compiles a condition on requests. Throws CompileError. */
export const compileCondition = (expression: string, environment = conditionEnvironment): Program =>
  compile(expression, environment)

/** What is wrong with an expression: that it is none, or gives something else than it should. */
export function problemOf(
  expression: string,
  environment: Environment,
  wanted: readonly CelType[],
): string | undefined {
  try {
    const { type } = compile(expression, environment)
    if (wanted.some(one => showType(one) === showType(type))) return undefined
    return `must evaluate to ${wanted.map(wordFor).join(' or ')}`
  } catch (error) {
    if (error instanceof CompileError) return `compilation failed: ${error.message}`
    throw error
  }
}

const wordFor = (type: CelType) => (showType(type) === 'null' ? 'null_type' : showType(type))

/** Tells `at` what is wrong with an expression. */
export function checkExpression(expression: string, at: At, environment: Environment, ...wanted: CelType[]): void {
  if (expression.trim() === '') return
  const problem = problemOf(expression, environment, wanted.length > 0 ? wanted : [BOOL])
  if (problem) at.invalid(expression, problem)
}

export const checkCondition = (expression: string, at: At, environment = conditionEnvironment): void =>
  checkExpression(expression, at, environment, BOOL)

/** Compiles a policy's variables in turn: each can name those before it. `onProblem` hears of those that cannot be compiled. */
export function compileVariables(
  hasParams: boolean,
  variables: readonly { readonly name: string; readonly expression: string }[],
  onProblem: (index: number, problem: string) => void,
): { environment: Environment; programs: Map<string, Program | CompileError> } {
  const types = new Map<string, CelType>()
  const programs = new Map<string, Program | CompileError>()
  variables.forEach(({ name, expression }, i) => {
    try {
      const program = compile(expression, policyEnvironment(hasParams, new Map(types)))
      programs.set(name, program)
      types.set(name, program.type)
    } catch (error) {
      if (!(error instanceof CompileError)) throw error
      programs.set(name, error)
      types.set(name, DYN)
      onProblem(i, `compilation failed: ${error.message}`)
    }
  })
  return { environment: policyEnvironment(hasParams, types), programs }
}
