import type { Expr } from './ast.ts'
import { check } from './checker.ts'
import type { Environment } from './environment.ts'
import { CostLimitError, EvaluationError } from './errors.ts'
import { estimateCost, type Range } from './estimate.ts'
import { functionsOf } from './functions.ts'
import { type Bindings, Frame, plan } from './interpreter.ts'
import { KUBERNETES } from './library/kubernetes.ts'
import { LISTS } from './library/lists.ts'
import { NETWORK } from './library/network.ts'
import { OPTIONAL } from './library/optional.ts'
import { SEMVER } from './library/semver.ts'
import { LITERAL_CHECKS, STANDARD } from './library/standard.ts'
import { STRINGS } from './library/strings.ts'
import { parse } from './parser.ts'
import { CompileError, type Issue } from './source.ts'
import type { CelType } from './types.ts'
import type { Value } from './values.ts'

export type { Environment, Variable } from './environment.ts'
export { CostLimitError, EvaluationError } from './errors.ts'
export { declare, functionsOf } from './functions.ts'
export type { Bindings } from './interpreter.ts'
export { type Shape, type ShapeField, toValue } from './schema-value.ts'
export { CompileError } from './source.ts'
export * from './types.ts'
export { OpaqueValue, OptionalValue, type Value } from './values.ts'

/** What one evaluation may cost (apiserver apis/cel/config.go). */
export const PER_CALL_LIMIT = 1_000_000

/** The functions that expressions have everywhere in Kubernetes v1.36; `functionsOf` adds others. */
export const KUBERNETES_LIBRARIES = [STANDARD, OPTIONAL, STRINGS, LISTS, NETWORK, KUBERNETES, SEMVER] as const
export const kubernetesFunctions = functionsOf(...KUBERNETES_LIBRARIES)

/** What came of an evaluation, and what it cost. */
export interface Outcome {
  readonly value: Value
  readonly cost: number
}

/** A compiled expression. */
export interface Program {
  readonly type: CelType
  /** Variables that it names. */
  readonly variables: ReadonlySet<string>
  /** What an evaluation can cost, by the sizes its variables can have. */
  estimate(): Range
  /** Throws EvaluationError, whose `cost` says what it has cost; CostLimitError when it costs more than `limit`. */
  evaluate(bindings: Bindings, limit?: number): Outcome
}

/** Compiles an expression. Throws CompileError, whose message is laid out as cel-go lays out its own. */
export function compile(source: string, environment: Environment): Program {
  const expr = parse(source, environment.bindings)
  const checked = check(expr, environment)
  const issues = checked.issues.length > 0 ? checked.issues : literalIssues(expr)
  if (issues.length > 0) throw new CompileError(source, issues)
  const step = plan(expr, checked)
  return {
    type: checked.type,
    variables: checked.variables,
    estimate: () => estimateCost(expr, checked, environment),
    evaluate(bindings, limit = PER_CALL_LIMIT) {
      const frame = new Frame(bindings, limit)
      try {
        return { value: step(frame), cost: frame.cost }
      } catch (error) {
        const known = error instanceof EvaluationError ? error : overflow(error)
        known.cost = frame.cost
        throw known
      }
    },
  }
}

/** Values nested deeper than JavaScript's stack are too much, as those that cost too much are. */
function overflow(error: unknown): EvaluationError {
  if (error instanceof RangeError) return new CostLimitError()
  throw error
}

/** Literals that their function could never take. */
function literalIssues(expr: Expr): Issue[] {
  const issues: Issue[] = []
  walk(expr, one => {
    if (one.kind !== 'call' || !Object.hasOwn(LITERAL_CHECKS, one.name)) return
    const argument = one.args[one.args.length - 1]
    if (argument?.kind !== 'literal' || typeof argument.value !== 'string') return
    try {
      LITERAL_CHECKS[one.name]!(argument.value)
    } catch {
      issues.push({ at: argument.at, message: `invalid ${one.name} argument` })
    }
  })
  return issues
}

function walk(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr)
  for (const child of childrenOf(expr)) walk(child, visit)
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'select':
      return [expr.operand]
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args
    case 'list':
      return expr.items.map(({ value }) => value)
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value])
    case 'struct':
      return expr.entries.map(({ value }) => value)
    case 'fold':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result]
    case 'bind':
      return [expr.value, expr.body]
    default:
      return []
  }
}
