import type { Call, Expr, Fold, ListExpr, MapExpr, Select, StructExpr } from './ast.ts'
import type { Checked } from './checker.ts'
import { callCost } from './cost.ts'
import { equal } from './equality.ts'
import { CostLimitError, EvaluationError, noSuchOverload } from './errors.ts'
import type { Overload } from './functions.ts'
import { CollectingList, CollectingMap, ConcatList } from './lists.ts'
import { typeFits } from './runtime-types.ts'
import { type CelType, isDyn, showType } from './types.ts'
import {
  ArrayList,
  ListValue,
  MapLiteral,
  MapValue,
  ObjectValue,
  OptionalValue,
  TypeValue,
  Uint,
  type Value,
} from './values.ts'

/** Values of variables, or functions that make them when they are first asked for. */
export type Bindings = Readonly<Record<string, Value | (() => Value)>>

/** One evaluation: the values of names, and what it has cost so far. */
export class Frame {
  readonly #bindings: Bindings
  readonly #made = new Map<string, Value>()
  readonly #limit: number
  /** Variables of loops, and what loops have come to so far: that can be an error, which a later item may outweigh. */
  readonly slots: (Value | EvaluationError)[] = []
  cost = 0

  constructor(bindings: Bindings, limit: number) {
    this.#bindings = bindings
    this.#limit = limit
  }

  /** Adds to the cost. Throws CostLimitError when it is too much. */
  spend(cost: number): void {
    this.cost += cost
    if (this.cost > this.#limit) throw new CostLimitError()
  }

  variable(name: string): Value {
    const given = Object.hasOwn(this.#bindings, name) ? this.#bindings[name] : undefined
    if (given === undefined) throw new EvaluationError(`no such attribute(s): ${name}`)
    if (typeof given !== 'function') return given
    const made = this.#made.get(name) ?? given()
    this.#made.set(name, made)
    return made
  }
}

/** A compiled expression. Throws EvaluationError. */
export type Step = (frame: Frame) => Value

/** Compiles a checked expression. Costs are reckoned as cel-go's interpreter does it. */
export function plan(expr: Expr, checked: Checked): Step {
  return new Planner(checked).plan(expr)
}

const SELECT_COST = 1
const LIST_COST = 10
const MAP_COST = 30
const STRUCT_COST = 40

class Planner {
  readonly #checked: Checked
  /** Names of the variables of loops around, and where their values are. */
  readonly #slots: string[] = []

  constructor(checked: Checked) {
    this.#checked = checked
  }

  /** `free`: a name, or a way from one, costs nothing here. */
  plan(expr: Expr, free = false): Step {
    const constant = this.#constant(expr)
    if (constant !== undefined) return () => constant
    switch (expr.kind) {
      case 'literal': {
        const { value } = expr
        return () => value
      }
      case 'ident':
        return this.#ident(expr.name, free)
      case 'select':
        return this.#select(expr, free)
      case 'call':
        return this.#call(expr, free)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return this.#struct(expr)
      case 'fold':
        return this.#fold(expr)
      case 'bind': {
        const value = this.plan(expr.value)
        const slot = this.#slots.push(expr.name) - 1
        const body = this.plan(expr.body)
        this.#slots.pop()
        return frame => {
          frame.slots[slot] = value(frame)
          return body(frame)
        }
      }
    }
  }

  /** What is the same whenever it is evaluated is evaluated once and for all, and costs nothing. */
  #constant(expr: Expr): Value | undefined {
    switch (expr.kind) {
      case 'literal':
        return expr.value
      case 'ident':
      case 'select': {
        const type = this.#checked.namedType(expr)
        return type && new TypeValue(runtimeName(type))
      }
      case 'list':
        return this.#constantList(expr)
      case 'map':
        return this.#constantMap(expr)
      case 'call':
        return this.#constantCall(expr)
      default:
        return undefined
    }
  }

  #constantList({ items }: ListExpr): Value | undefined {
    const values: Value[] = []
    for (const { value, optional } of items) {
      const constant = optional ? undefined : this.#constant(value)
      if (constant === undefined) return undefined
      values.push(constant)
    }
    return new ArrayList(values)
  }

  #constantMap({ entries }: MapExpr): Value | undefined {
    const made: [Value, Value][] = []
    for (const { key, value, optional } of entries) {
      const [k, v] = optional ? [] : [this.#constant(key), this.#constant(value)]
      if (k === undefined || v === undefined) return undefined
      made.push([k, v])
    }
    const map = new MapLiteral(made)
    return map.size === made.length ? map : undefined
  }

