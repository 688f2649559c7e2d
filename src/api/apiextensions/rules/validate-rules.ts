import {
  type Bindings,
  CostLimitError,
  EvaluationError,
  OptionalValue,
  type Program,
  toValue,
} from '../../../apimachinery/cel/index.ts'
import type { At } from '../../../apimachinery/validation/at.ts'
import type { ValidationRule } from '../json-schema-props.ts'
import { byKeys, type Correlation, mapKeyOf } from '../schema/correlation.ts'
import { isObject } from '../schema/structural.ts'
import type { CompiledRule } from './compile.ts'
import type { RuleTree } from './rule-tree.ts'

/** What the rules about one object may cost all together, and the messages they make (apiserver apis/cel/config.go). */
const BUDGET = 10_000_000
const MAX_MESSAGE_BYTES = 5 * 1024

/** What a value was before, as far as can be told, to let go what has not changed. */
interface Before {
  readonly current?: Correlation
  readonly parent?: Correlation
}

const unchanged = ({ current, parent }: Before) => (current ?? parent)?.unchanged === true

function beforeKey(before: Before, name: string): Before {
  const { current, parent } = before
  if (!current) return before
  // Both are shown in the same version, so that these are equal even where they have changed.
  if (!parent && (name === 'apiVersion' || name === 'kind')) return {}
  return { current: current.key(name), parent: current }
}

const beforeIndex = (before: Before, i: number): Before =>
  before.current ? { current: before.current.index(i), parent: before.current } : before

/** Nothing more is evaluated: the budget is used up. */
class Exhausted extends Error {}

/**
 * Evaluates the rules about a value, in the words of upstream's apiextensions schema/cel. Rules that fail for what has not
 * changed, by `correlation`, are told as warnings, which are returned.
 */
export function validateRules(
  tree: RuleTree,
  value: unknown,
  old: unknown,
  at: At,
  correlation?: Correlation,
): readonly string[] {
  const evaluation = new Evaluation()
  try {
    evaluation.visit(tree, value, old, at, { current: correlation })
  } catch (error) {
    if (!(error instanceof Exhausted)) throw error
  }
  return evaluation.warnings
}

class Evaluation {
  readonly warnings: string[] = []
  #left = BUDGET

  visit(tree: RuleTree, value: unknown, old: unknown, at: At, before: Before): void {
    if (value === null || value === undefined) return
    if (tree.rules.length > 0) this.#evaluateAll(tree, value, old, at, before)
    for (const one of tree.allOf) this.visit(one, value, old, at, { parent: before.parent })
    if (Array.isArray(value)) this.#visitList(tree, value, old, at, before)
    else if (isObject(value)) this.#visitObject(tree, value, old, at, before)
  }

