import { compileCondition } from '../../../api/admissionregistration/expressions.ts'
import { CompileError, type Environment, EvaluationError, type Program } from '../../../apimachinery/cel/index.ts'
import type { RequestValues } from './evaluation.ts'

interface Condition {
  readonly name: string
  readonly expression: string
}

/** What compiling gives: a program, or why there is none. */
export function attempt(make: () => Program): Program | CompileError {
  try {
    return make()
  } catch (error) {
    if (error instanceof CompileError) return error
    throw error
  }
}

const compiled = new WeakMap<readonly Condition[], readonly (Program | CompileError)[]>()

/**
 * Whether all conditions hold. One that does not outweighs those that fail; otherwise a failure is thrown, as an EvaluationError
 * (upstream plugin/webhook/matchconditions).
 */
export async function conditionsHold(
  conditions: readonly Condition[],
  values: RequestValues,
  environment?: Environment,
): Promise<boolean> {
  let programs = compiled.get(conditions)
  if (!programs) {
    programs = conditions.map(({ expression }) => attempt(() => compileCondition(expression, environment)))
    compiled.set(conditions, programs)
  }
  let failure: EvaluationError | undefined
  for (const [i, program] of programs.entries()) {
    try {
      if ((await values.evaluate(program)) !== true) return false
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      failure ??= new EvaluationError(`expression '${conditions[i]!.expression}' resulted in error: ${error.message}`)
    }
  }
  if (failure) throw failure
  return true
}
