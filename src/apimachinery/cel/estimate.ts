import type { Call, Expr, Fold } from './ast.ts'
import type { Checked } from './checker.ts'
import { MAX_FORMAT_REGEX, REGEX_FACTOR, STRING_FACTOR } from './cost.ts'
import { type Environment, shapeOfVariable } from './environment.ts'
import type { Shape } from './schema-value.ts'
import type { CelType } from './types.ts'
import { charactersOf } from './values.ts'

/** Least and most of something: of costs, or of sizes. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** Where counting ends, as 64 bits do. */
export const UNBOUNDED = 2 ** 64

const cap = (value: number) => (value >= UNBOUNDED || Number.isNaN(value) ? UNBOUNDED : value)
const fixed = (value: number): Range => ({ min: value, max: value })
const plus = (...ranges: readonly Range[]): Range => ({
  min: cap(ranges.reduce((sum, range) => sum + range.min, 0)),
  max: cap(ranges.reduce((sum, range) => sum + range.max, 0)),
})
const product = (a: Range, b: Range): Range => ({ min: cap(times(a.min, b.min)), max: cap(times(a.max, b.max)) })
const times = (a: number, b: number) => (a === 0 || b === 0 ? 0 : a * b)
const scaled = ({ min, max }: Range, factor: number): Range => ({
  min: cap(Math.ceil(min * factor)),
  max: cap(Math.ceil(max * factor)),
})
const either = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) })
const ANY_SIZE: Range = { min: 0, max: UNBOUNDED }

/** What is known of a value before it is there: which part of a variable it is, how large it is, what is in it. */
interface Known {
  readonly shape?: Shape
  readonly size?: Range
  readonly item?: Known
  readonly key?: Range
}

/** What evaluating an expression can cost at least and at most, by the sizes its variables can have (cel-go's checker/cost.go). */
export function estimateCost(expr: Expr, checked: Checked, environment: Environment): Range {
  return new Estimator(checked, environment).cost(expr).cost
}

interface Estimate {
  readonly cost: Range
  readonly known: Known
}

const SIZELESS = new Set(['int', 'double', 'bool', 'object', 'opaque'])

class Estimator {
  readonly #checked: Checked
  readonly #environment: Environment
  readonly #locals: [name: string, known: Known][] = []

  constructor(checked: Checked, environment: Environment) {
    this.#checked = checked
    this.#environment = environment
  }

  cost(expr: Expr): Estimate {
    switch (expr.kind) {
      case 'literal':
        return { cost: fixed(0), known: { size: sizeOfLiteral(expr.value) } }
      case 'ident':
        return { cost: fixed(this.#checked.namedType(expr) ? 0 : 1), known: this.#named(expr.name) }
      case 'select': {
        if (this.#checked.namedType(expr)) return { cost: fixed(0), known: {} }
        const operand = this.cost(expr.operand)
        const reached =
          expr.test || operand.known.shape?.kind === 'optional' ? operand.known.shape?.item : operand.known.shape
        const shape = reached?.kind === 'map' ? reached.item : reached?.fields?.get(expr.field)?.shape
        return { cost: expr.test ? operand.cost : plus(operand.cost, fixed(1)), known: { shape } }
      }
      case 'call':
        return this.#call(expr)
      case 'list': {
        const items = expr.items.map(({ value }) => this.cost(value))
        const size = items.map(({ known }, i) => this.#sizeOf(expr.items[i]!.value, known))
        const item = size.length > 0 ? { size: size.reduce(either) } : { size: fixed(0) }
        const cost = plus(fixed(10), ...items.map(one => one.cost))
        return { cost, known: { size: fixed(items.length), item } }
      }
      case 'map': {
        const parts = expr.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)])
        return { cost: plus(fixed(30), ...parts.map(part => part.cost)), known: { size: fixed(expr.entries.length) } }
      }
      case 'struct': {
        const parts = expr.entries.map(({ value }) => this.cost(value).cost)
        return { cost: plus(fixed(40), ...parts), known: {} }
      }
      case 'fold':
        return this.#fold(expr)
      case 'bind': {
        const value = this.cost(expr.value)
        const body = this.#with([[expr.name, value.known]], () => this.cost(expr.body))
        return { cost: plus(fixed(10), value.cost, body.cost), known: body.known }
      }
    }
  }

  #with<T>(names: [string, Known][], run: () => T): T {
    this.#locals.push(...names)
    const result = run()
    this.#locals.length -= names.length
    return result
  }

  #named(name: string): Known {
    for (let i = this.#locals.length - 1; i >= 0; i--) if (this.#locals[i]![0] === name) return this.#locals[i]![1]
    const { variables } = this.#environment
    return { shape: shapeOfVariable(Object.hasOwn(variables, name) ? variables[name] : undefined) }
  }

  #sizeOf(expr: Expr, { size, shape }: Known): Range {
    if (size) return size
    if (shape) return { min: 0, max: shape.maxSize ?? (SIZELESS.has(shape.kind) ? 0 : UNBOUNDED) }
    return isScalar(this.#checked.typeOf(expr)) ? fixed(1) : ANY_SIZE
  }

