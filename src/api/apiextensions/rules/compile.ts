import {
  BOOL,
  type CelType,
  CompileError,
  compile,
  type Environment,
  kubernetesFunctions,
  type Program,
  STRING,
} from '../../../apimachinery/cel/index.ts'
import type { JSONSchemaProps, ValidationRule } from '../json-schema-props.ts'
import { parseFieldPath } from './field-path.ts'
import { MAX_REQUEST_BYTES, type SizedShape } from './shape.ts'

/** A rule, as far as it could be compiled. */
export interface CompiledRule {
  readonly rule: ValidationRule
  /** Undefined for an empty rule, and for one with an error. */
  readonly program?: Program
  readonly error?: string
  readonly usesOldSelf: boolean
  readonly messageProgram?: Program
  readonly messageError?: string
  /** Where the rule says that what it finds wrong is, from where it stands. */
  readonly fieldPath?: string
}

/** Compiles the rules of one place of a schema. */
export function compileRules(schema: JSONSchemaProps, shape: SizedShape): CompiledRule[] {
  const functions = kubernetesFunctions
  const plain: Environment = { variables: { self: { shape }, oldSelf: { shape } }, functions }
  const optional: Environment = {
    variables: { self: { shape }, oldSelf: { shape: { kind: 'optional', item: shape } } },
    functions,
  }
  return (schema['x-kubernetes-validations'] ?? []).map(rule =>
    compileRule(rule, schema, rule.optionalOldSelf ? optional : plain),
  )
}

/** How many values of this shape fit into a request at most. */
export const mostOf = ({ minBytes }: SizedShape): number => Math.floor(MAX_REQUEST_BYTES / (minBytes + 1))

function compileRule(rule: ValidationRule, schema: JSONSchemaProps, environment: Environment): CompiledRule {
  if (rule.rule.trim() === '') return { rule, usesOldSelf: false }
  const made = attempt(rule.rule, environment, BOOL)
  if (!('program' in made)) {
    const error =
      made.problem === undefined ? 'cel expression must evaluate to a bool' : `compilation failed: ${made.problem}`
    return { rule, usesOldSelf: false, error }
  }
  const { program } = made
  const fieldPath = pathOf(rule, schema)
  const usesOldSelf = program.variables.has('oldSelf')
  if (!rule.messageExpression) return { rule, program, usesOldSelf, fieldPath }
  const message = attempt(rule.messageExpression, environment, STRING)
  if ('program' in message) return { rule, program, usesOldSelf, fieldPath, messageProgram: message.program }
  const messageError =
    message.problem === undefined
      ? 'messageExpression must evaluate to a string'
      : `messageExpression compilation failed: ${message.problem}`
  return { rule, program, usesOldSelf, fieldPath, messageError }
}

/** A program of a type; or what is wrong with it, undefined if only its type is. */
function attempt(
  source: string,
  environment: Environment,
  type: CelType,
): { program: Program } | { problem: string | undefined } {
  try {
    const program = compile(source, environment)
    return program.type === type ? { program } : { problem: undefined }
  } catch (error) {
    if (error instanceof CompileError) return { problem: error.message }
    throw error
  }
}

function pathOf({ fieldPath }: ValidationRule, schema: JSONSchemaProps): string | undefined {
  if (!fieldPath) return undefined
  try {
    return parseFieldPath(fieldPath, schema).path
  } catch {
    return undefined
  }
}
