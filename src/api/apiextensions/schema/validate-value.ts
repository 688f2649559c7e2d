import { deepEqual } from '../../../apimachinery/json.ts'
import { matchesRe2 } from '../../../apimachinery/re2.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import { formatCheck, isKnownFormat } from '../../../apimachinery/validation/formats.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import type { Correlation } from './correlation.ts'
import { goNumber } from './go-number.ts'
import { additionalOf, isObject, itemsOf, type JsonObject, propertyOf } from './structural.ts'

/** One thing that is wrong; says so at a place in an error list. `path` undefined: about the whole, as combinations are. */
interface Problem {
  readonly path: string | undefined
  say(at: At): void
}

/** What came of checking a value: problems, and how much was right, to choose the best of several alternatives. */
interface Result {
  readonly problems: Problem[]
  matches: number
}

/**
 * Checks a value against a schema, in the words of kube-openapi's validate package. `at` is the place of the value, `path`
 * what it is called in messages. With a correlation, what has not changed is not refused.
 */
export function validateValue(
  schema: JSONSchemaProps,
  value: unknown,
  at: At,
  { path = '', correlation }: { path?: string; correlation?: Correlation } = {},
): void {
  for (const problem of check(schema, value, path, correlation, true).problems) {
    if (problem.path === undefined) pushPlaceless(at, problem)
    else problem.say(problem.path === '' ? at : at.child(problem.path.replace(/^\./, '')))
  }
}

/** Upstream shows an error without a place, where there is none above it either, as `<nil>`. */
function pushPlaceless(at: At, problem: Problem): void {
  problem.say(at.path ? at : at.child('<nil>'))
}

/** `judged`: the correlation is this very value's, so that problems of an unchanged value are let go. */
function check(
  schema: JSONSchemaProps,
  value: unknown,
  path: string,
  correlation: Correlation | undefined,
  judged: boolean,
): Result {
  const result: Result = { problems: [], matches: 0 }
  checkType(schema, value, path, result)
  if (value !== null) {
    checkCombinations(schema, value, path, correlation, result)
    if (typeof value === 'string') checkString(schema, value, path, result)
    if (typeof value === 'number') checkNumber(schema, value, path, result)
    if (Array.isArray(value)) checkList(schema, value, path, correlation, result)
  }
  checkEnum(schema, value, path, result)
  if (isObject(value)) checkObject(schema, value, path, correlation, result)
  result.matches++
  return judged && result.problems.length > 0 && correlation?.unchanged ? { problems: [], matches: 0 } : result
}

function merge(result: Result, other: Result): void {
  result.problems.push(...other.problems)
  result.matches += other.matches
}

const invalid = (result: Result, path: string, value: unknown, detail: string) =>
  result.problems.push({ path, say: at => at.invalid(value, detail) })
const placeless = (result: Result, detail: string) =>
  result.problems.push({ path: undefined, say: at => at.invalid('', detail) })
const wrongType = (result: Result, path: string, type: string, shown: string) =>
  result.problems.push({
    path,
    say: at => at.typeInvalid(shown, `${path} in body must be of type ${type}: ${JSON.stringify(shown)}`),
  })

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function checkType(schema: JSONSchemaProps, value: unknown, path: string, result: Result): void {
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : []
  const format = formatOf(schema)
  if (types.length === 0 && !format) return
  const actual = typeOf(value)
  if (value === null) {
    if (types.length > 0 && !schema.nullable) wrongType(result, path, types.join(','), actual)
    else result.matches++
    return
  }
  const fits = types.includes(actual) || (actual === 'integer' && types.includes('number'))
  const textual = actual === 'string' || actual === 'array'
  if (!textual && format && !fits) {
    wrongType(result, path, format, actual === 'integer' ? 'int64' : actual === 'number' ? 'float64' : '')
    return
  }
  const numeric = types.includes('number') || types.includes('integer')
  if (!fits && (numeric || !format || !textual)) wrongType(result, path, types.join(','), actual)
  else result.matches++
}

/** The format that is checked, if any. */
function formatOf({ format, type }: JSONSchemaProps): string | undefined {
  return format && isKnownFormat(type, format) ? format : undefined
}

function checkCombinations(
  schema: JSONSchemaProps,
  value: unknown,
  path: string,
  correlation: Correlation | undefined,
  result: Result,
): void {
  const run = (sub: JSONSchemaProps) => check(sub, value, path, correlation, false)
  const ok = (outcome: Result) => outcome.problems.length === 0
  const name = JSON.stringify(path)
  if (schema.anyOf?.length) {
    const outcomes: Result[] = []
    for (const sub of schema.anyOf) if (outcomes.push(run(sub)) && ok(outcomes[outcomes.length - 1]!)) break
    const success = outcomes.find(ok)
    if (!success) placeless(result, `${name} must validate at least one schema (anyOf)`)
    merge(result, success ?? best(outcomes))
  }
  if (schema.oneOf?.length) {
    const outcomes = schema.oneOf.map(run)
    const successes = outcomes.filter(ok)
    if (successes.length !== 1) {
      const found = successes.length === 0 ? 'Found none valid' : `Found ${successes.length} valid alternatives`
      placeless(result, `${name} must validate one and only one schema (oneOf). ${found}`)
      if (successes.length === 0) merge(result, best(outcomes))
    } else merge(result, successes[0]!)
  }
  if (schema.allOf?.length) {
    const outcomes = schema.allOf.map(run)
    const right = outcomes.filter(ok).length
    for (const outcome of outcomes) merge(result, outcome)
    if (right !== outcomes.length) {
      placeless(result, `${name} must validate all the schemas (allOf)${right === 0 ? '. None validated' : ''}`)
    }
  }
  if (schema.not && ok(run(schema.not))) placeless(result, `${name} must not validate the schema (not)`)
  result.matches++
}