  #fold(expr: Fold): Estimate {
    const range = this.cost(expr.range)
    const init = this.cost(expr.init)
    const within = range.known.shape?.kind === 'optional' ? range.known.shape.item : range.known.shape
    const isMap = this.#checked.typeOf(expr.range).kind === 'map'
    const value: Known = range.known.item ?? { shape: within?.item }
    const key: Known = isMap ? { size: range.known.key ?? ANY_SIZE } : { size: fixed(1) }
    const names: [string, Known][] = expr.second
      ? [
          [expr.item, key],
          [expr.second, value],
        ]
      : [[expr.item, isMap ? key : value]]
    const count = this.#sizeOf(expr.range, range.known)
    return this.#with([[expr.accumulator, { size: init.known.size }]], () => {
      const [loop, step] = this.#with(names, () => [this.cost(expr.condition), this.cost(expr.step)] as const)
      const result = this.cost(expr.result)
      const cost = plus(range.cost, init.cost, product(count, plus(loop.cost, step.cost)), result.cost)
      const collects = expr.init.kind === 'list' || expr.init.kind === 'map'
      return { cost, known: collects ? { size: count, item: step.known.item } : { size: fixed(1) } }
    })
  }

  #call(expr: Call): Estimate {
    const { name, target } = expr
    const member = target !== undefined && !this.#checked.isQualified(expr)
    const exprs = member ? [target, ...expr.args] : expr.args
    const args = exprs.map(arg => this.cost(arg))
    const sum = plus(...args.map(arg => arg.cost))
    const sizes = args.map(({ known }, i) => this.#sizeOf(exprs[i]!, known))
    switch (name) {
      case '_&&_':
      case '_||_':
        return { cost: { min: args[0]!.cost.min, max: sum.max }, known: { size: fixed(1) } }
      case '_?_:_': {
        const cost = plus(args[0]!.cost, either(args[1]!.cost, args[2]!.cost))
        const item = args[1]!.known.item && args[2]!.known.item && joined(args[1]!.known.item, args[2]!.known.item)
        return { cost, known: { size: either(sizes[1]!, sizes[2]!), item } }
      }
      case '_[_]':
      case '_[?_]': {
        const { item, shape } = args[0]!.known
        return { cost: plus(sum, fixed(1)), known: item ?? { shape: shape?.item } }
      }
      case 'dyn':
        return { cost: plus(sum, fixed(1)), known: args[0]!.known }
    }
    const overloads = this.#checked.overloadsOf(expr)
    let cost: Range | undefined
    let size: Range | undefined
    for (const { id } of overloads) {
      const one = callEstimate(
        name,
        id,
        sizes,
        args.map(arg => arg.known),
        expr,
      )
      cost = cost ? either(cost, one.cost) : one.cost
      if (one.size) size = size ? either(size, one.size) : one.size
    }
    const item = name === '_+_' ? joined(args[0]!.known.item, args[1]!.known.item) : undefined
    const type = this.#checked.typeOf(expr)
    return { cost: plus(sum, cost ?? fixed(1)), known: { size: size ?? (isScalar(type) ? fixed(1) : undefined), item } }
  }
}

const joined = (a: Known | undefined, b: Known | undefined): Known | undefined =>
  a?.size && b?.size ? { size: either(a.size, b.size) } : undefined

function sizeOfLiteral(value: unknown): Range {
  if (typeof value === 'string') return fixed(charactersOf(value))
  return fixed(value instanceof Uint8Array ? value.length : 1)
}

function isScalar(type: CelType): boolean {
  if (type.kind === 'optional') return isScalar(type.of)
  if (type.kind === 'type') return true
  return type.kind === 'simple' && !['string', 'bytes', 'dyn', 'null'].includes(type.name)
}

interface CallEstimate {
  readonly cost: Range
  readonly size?: Range
}

const ADDRESS: Range = { min: 4, max: 16 }
const SMALL = new Set(
  'sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch'.split(' '),
)