  #constantCall(expr: Call): Value | undefined {
    const { name, target, args } = expr
    if (target || args.length !== 1 || !CONVERSIONS.has(name)) return undefined
    const [argument] = args
    const value = this.#constant(argument!)
    const overload = this.#checked.overloadsOf(expr).find(one => value !== undefined && fits(one, [value]))
    if (value === undefined || !overload) return undefined
    try {
      return overload.implementation([value])
    } catch {
      return undefined
    }
  }

  #ident(name: string, free: boolean): Step {
    const cost = free ? 0 : SELECT_COST
    const slot = this.#slots.lastIndexOf(name)
    if (slot >= 0) {
      return frame => {
        frame.spend(cost)
        const value = frame.slots[slot]!
        if (value instanceof EvaluationError) throw value
        return value
      }
    }
    const plain = name.replace(/^\./, '')
    return frame => {
      frame.spend(cost)
      return frame.variable(plain)
    }
  }

  #select(expr: Select, free: boolean): Step {
    const chain = this.#checked.chainOf(expr)
    if (chain) return this.#ident(chain, free)
    const operand = this.plan(expr.operand, free)
    const { field, optional } = expr
    if (expr.test) return frame => present(operand(frame), field)
    const cost = free ? 0 : SELECT_COST
    return frame => {
      const value = operand(frame)
      frame.spend(cost)
      if (value instanceof OptionalValue) return optionalField(value, field)
      const found = fieldOf(value, field)
      if (optional) return OptionalValue.of(found)
      if (found === undefined) throw new EvaluationError(`no such key: ${field}`)
      return found
    }
  }

  #call(expr: Call, free: boolean): Step {
    const { name, target, args } = expr
    switch (name) {
      case '_?_:_':
        return conditional(this.plan(args[0]!), this.plan(args[1]!, true), this.plan(args[2]!, true))
      case '_[_]':
      case '_[?_]':
        return indexed(this.plan(args[0]!, free), this.plan(args[1]!, true), name === '_[?_]', free ? 0 : SELECT_COST)
    }
    const member = target !== undefined && !this.#checked.isQualified(expr)
    const steps = (member ? [target, ...args] : args).map(arg => this.plan(arg))
    switch (name) {
      case '_&&_':
        return logical(steps[0]!, steps[1]!, false)
      case '_||_':
        return logical(steps[0]!, steps[1]!, true)
      case '@not_strictly_false':
        return notStrictlyFalse(steps[0]!)
      case '_==_':
      case '_!=_': {
        const wanted = name === '_==_'
        return frame => {
          const values = evaluated(steps, frame, name, 'equals')
          frame.spend(callCost(name, 'equals', values))
          return equal(values[0]!, values[1]!) === wanted
        }
      }
      case '@in': {
        const set = this.#constant(args[1]!)
        if (set instanceof ArrayList && [...set].every(isPlain)) {
          return frame => {
            const value = steps[0]!(frame)
            return [...set].some(item => equal(item, value))
          }
        }
        break
      }
      case '_+_':
        if (isResult(args[0]!)) return collecting(steps[0]!, steps[1]!)
    }
    return this.#dispatch(expr, name, member, steps)
  }

  #dispatch(expr: Call, name: string, member: boolean, steps: readonly Step[]): Step {
    const overloads = this.#checked.overloadsOf(expr)
    const typed = [...(member ? [expr.target!] : []), ...expr.args].map(arg => this.#checked.typeOf(arg))
    const [only] = overloads
    const certain = overloads.length === 1 && !typed.some(hasDyn)
    return frame => {
      const values = evaluated(steps, frame, name, only?.id ?? '')
      const overload = certain ? only! : overloads.find(one => fits(one, values))
      if (!overload) throw noSuchOverload()
      // Before the work is done, so that what is too much is not even begun.
      frame.spend(callCost(name, overload.id, values))
      return overload.implementation(values)
    }
  }

  #list({ items }: ListExpr): Step {
    const steps = items.map(({ value, optional }) => ({ step: this.plan(value), optional }))
    return frame => {
      const values: Value[] = []
      for (const { step, optional } of steps) {
        const value = step(frame)
        if (!optional) values.push(value)
        else if (value instanceof OptionalValue && value.value !== undefined) values.push(value.value)
      }
      frame.spend(LIST_COST)
      return new ArrayList(values)
    }
  }

  #map({ entries }: MapExpr): Step {
    const steps = entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }))
    return frame => {
      const made: [Value, Value][] = []
      for (const { key, value, optional } of steps) {
        const [k, v] = [keyFor(key(frame)), value(frame)]
        if (!optional) made.push([k, v])
        else if (v instanceof OptionalValue && v.value !== undefined) made.push([k, v.value])
      }
      frame.spend(MAP_COST)
      const map = new MapLiteral(made)
      if (map.size < made.length) throw new EvaluationError('Failed with repeated key')
      return map
    }
  }

  #struct({ name, entries }: StructExpr): Step {
    const steps = entries.map(({ field, value, optional }) => ({ field, step: this.plan(value), optional }))
    return frame => {
      const made = new Map<string, Value>()
      for (const { field, step, optional } of steps) {
        const value = step(frame)
        if (!optional) made.set(field, value)
        else if (value instanceof OptionalValue && value.value !== undefined) made.set(field, value.value)
      }
      frame.spend(STRUCT_COST)
      return new ObjectLiteral(name, made)
    }
  }

  #fold(expr: Fold): Step {
    const range = this.plan(expr.range)
    const init = this.plan(expr.init)
    const result = this.#slots.push(expr.accumulator) - 1
    const item = this.#slots.push(expr.item) - 1
    const second = expr.second === undefined ? undefined : this.#slots.push(expr.second) - 1
    const condition = this.plan(expr.condition)
    const step = this.plan(expr.step)
    this.#slots.length = item
    const finish = this.plan(expr.result)
    this.#slots.length = result
    const collects = expr.init.kind === 'list' ? 'list' : expr.init.kind === 'map' ? 'map' : undefined
    return frame => {
      const values = range(frame)
      const start = init(frame)
      frame.slots[result] =
        collects === 'list' ? new CollectingList() : collects === 'map' ? new CollectingMap() : start
      for (const [first, other] of entriesOf(values, second !== undefined)) {
        frame.slots[item] = second === undefined ? other : first
        if (second !== undefined) frame.slots[second] = other
        if (condition(frame) !== true) break
        frame.slots[result] = attempt(step, frame)
      }
      return finish(frame)
    }
  }
}