const best = (outcomes: readonly Result[]): Result =>
  outcomes.reduce((most, outcome) => (outcome.matches > most.matches ? outcome : most))

function checkString(schema: JSONSchemaProps, value: string, path: string, result: Result): void {
  const { maxLength, minLength, pattern } = schema
  const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length
  if (maxLength !== undefined && length > maxLength) {
    result.problems.push({ path, say: at => at.tooLong(maxLength) })
  } else if (minLength !== undefined && length < minLength) {
    invalid(result, path, value, `${path} in body should be at least ${minLength} chars long`)
  } else if (pattern && !matches(pattern, value)) {
    invalid(result, path, value, `${path} in body should match '${pattern}'`)
  }
  result.matches++
  const format = formatOf(schema)
  if (format && formatCheck(format)?.(value) === false) wrongType(result, path, format, value)
  else if (format) result.matches++
}

function matches(pattern: string, value: string): boolean {
  try {
    return matchesRe2(pattern, value)
  } catch {
    return false
  }
}

const INT32 = 2 ** 31

function checkNumber(schema: JSONSchemaProps, value: number, path: string, result: Result): void {
  const { maximum, exclusiveMaximum, minimum, exclusiveMinimum, multipleOf } = schema
  if (schema.type === 'integer' && schema.format === 'int32' && (value >= INT32 || value < -INT32)) {
    placeless(result, `Checked value must be of type integer with format int32 in ${path}`)
  }
  // Integers are compared with the whole part of a bound.
  const bound = (limit: number) => (Number.isInteger(value) ? Math.trunc(limit) : limit)
  if (multipleOf !== undefined) checkMultiple(value, multipleOf, path, result)
  if (minimum !== undefined) {
    const least = bound(minimum)
    if (value < least || (exclusiveMinimum && value === least)) {
      const words = exclusiveMinimum ? 'greater than' : 'greater than or equal to'
      invalid(result, path, value, `${path} in body should be ${words} ${goNumber(least)}`)
    }
  }
  if (maximum !== undefined) {
    const most = bound(maximum)
    if (value > most || (exclusiveMaximum && value === most)) {
      const words = exclusiveMaximum ? 'less than' : 'less than or equal to'
      invalid(result, path, value, `${path} in body should be ${words} ${goNumber(most)}`)
    }
  }
  result.matches += 2
}

function checkMultiple(value: number, factor: number, path: string, result: Result): void {
  const whole = Number.isInteger(value) ? Math.trunc(factor) : factor
  if (whole <= 0) {
    invalid(
      result,
      path,
      goNumber(whole),
      `factor MultipleOf declared for ${path} must be positive: ${goNumber(whole)}`,
    )
  } else if (!Number.isInteger(whole < 1 ? (1 / whole) * value : value / whole)) {
    invalid(result, path, value, `${path} in body should be a multiple of ${goNumber(whole)}`)
  }
}

function checkList(
  schema: JSONSchemaProps,
  value: readonly unknown[],
  path: string,
  correlation: Correlation | undefined,
  result: Result,
): void {
  const items = itemsOf(schema)
  if (items) {
    for (let i = 0; i < value.length; i++) {
      merge(result, check(items, value[i], `${path}[${i}]`, correlation?.index(i), true))
    }
  }
  const { minItems, maxItems } = schema
  if (minItems !== undefined && value.length < minItems) {
    invalid(result, path, value.length, `${path} in body should have at least ${minItems} items`)
  }
  if (maxItems !== undefined && value.length > maxItems) {
    result.problems.push({ path, say: at => at.tooMany(value.length, maxItems) })
  }
  result.matches += 2
}

function checkEnum(schema: JSONSchemaProps, value: unknown, path: string, result: Result): void {
  const allowed = schema.enum
  if (!allowed?.length) return
  if (allowed.some(one => one !== null && deepEqual(one, value))) {
    result.matches++
    return
  }
  const shown = allowed.map(one => JSON.stringify(typeof one === 'string' ? one : JSON.stringify(one))).join(', ')
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${shown}`
  result.problems.push({ path, say: at => at.add('FieldValueNotSupported', message) })
}

function checkObject(
  schema: JSONSchemaProps,
  value: JsonObject,
  path: string,
  correlation: Correlation | undefined,
  result: Result,
): void {
  const keys = Object.keys(value)
  const { minProperties, maxProperties, additionalProperties } = schema
  if (minProperties !== undefined && keys.length < minProperties) {
    invalid(result, path, keys.length, `${path} in body should have at least ${minProperties} properties`)
  }
  if (maxProperties !== undefined && keys.length > maxProperties) {
    result.problems.push({ path, say: at => at.tooMany(keys.length, maxProperties) })
  }
  const additional = additionalOf(schema)
  for (const key of keys) {
    const stated = propertyOf(schema, key)
    if (!stated && additionalProperties === false) {
      invalid(result, path, key, `${path}.${key} in body is a forbidden property`)
      continue
    }
    const below = stated ?? additional
    if (!below) continue
    const place = stated && path === '' ? key : `${path}.${key}`
    // The type of the whole object is never let go.
    const of = path === '' && (key === 'apiVersion' || key === 'kind') ? undefined : correlation?.key(key)
    merge(result, check(below, value[key], place, of, true))
  }
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) result.problems.push({ path: `${path}.${key}`, say: at => at.required() })
  }
  result.matches++
}
