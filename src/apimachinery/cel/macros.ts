import type { Call, Expr, Fold } from './ast.ts'

/** A macro was used in a way that it cannot be. */
export class MacroError extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.name = 'MacroError'
    this.at = at
  }
}

/** The variable that comprehensions collect their result in; expressions cannot name it. */
const RESULT = '@result'

type Make = (at: number, args: readonly Expr[], target: Expr) => Expr

const literal = (at: number, value: boolean | bigint): Expr => ({ kind: 'literal', at, value })
const call = (at: number, name: string, ...args: Expr[]): Call => ({ kind: 'call', at, name, args })
const member = (at: number, name: string, target: Expr, ...args: Expr[]): Call => ({
  kind: 'call',
  at,
  name,
  target,
  args,
})
const result = (at: number): Expr => ({ kind: 'ident', at, name: RESULT })
const empty = (at: number): Expr => ({ kind: 'list', at, items: [] })
const single = (at: number, value: Expr): Expr => ({ kind: 'list', at, items: [{ value, optional: false }] })

function variable(expr: Expr): string {
  if (expr.kind !== 'ident' || expr.name.startsWith('.'))
    throw new MacroError(expr.at, 'argument must be a simple name')
  return expr.name
}

/** The loop's variables: one, or two where `count` says so. */
function loop(
  at: number,
  args: readonly Expr[],
  range: Expr,
  count: 1 | 2,
  parts: Pick<Fold, 'init' | 'condition' | 'step' | 'result'>,
): Fold {
  const item = variable(args[0]!)
  const second = count === 2 ? variable(args[1]!) : undefined
  if (item === second) throw new MacroError(args[1]!.at, `duplicate variable name: ${item}`)
  return { kind: 'fold', at, range, item, ...(second && { second }), accumulator: RESULT, ...parts }
}

const all =
  (count: 1 | 2): Make =>
  (at, args, target) =>
    loop(at, args, target, count, {
      init: literal(at, true),
      condition: call(at, '@not_strictly_false', result(at)),
      step: call(at, '_&&_', result(at), args[count]!),
      result: result(at),
    })

const exists =
  (count: 1 | 2): Make =>
  (at, args, target) =>
    loop(at, args, target, count, {
      init: literal(at, false),
      condition: call(at, '@not_strictly_false', call(at, '!_', result(at))),
      step: call(at, '_||_', result(at), args[count]!),
      result: result(at),
    })

const existsOne =
  (count: 1 | 2): Make =>
  (at, args, target) =>
    loop(at, args, target, count, {
      init: literal(at, 0n),
      condition: literal(at, true),
      step: call(at, '_?_:_', args[count]!, call(at, '_+_', result(at), literal(at, 1n)), result(at)),
      result: call(at, '_==_', result(at), literal(at, 1n)),
    })

/** Collects what `value` gives, for those items that `filter` lets through. */
function collect(
  at: number,
  args: readonly Expr[],
  target: Expr,
  count: 1 | 2,
  value: Expr,
  filter: Expr | undefined,
): Fold {
  const add = call(at, '_+_', result(at), single(at, value))
  return loop(at, args, target, count, {
    init: empty(at),
    condition: literal(at, true),
    step: filter ? call(at, '_?_:_', filter, add, result(at)) : add,
    result: result(at),
  })
}

/** Collects entries of a map. */
function insert(at: number, args: readonly Expr[], target: Expr, filter: Expr | undefined, ...entry: Expr[]): Fold {
  const add = call(at, 'cel.@mapInsert', result(at), ...entry)
  return loop(at, args, target, 2, {
    init: { kind: 'map', at, entries: [] },
    condition: literal(at, true),
    step: filter ? call(at, '_?_:_', filter, add, result(at)) : add,
    result: result(at),
  })
}

/** The optional's value under a name, where there is one. */
const optionalMap =
  (wrap: (at: number, value: Expr) => Expr): Make =>
  (at, args, target) => {
    const value = member(at, 'value', target)
    const body: Expr = { kind: 'bind', at, name: variable(args[0]!), value, body: args[1]! }
    const none = call(at, 'optional.none')
    return call(at, '_?_:_', member(at, 'hasValue', target), wrap(at, body), none)
  }

/** Sorted by what an expression makes of each item. */
const sortBy: Make = (at, args, target) => {
  const keys = collect(at, args, target, 1, args[1]!, undefined)
  return member(at, '@sortByAssociatedKeys', target, keys)
}

/** Macros called on something, by name and number of arguments. */
const MEMBERS: Readonly<Record<string, Make>> = {
  'all 2': all(1),
  'all 3': all(2),
  'exists 2': exists(1),
  'exists 3': exists(2),
  'exists_one 2': existsOne(1),
  'existsOne 2': existsOne(1),
  'exists_one 3': existsOne(2),
  'existsOne 3': existsOne(2),
  'map 2': (at, args, target) => collect(at, args, target, 1, args[1]!, undefined),
  'map 3': (at, args, target) => collect(at, args, target, 1, args[2]!, args[1]!),
  'filter 2': (at, args, target) => collect(at, args, target, 1, args[0]!, args[1]!),
  'transformList 3': (at, args, target) => collect(at, args, target, 2, args[2]!, undefined),
  'transformList 4': (at, args, target) => collect(at, args, target, 2, args[3]!, args[2]!),
  'transformMap 3': (at, args, target) => insert(at, args, target, undefined, args[0]!, args[2]!),
  'transformMap 4': (at, args, target) => insert(at, args, target, args[2]!, args[0]!, args[3]!),
  'transformMapEntry 3': (at, args, target) => insert(at, args, target, undefined, args[2]!),
  'transformMapEntry 4': (at, args, target) => insert(at, args, target, args[2]!, args[3]!),
  'optMap 2': optionalMap((at, value) => call(at, 'optional.of', value)),
  'optFlatMap 2': optionalMap((_, value) => value),
  'sortBy 2': sortBy,
}

/** `cel.bind(name, value, body)`: a name for a value in the body. */
function bound(at: number, [name, value, body]: readonly Expr[]): Expr {
  if (name!.kind !== 'ident') throw new MacroError(name!.at, 'cel.bind() variable names must be simple identifiers')
  return { kind: 'bind', at, name: name!.name, value: value!, body: body! }
}

/** What a call stands for, if it is a macro. `bindings`: whether `cel.bind` is one. Throws MacroError. */
export function expandMacro(
  at: number,
  name: string,
  args: readonly Expr[],
  target?: Expr,
  bindings = false,
): Expr | undefined {
  if (target) {
    const isBind = bindings && name === 'bind' && target.kind === 'ident' && target.name === 'cel'
    if (isBind && args.length === 3) return bound(at, args)
    const key = `${name} ${args.length}`
    return Object.hasOwn(MEMBERS, key) ? MEMBERS[key]!(at, args, target) : undefined
  }
  if (name !== 'has' || args.length !== 1) return undefined
  const [field] = args
  if (field!.kind !== 'select' || field!.test) throw new MacroError(field!.at, 'invalid argument to has() macro')
  return { ...field!, at, test: true }
}
