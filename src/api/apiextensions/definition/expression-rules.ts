import type { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps, ValidationRule } from '../json-schema-props.ts'
import { type CompiledRule, compileRules, mostOf } from '../rules/compile.ts'
import { parseFieldPath } from '../rules/field-path.ts'
import { shapeOfField } from '../rules/rule-tree.ts'
import { type SizedShape, shapeOf } from '../rules/shape.ts'
import { isEmbedded } from '../schema/structural.ts'
import { structuralProblem } from '../schema/validate-structural.ts'

/** What a rule may cost at most for all values that it is about, and all rules of a schema together (upstream's validation.go). */
const RULE_LIMIT = 10_000_000
const SCHEMA_LIMIT = 100_000_000
const MOST_SHOWN = 4

const REASONS = ['FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate']

/** A place of a schema as its rules see it. */
export interface ExpressionPlace {
  readonly shape: SizedShape | undefined
  /** How many values there can be at this place in one object; undefined if schemas above set no limit. */
  readonly count: number | undefined
  property(name: string, schema: JSONSchemaProps): ExpressionPlace
  items(schema: JSONSchemaProps): ExpressionPlace
  additional(schema: JSONSchemaProps): ExpressionPlace
}

/** The place of a whole object. */
export const placeOf = (schema: JSONSchemaProps): ExpressionPlace =>
  place(schema, () => shapeOf(schema, true, 'selfType'), 1)

function place(
  schema: JSONSchemaProps,
  make: () => SizedShape | undefined,
  count: number | undefined,
): ExpressionPlace {
  let made: { shape: SizedShape | undefined } | undefined
  const shape = () => {
    made ??= { shape: make() }
    return made.shape
  }
  const below = () => {
    const most = mostBelow(schema)
    return count === undefined || most === undefined ? undefined : count * most
  }
  const own = (child: JSONSchemaProps) => shapeOf(child, isEmbedded(child), 'selfType')
  return {
    get shape() {
      return shape()
    },
    count,
    property(name, child) {
      const parent = shape()
      return place(child, () => (parent ? shapeOfField(parent, name, child) : own(child)), below())
    },
    items: child => place(child, () => shape()?.item ?? own(child), below()),
    additional: child => place(child, () => shape()?.item ?? own(child), below()),
  }
}

/** How many values of a kind a value of this schema can hold; undefined: any number. */
function mostBelow(schema: JSONSchemaProps): number | undefined {
  const { type, maxProperties, maxItems } = schema
  const limit =
    type === 'array' ? maxItems : type === 'object' && schema.additionalProperties !== undefined ? maxProperties : 1
  return limit === undefined ? undefined : Math.max(0, limit)
}

/** What rules of a schema cost together. */
export class Costs {
  #total = 0
  readonly #dearest: { at: At; cost: number }[] = []

  add(at: At, cost: number): void {
    this.#total += cost
    if (cost < SCHEMA_LIMIT / 100) return
    this.#dearest.push({ at, cost })
    this.#dearest.sort((a, b) => b.cost - a.cost)
    this.#dearest.length = Math.min(this.#dearest.length, MOST_SHOWN)
  }