  #visitList(tree: RuleTree, list: readonly unknown[], old: unknown, at: At, before: Before): void {
    if (!tree.items) return
    const previous = byKeys(tree.schema, Array.isArray(old) ? old : undefined)
    for (const [i, item] of list.entries()) {
      const key = mapKeyOf(tree.schema, item)
      const was = key === undefined ? undefined : previous.get(key)
      this.visit(tree.items, item, was, at.index(i), beforeIndex(before, i))
    }
  }

  #visitObject(tree: RuleTree, value: Record<string, unknown>, old: unknown, at: At, before: Before): void {
    const was = (key: string) => (isObject(old) && Object.hasOwn(old, key) ? old[key] : undefined)
    for (const key of Object.keys(value)) {
      if (tree.additional) this.visit(tree.additional, value[key], was(key), at.key(key), beforeKey(before, key))
      const property = tree.properties.get(key)
      if (property) this.visit(property, value[key], was(key), at.child(key), beforeKey(before, key))
    }
  }

  #evaluateAll({ schema, shape, rules }: RuleTree, value: unknown, old: unknown, at: At, before: Before): void {
    const { type = '' } = schema
    const place = at.path ? at : at.child('<nil>')
    if (this.#left <= 0) throw this.#exhausted(place, type)
    const self = () => toValue(value, shape!)
    const oldSelf = () => toValue(old, shape!)
    const plain: Bindings = old === undefined || old === null ? { self } : { self, oldSelf }
    const optional: Bindings = {
      self,
      oldSelf: () => (old === undefined || old === null ? OptionalValue.none : OptionalValue.of(oldSelf())),
    }
    const say = { value, type, at, place, before }
    for (const rule of rules) {
      if (rule.error !== undefined) place.invalid(type, `rule compile error: ${rule.error}`)
      if (!rule.program || (rule.usesOldSelf && !plain.oldSelf && !rule.rule.optionalOldSelf)) continue
      this.#evaluate(rule, rule.program, rule.rule.optionalOldSelf ? optional : plain, say)
    }
  }

  #evaluate(compiled: CompiledRule, program: Program, bindings: Bindings, say: Saying): void {
    const { type, place } = say
    const { rule } = compiled
    try {
      const { value, cost } = program.evaluate(bindings)
      this.#spend(cost, place, type)
      if (value === true) return
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#spend(error.cost, place, type)
      const { message } = error
      if (error instanceof CostLimitError) {
        const why = 'no further validation rules will be run due to call cost exceeds limit for rule'
        place.invalid(type, `'${message}': ${why}: ${shown(rule)}`)
        throw new Exhausted()
      }
      const mismatch = 'call arguments did not match a supported operator, function or macro signature for rule'
      if (message.startsWith('no such overload')) place.invalid(type, `'${message}': ${mismatch}: ${shown(rule)}`)
      else place.invalid(type, `${message} evaluating rule: ${shown(rule)}`)
      return
    }
    this.#failed(compiled, bindings, say)
  }

  #failed({ rule, fieldPath, usesOldSelf, messageProgram }: CompiledRule, bindings: Bindings, say: Saying): void {
    const { at, place, type, value, before } = say
    const where = fieldPath ? at.child(fieldPath) : place
    const count = where.errors.length
    const settle = () => {
      if (usesOldSelf || !unchanged(before)) return
      for (const { field, message } of where.errors.splice(count)) this.warnings.push(`${field}: ${message}`)
    }
    try {
      const made = messageProgram && this.#message(messageProgram, rule, bindings, where, type)
      const detail = made ?? (rule.message ? rule.message.trim() : `failed rule: ${shown(rule)}`)
      sayWhy(rule.reason, type, value, detail, where)
    } finally {
      settle()
    }
  }

  /** What the rule's expression says; undefined where it says nothing that can be used. */
  #message(program: Program, rule: ValidationRule, bindings: Bindings, at: At, type: string): string | undefined {
    const noMore = 'no further validation rules will be run'
    const overspent = (cost: number) => {
      this.#left -= cost
      if (this.#left >= 0) return
      at.invalid(type, `messageExpression evaluation failed due to running out of cost budget, ${noMore}`)
      throw new Exhausted()
    }
    try {
      const { value, cost } = program.evaluate(bindings)
      overspent(cost)
      const text = String(value).trim()
      return text === '' || text.includes('\n') || Buffer.byteLength(text) > MAX_MESSAGE_BYTES ? undefined : text
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      overspent(error.cost)
      if (!(error instanceof CostLimitError)) return undefined
      const source = JSON.stringify(rule.messageExpression)
      at.invalid(type, `${noMore} due to call cost exceeds limit for messageExpression: ${source}`)
      throw new Exhausted()
    }
  }

  #spend(cost: number, at: At, type: string): void {
    this.#left -= cost
    if (this.#left < 0) throw this.#exhausted(at, type)
  }

  #exhausted(at: At, type: string): Exhausted {
    at.invalid(type, 'validation failed due to running out of cost budget, no further validation rules will be run')
    return new Exhausted()
  }
}

/** What errors about a value are made of. */
interface Saying {
  readonly value: unknown
  readonly type: string
  readonly at: At
  /** The place as errors show it. */
  readonly place: At
  readonly before: Before
}

const shown = ({ rule, message }: ValidationRule): string => (message || rule).trim()

function sayWhy(reason: string | undefined, type: string, value: unknown, detail: string, at: At): void {
  switch (reason) {
    case 'FieldValueForbidden':
      at.forbidden(detail)
      break
    case 'FieldValueRequired':
      at.required(detail)
      break
    case 'FieldValueDuplicate':
      if (type === 'object' || type === 'array') at.add('FieldValueDuplicate', 'Duplicate value')
      else at.duplicate(value)
      break
    default:
      if (type === 'object' || type === 'array') at.add('FieldValueInvalid', `Invalid value: ${detail}`)
      else at.invalid(value, detail)
  }
}