function callEstimate(
  name: string,
  overload: string,
  sizes: readonly Range[],
  known: readonly Known[],
  expr: Call,
): CallEstimate {
  const [first = ANY_SIZE, second = ANY_SIZE] = sizes
  const reading = { cost: scaled(first, STRING_FACTOR) }
  if (SMALL.has(name)) return { cost: fixed(1) }
  switch (name) {
    case 'check':
      return { cost: fixed(350_000) }
    case 'fieldSelector':
    case 'labelSelector':
      return { cost: plus(fixed(10), scaled(second, STRING_FACTOR), scaled(scaled(second, 0.5), 50)) }
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf': {
      if (overload.startsWith('string')) return reading
      const each = known[0]?.shape?.item?.maxSize
      return {
        cost: product(
          first,
          each === undefined ? fixed(1) : plus(fixed(1), scaled({ min: 0, max: each }, STRING_FACTOR)),
        ),
      }
    }
    case 'url':
    case 'jsonpatch.escapeKey':
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return { ...reading, size: first }
    case 'replace':
      return { cost: scaled(first, 2 * STRING_FACTOR), size: replacedSize(sizes) }
    case 'split': {
      const limit = expr.args[1]
      const most = limit?.kind === 'literal' && typeof limit.value === 'bigint' ? Number(limit.value) : first.max
      return { cost: scaled(first, 2 * STRING_FACTOR), size: { min: 0, max: most } }
    }
    case 'join': {
      const each = known[0]?.shape?.item?.maxSize ?? known[0]?.item?.size?.max
      const text = product(first, { min: 0, max: each ?? UNBOUNDED })
      const gaps = { min: Math.max(0, first.min - 1), max: Math.max(0, first.max - 1) }
      const size = sizes.length > 1 ? plus(text, product(second, gaps)) : text
      return { cost: scaled(size, STRING_FACTOR), size }
    }
    case 'find':
    case 'findAll':
      return { cost: regexCost(first, second), size: { min: 0, max: first.max } }
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
      return reading
    case 'ip':
      return overload === 'cidr_ip' ? { cost: fixed(1) } : reading
    case 'ip.isCanonical':
      return { cost: scaled(first, 2 * STRING_FACTOR) }
    case 'containsIP':
    case 'containsCIDR': {
      const compared = scaled(plus(ADDRESS, ADDRESS), STRING_FACTOR)
      const more = name === 'containsCIDR' ? plus(scaled(ADDRESS, STRING_FACTOR), fixed(1)) : fixed(0)
      return { cost: plus(compared, more, overload.endsWith('_string') ? scaled(second, STRING_FACTOR) : fixed(0)) }
    }
    case 'validate':
      return { cost: scaled(scaled(second, STRING_FACTOR), MAX_FORMAT_REGEX * REGEX_FACTOR) }
    case 'sort':
    case '@sortByAssociatedKeys':
    case 'distinct':
      return { cost: plus(product(first, first), fixed(1)), size: first }
    case 'reverse':
    case 'flatten':
    case 'slice':
      return { cost: plus(first, fixed(1)), size: name === 'flatten' ? undefined : { min: 0, max: first.max } }
  }
  return byOverload(overload, sizes)
}

const regexCost = (text: Range, pattern: Range): Range =>
  product(scaled(plus(text, fixed(1)), STRING_FACTOR), scaled(pattern, REGEX_FACTOR))

function byOverload(overload: string, sizes: readonly Range[]): CallEstimate {
  const [first = ANY_SIZE, second = ANY_SIZE] = sizes
  switch (overload) {
    case 'starts_with_string':
    case 'ends_with_string':
      return { cost: scaled(second, STRING_FACTOR) }
    case 'string_format':
      return { cost: scaled(first, STRING_FACTOR) }
    case 'string_to_bytes':
      return { cost: scaled(first, STRING_FACTOR), size: { min: first.min, max: cap(first.max * 4) } }
    case 'bytes_to_string':
      return { cost: scaled(first, STRING_FACTOR), size: { min: Math.floor(first.min / 4), max: first.max } }
    case 'strings_quote':
      return { cost: scaled(first, STRING_FACTOR), size: { min: first.min + 2, max: cap(first.max * 2 + 2) } }
    case 'in_list':
      return { cost: second }
    case 'matches_string':
      return { cost: regexCost(first, second) }
    case 'contains_string':
      return { cost: product(scaled(first, STRING_FACTOR), scaled(second, STRING_FACTOR)) }
    case 'add_list':
      return { cost: fixed(1), size: plus(first, second) }
    case 'add_string':
    case 'add_bytes':
      return { cost: scaled(plus(first, second), STRING_FACTOR), size: plus(first, second) }
    case 'list_sets_contains_list':
    case 'list_sets_intersects_list':
      return { cost: plus(product(first, second), fixed(1)) }
    case 'list_sets_equivalent_list':
      return { cost: plus(product(product(first, second), fixed(2)), fixed(1)) }
  }
  if (/^(equals|not_equals|(less|greater)(_equals)?_(string|bytes))$/.test(overload)) {
    const max = Math.min(first.max, second.max)
    return { cost: scaled({ min: max > 0 ? 1 : 0, max }, STRING_FACTOR) }
  }
  return { cost: fixed(1) }
}

/** The size of a text in which parts have been replaced. */
function replacedSize([text = ANY_SIZE, part = ANY_SIZE, by = ANY_SIZE]: readonly Range[]): Range {
  const count = (size: number, from: number, to: number, grows: boolean): [number, number] => {
    if (from === 0) return [cap(size + 1), size]
    return grows ? [Math.ceil(size / from), 0] : [0, to]
  }
  const [most, keptMost] = count(text.max, part.min, text.max, by.max > part.min)
  const [least, keptLeast] = count(text.min, part.max, text.min, part.max > by.min)
  return { min: cap(times(least, by.min) + keptLeast), max: cap(times(most, by.max) + keptMost) }
}