/** The conversions whose results are taken as literals, where what they convert is one. */
const CONVERSIONS = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'dyn',
  'int',
  'string',
  'timestamp',
  'type',
  'uint',
])

const isPlain = (value: Value): boolean => ['string', 'boolean', 'number', 'bigint'].includes(typeof value)

/** The arguments of a call. A call of one or two is paid for even where they cannot be had. */
function evaluated(steps: readonly Step[], frame: Frame, name: string, overload: string): Value[] {
  if (steps.length > 2) return steps.map(step => step(frame))
  const values = steps.map(step => attempt(step, frame))
  const failure = values.find(value => value instanceof EvaluationError)
  if (failure) {
    frame.spend(
      callCost(
        name,
        overload,
        values.map(value => (value instanceof EvaluationError ? null : value)),
      ),
    )
    throw failure
  }
  return values as Value[]
}

const isResult = (expr: Expr) => expr.kind === 'ident' && expr.name === '@result'

/** An object that an expression made. */
class ObjectLiteral extends ObjectValue {
  readonly type: string
  readonly #fields: ReadonlyMap<string, Value>
  constructor(type: string, fields: ReadonlyMap<string, Value>) {
    super()
    this.type = type
    this.#fields = fields
  }
  get size(): number {
    return this.#fields.size
  }
  get(field: string): Value | undefined {
    return this.#fields.get(field)
  }
  fields(): Iterable<string> {
    return this.#fields.keys()
  }
}

/** Indexes or keys, and values. With one variable a map's values are its keys. */
function* entriesOf(values: Value, two: boolean): Iterable<[Value, Value]> {
  if (values instanceof ListValue) {
    for (let i = 0; i < values.size; i++) yield [two ? BigInt(i) : null, values.at(i)]
  } else if (values instanceof MapValue) {
    for (const key of values.keys()) yield [key, two ? values.get(key)! : key]
  } else if (values instanceof ObjectValue) {
    for (const field of values.fields()) yield [field, two ? values.get(field)! : field]
  } else throw noSuchOverload()
}

function runtimeName(type: CelType): string {
  switch (type.kind) {
    case 'list':
    case 'map':
    case 'type':
      return type.kind
    case 'optional':
      return 'optional_type'
    default:
      return type.name === 'null' ? 'null_type' : showType(type)
  }
}