  /** Says so where it is too much. `at` is the place of the schema. */
  say(at: At): void {
    if (this.#total <= SCHEMA_LIMIT) return
    for (const one of this.#dearest) {
      const why = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
      one.at.forbidden(why)
    }
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    at.forbidden(tooDear(what, this.#total, SCHEMA_LIMIT))
  }
}

function tooDear(what: string, cost: number, limit: number): string {
  const times = cost / limit
  const factor = times > 100 ? 'more than 100x' : `${times < 1.5 ? times.toFixed(6) : times.toFixed(1)}x`
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return `${what} exceeds budget by factor of ${factor} (${advice})`
}

const hasNewlines = (text: string) => /[\n\r]/.test(text)

/** What can be said of rules without reading their expressions. */
export function validateRuleTexts(schema: JSONSchemaProps, at: At): void {
  schema['x-kubernetes-validations']?.forEach((rule, i) => {
    validateTexts(rule, schema, at.child('x-kubernetes-validations').index(i))
  })
}

function validateTexts(rule: ValidationRule, schema: JSONSchemaProps, at: At): void {
  const { message = '', messageExpression = '', reason, fieldPath = '' } = rule
  if (rule.rule.trim() === '') at.child('rule').required('rule is not specified')
  else if (message && message.trim() === '') at.child('message').invalid(message, 'must be non-empty if specified')
  else if (hasNewlines(message.trim())) at.child('message').invalid(message, 'must not contain line breaks')
  else if (hasNewlines(rule.rule.trim()) && message.trim() === '') {
    at.child('message').required('message must be specified if rule contains line breaks')
  }
  if (messageExpression && messageExpression.trim() === '') {
    at.child('messageExpression').required('messageExpression must be non-empty if specified')
  }
  if (reason !== undefined && !REASONS.includes(reason)) at.child('reason').notSupported(reason, REASONS)
  if (fieldPath === '') return
  const place = at.child('fieldPath')
  if (fieldPath.trim() === '') place.invalid(fieldPath, 'must be non-empty if specified')
  if (hasNewlines(fieldPath)) place.invalid(fieldPath, 'must not contain line breaks')
  if (!isValidPath(fieldPath, schema)) place.invalid(fieldPath, 'must be a valid path')
}

function isValidPath(path: string, schema: JSONSchemaProps): boolean {
  if (structuralProblem(schema) !== undefined) return true
  try {
    parseFieldPath(path, schema)
    return true
  } catch {
    return false
  }
}

/** Compiles the rules of a place and reckons what they cost. `suppressed`: single rules may cost what they like. */
export function validateExpressions(
  schema: JSONSchemaProps,
  { shape, count }: ExpressionPlace,
  at: At,
  costs: Costs,
  suppressed: boolean,
  uncorrelatable: At | undefined,
): void {
  if (!shape) {
    const why = 'internal error: failed to construct type information for x-kubernetes-validations rules'
    at.child('x-kubernetes-validations').add(
      'InternalError',
      `Internal error: ${why}: unable to convert structural schema to CEL declarations`,
    )
    return
  }
  const most = count ?? mostOf(shape)
  compileRules(schema, shape).forEach((compiled, i) => {
    const place = at.child('x-kubernetes-validations').index(i)
    sayCost(compiled.program?.estimate().max ?? 0, most, 'estimated rule cost', place.child('rule'), costs, suppressed)
    if (compiled.error !== undefined) invalidRule(place.child('rule'), compiled.rule, compiled.error)
    validateMessage(compiled, place.child('messageExpression'), costs, suppressed)
    validateOldSelf(compiled, place, uncorrelatable)
  })
}

function sayCost(cost: number, times: number, what: string, at: At, costs: Costs, suppressed: boolean): void {
  const total = cost === 0 ? 0 : cost * times
  if (!suppressed && total > RULE_LIMIT) at.forbidden(tooDear(what, total, RULE_LIMIT))
  costs.add(at, total)
}

function validateMessage(
  { rule, messageProgram, messageError }: CompiledRule,
  at: At,
  costs: Costs,
  suppressed: boolean,
) {
  if (messageError !== undefined) invalidRule(at, rule, messageError)
  if (messageProgram)
    sayCost(messageProgram.estimate().max, 1, 'estimated messageExpression cost', at, costs, suppressed)
}

function validateOldSelf({ rule, usesOldSelf }: CompiledRule, at: At, uncorrelatable: At | undefined): void {
  if (!usesOldSelf) {
    if (rule.optionalOldSelf === undefined) return
    at.child('optionalOldSelf').invalid(rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')
  } else if (uncorrelatable) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable.path}`
    at.child('rule').invalid(rule.rule, why)
  }
}

const HTML: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }

/** An error about a rule, which is shown as upstream shows it: by the names it has within the server. */
function invalidRule(at: At, rule: ValidationRule, detail: string): void {
  const shown = JSON.stringify({
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }).replace(/[<>&]/g, sign => HTML[sign]!)
  at.add('FieldValueInvalid', `Invalid value: ${shown}: ${detail}`)
}