function fieldOf(value: Value, field: string): Value | undefined {
  if (value instanceof ObjectValue || value instanceof MapValue) return value.get(field)
  throw noSuchOverload()
}

function optionalField({ value }: OptionalValue, field: string): Value {
  return value === undefined ? OptionalValue.none : OptionalValue.of(fieldOf(value, field))
}

function present(value: Value, field: string): boolean {
  if (!(value instanceof OptionalValue)) return fieldOf(value, field) !== undefined
  return value.value !== undefined && fieldOf(value.value, field) !== undefined
}

/** `&&` (decided by false) and `||` (decided by true): an error counts only where the other side does not decide. */
function logical(left: Step, right: Step, decisive: boolean): Step {
  return frame => {
    let failure: EvaluationError | undefined
    for (const side of [left, right]) {
      const value = attempt(side, frame)
      if (value === decisive) return decisive
      if (value instanceof EvaluationError) failure ??= value
      else if (typeof value !== 'boolean') failure ??= noSuchOverload()
    }
    if (failure) throw failure
    return !decisive
  }
}

function conditional(condition: Step, yes: Step, no: Step): Step {
  return frame => {
    const value = condition(frame)
    if (typeof value !== 'boolean') throw noSuchOverload()
    return value ? yes(frame) : no(frame)
  }
}

function notStrictlyFalse(operand: Step): Step {
  return frame => {
    const value = attempt(operand, frame)
    frame.spend(1)
    return value !== false
  }
}

/** What a step gives, or the error that it ends with; only what is too costly ends everything. */
function attempt(step: Step, frame: Frame): Value | EvaluationError {
  try {
    return step(frame)
  } catch (error) {
    if (error instanceof EvaluationError && !(error instanceof CostLimitError)) return error
    throw error
  }
}

function keyFor(key: Value): Value {
  if (typeof key === 'object' && !(key instanceof Uint)) throw new EvaluationError('unsupported key type')
  return key
}

function indexed(operand: Step, index: Step, optional: boolean, cost: number): Step {
  return frame => {
    const container = operand(frame)
    const key = index(frame)
    frame.spend(cost)
    if (container instanceof OptionalValue) {
      return container.value === undefined ? OptionalValue.none : OptionalValue.of(at(container.value, key, true))
    }
    const value = at(container, key, optional)
    return optional ? OptionalValue.of(value) : value!
  }
}

/** What is at an index or key; undefined when it is not there and may be missing. */
function at(container: Value, key: Value, optional: boolean): Value | undefined {
  if (container instanceof ListValue) {
    const position = key instanceof Uint ? key.value : key
    if (typeof position !== 'bigint' && !(typeof position === 'number' && Number.isInteger(position))) {
      throw new EvaluationError(`unsupported index type '${typeof position}' in list`)
    }
    const i = Number(position)
    if (i >= 0 && i < container.size) return container.at(i)
    if (optional) return undefined
    throw new EvaluationError(`index out of bounds: ${i}`)
  }
  if (!(container instanceof MapValue || container instanceof ObjectValue)) throw noSuchOverload()
  const value = container instanceof MapValue ? container.get(key) : fieldOf(container, String(key))
  if (value === undefined && !optional) throw new EvaluationError(`no such key: ${showKey(key)}`)
  return value
}

const showKey = (key: Value): string => (key instanceof Uint ? String(key.value) : String(key))

/** A loop's result with more items: nobody else has it, so that it need not be copied. */
function collecting(result: Step, added: Step): Step {
  return frame => {
    const [into, more] = [result(frame), added(frame)]
    frame.spend(1)
    if (into instanceof CollectingList && more instanceof ListValue) return into.add(more)
    if (typeof into === 'bigint' && typeof more === 'bigint') return into + more
    if (into instanceof ListValue && more instanceof ListValue) return new ConcatList(into, more)
    throw noSuchOverload()
  }
}

function fits({ args }: Overload, values: readonly Value[]): boolean {
  return args.every((type, i) => typeFits(type, values[i]!))
}

function hasDyn(type: CelType): boolean {
  switch (type.kind) {
    case 'list':
      return hasDyn(type.item)
    case 'map':
      return hasDyn(type.key) || hasDyn(type.value)
    case 'optional':
      return hasDyn(type.of)
    default:
      return isDyn(type)
  }
}
