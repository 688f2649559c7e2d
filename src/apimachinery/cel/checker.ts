import {
  type Call,
  type Expr,
  type Fold,
  type ListExpr,
  type MapExpr,
  qualifiedName,
  type Select,
  type StructExpr,
} from './ast.ts'
import { type Environment, typeOfVariable } from './environment.ts'
import type { Overload } from './functions.ts'
import type { Issue } from './source.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  INT,
  isDyn,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  sameType,
  showType,
  TYPE_NAMES,
  typeOfType,
  UINT,
} from './types.ts'
import { Bindings } from './unify.ts'
import { Uint } from './values.ts'

/** What the checker found out about an expression. */
export interface Checked {
  readonly type: CelType
  typeOf(expr: Expr): CelType
  /** The ways in which a call may be meant; more than one where types are only known at run time. */
  overloadsOf(call: Call): readonly Overload[]
  /** Whether a call's target only spells the function's name: `optional.of(1)`. */
  isQualified(call: Call): boolean
  /** The type that a name or a chain of names stands for. */
  namedType(expr: Expr): CelType | undefined
  /** The variable whose name a chain spells: `authorizer.requestResource`. */
  chainOf(expr: Expr): string | undefined
  /** Variables that the expression names. */
  readonly variables: ReadonlySet<string>
  readonly issues: readonly Issue[]
}

/** Checks the types of an expression. What is wrong is in `issues`. */
export function check(expr: Expr, environment: Environment): Checked {
  return new Checker(environment).run(expr)
}

class Checker {
  readonly #environment: Environment
  readonly #bindings = new Bindings()
  readonly #types = new Map<Expr, CelType>()
  readonly #overloads = new Map<Expr, readonly Overload[]>()
  readonly #qualified = new Set<Expr>()
  readonly #named = new Map<Expr, CelType>()
  readonly #chains = new Map<Expr, string>()
  readonly #variables = new Set<string>()
  readonly #issues: Issue[] = []
  readonly #scopes: Map<string, CelType>[] = []
  /** Calls of `format` around: what it is given may be of any types. */
  #formats = 0

  constructor(environment: Environment) {
    this.#environment = environment
  }

  run(expr: Expr): Checked {
    const type = this.#check(expr)
    const bindings = this.#bindings
    const types = this.#types
    return {
      type: bindings.resolve(type, DYN),
      typeOf: e => bindings.resolve(types.get(e) ?? DYN, DYN),
      overloadsOf: call => this.#overloads.get(call) ?? [],
      isQualified: call => this.#qualified.has(call),
      namedType: e => this.#named.get(e),
      chainOf: e => this.#chains.get(e),
      variables: this.#variables,
      issues: this.#issues,
    }
  }

  #wrong(at: number, message: string): CelType {
    this.#issues.push({ at, message })
    return DYN
  }

  #check(expr: Expr): CelType {
    const type = this.#compute(expr)
    this.#types.set(expr, type)
    return type
  }

  #compute(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return typeOfLiteral(expr.value)
      case 'ident':
        return this.#name(expr, expr.name)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return this.#struct(expr)
      case 'fold':
        return this.#fold(expr)
      case 'bind':
        return this.#scoped({ [expr.name]: this.#check(expr.value) }, () => this.#check(expr.body))
    }
  }

  #lookUp(name: string): CelType | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const local = this.#scopes[i]!.get(name)
      if (local) return local
    }
    const { variables } = this.#environment
    const plain = name.replace(/^\./, '')
    if (!Object.hasOwn(variables, plain)) return undefined
    this.#variables.add(plain)
    return typeOfVariable(variables[plain]!)
  }

  #isScoped(name: string): boolean {
    return this.#scopes.some(scope => scope.has(name))
  }

  #scoped<T>(names: Readonly<Record<string, CelType>>, run: () => T): T {
    this.#scopes.push(new Map(Object.entries(names)))
    const result = run()
    this.#scopes.pop()
    return result
  }

  #name(expr: Expr, name: string): CelType {
    const variable = this.#lookUp(name)
    if (variable) return variable
    const type = TYPE_NAMES.get(name)
    if (!type) return this.#wrong(expr.at, `undeclared reference to '${name}' (in container '')`)
    this.#named.set(expr, type)
    return typeOfType(type)
  }

  #select(expr: Select): CelType {
    const chain = qualifiedName(expr)
    const type = chain && TYPE_NAMES.get(chain)
    if (type && !this.#lookUp(chain.split('.')[0]!)) {
      this.#named.set(expr, type)
      return typeOfType(type)
    }
    const variable = chain && !this.#isScoped(chain.split('.')[0]!) ? this.#lookUp(chain) : undefined
    if (variable) {
      this.#chains.set(expr, chain!)
      return variable
    }
    const operand = this.#bindings.resolve(this.#check(expr.operand))
    const inner = operand.kind === 'optional' ? operand.of : operand
    const field = this.#field(expr, this.#bindings.resolve(inner))
    if (expr.test) return BOOL
    return expr.optional || operand.kind === 'optional' ? optionalOf(field) : field
  }

  #field(expr: Select, operand: CelType): CelType {
    switch (operand.kind) {
      case 'map':
        return operand.value
      case 'object':
        return operand.fields.get(expr.field) ?? this.#wrong(expr.at, `undefined field '${expr.field}'`)
      case 'param':
        return DYN
      default:
        if (isDyn(operand)) return DYN
        return this.#wrong(expr.at, `type '${showType(operand)}' does not support field selection`)
    }
  }

  #call(expr: Call): CelType {
    const { functions } = this.#environment
    const prefix = expr.target && qualifiedName(expr.target)
    const qualified = prefix && `${prefix}.${expr.name}`
    if (qualified && functions.has(qualified) && !this.#lookUp(prefix.split('.')[0]!)) {
      this.#qualified.add(expr)
      return this.#resolve(expr, qualified, expr.args, false)
    }
    const args = expr.target ? [expr.target, ...expr.args] : expr.args
    return this.#resolve(expr, expr.name, args, expr.target !== undefined)
  }

  #resolve(expr: Call, name: string, args: readonly Expr[], member: boolean): CelType {
    if (name === 'format') this.#formats++
    const given = args.map(arg => this.#check(arg))
    if (name === 'format') this.#formats--
    const declared = this.#environment.functions.get(name.replace(/^\./, ''))
    if (!declared) return this.#wrong(expr.at, `undeclared reference to '${name}' (in container '')`)
    const fitting: Overload[] = []
    let result: CelType | undefined
    for (const overload of declared) {
      if (overload.member !== member || overload.args.length !== args.length) continue
      const [own, ...wanted] = this.#bindings.instantiate([overload.result, ...overload.args])
      const fits = this.#bindings.trying(() => wanted.every((type, i) => this.#bindings.assignable(given[i]!, type)))
      if (!fits) continue
      fitting.push(overload)
      const type = this.#bindings.resolve(own!)
      result = result && !sameType(result, type) ? DYN : (result ?? type)
    }
    this.#overloads.set(expr, fitting)
    if (result) return result
    const shown = given.map(type => showType(this.#bindings.resolve(type)))
    const signature = member ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`
    return this.#wrong(expr.at, `found no matching overload for '${name}' applied to '${signature}'`)
  }

  /** The type that takes both; elements of a literal must be of one type. */
  #join(before: CelType | undefined, type: CelType, at: number): CelType {
    if (!before) return type
    if (this.#bindings.assignable(type, before)) return isDyn(this.#bindings.resolve(type)) ? DYN : before
    if (this.#bindings.assignable(before, type)) return type
    if (this.#formats > 0) return DYN
    const [expected, found] = [before, type].map(t => showType(this.#bindings.resolve(t)))
    return this.#wrong(at, `expected type '${expected}' but found '${found}'`)
  }

  #list({ items }: ListExpr): CelType {
    let item: CelType | undefined
    for (const { value, optional } of items) {
      item = this.#join(item, optional ? this.#unwrapped(value) : this.#check(value), value.at)
    }
    return listOf(item ?? this.#bindings.parameter())
  }

  /** What an optional element holds. */
  #unwrapped(expr: Expr): CelType {
    const type = this.#bindings.resolve(this.#check(expr))
    if (type.kind === 'optional') return type.of
    if (isDyn(type)) return DYN
    return this.#wrong(expr.at, `expected type 'optional_type(${showType(type)})' but found '${showType(type)}'`)
  }

  #map({ entries }: MapExpr): CelType {
    let key: CelType | undefined
    let value: CelType | undefined
    for (const entry of entries) {
      key = this.#join(key, this.#check(entry.key), entry.key.at)
      value = this.#join(
        value,
        entry.optional ? this.#unwrapped(entry.value) : this.#check(entry.value),
        entry.value.at,
      )
    }
    return mapOf(key ?? this.#bindings.parameter(), value ?? this.#bindings.parameter())
  }

  #struct(expr: StructExpr): CelType {
    const type = this.#environment.objects?.get(expr.name)
    for (const { at, field, value, optional } of expr.entries) {
      const given = optional ? this.#unwrapped(value) : this.#check(value)
      const wanted = type?.fields.get(field)
      if (type && !wanted) this.#wrong(at, `undefined field '${field}'`)
      else if (wanted && !this.#bindings.assignable(given, wanted)) {
        const shown = showType(this.#bindings.resolve(given))
        const words = `expected type of field '${field}' is '${showType(wanted)}' but provided type is '${shown}'`
        this.#wrong(at, words)
      }
    }
    return type ?? this.#wrong(expr.at, `undeclared reference to '${expr.name}' (in container '')`)
  }

  #fold(expr: Fold): CelType {
    const range = this.#bindings.resolve(this.#check(expr.range))
    const accumulator = this.#check(expr.init)
    const variables = this.#loopVariables(expr, range)
    return this.#scoped({ [expr.accumulator]: accumulator }, () => {
      this.#scoped(variables, () => {
        this.#mustBe(BOOL, expr.condition)
        this.#mustBe(accumulator, expr.step)
      })
      return this.#check(expr.result)
    })
  }

  #loopVariables({ item, second, range: { at } }: Fold, range: CelType): Record<string, CelType> {
    const named = (first: CelType, other: CelType) => (second ? { [item]: first, [second]: other } : { [item]: other })
    if (range.kind === 'list') return named(INT, range.item)
    if (range.kind === 'map') return second ? { [item]: range.key, [second]: range.value } : { [item]: range.key }
    if (!isDyn(range) && range.kind !== 'param') {
      const words = 'cannot be range of a comprehension (must be list, map, or dynamic)'
      this.#wrong(at, `expression of type '${showType(range)}' ${words}`)
    }
    return named(DYN, DYN)
  }

  #mustBe(type: CelType, expr: Expr): void {
    const actual = this.#check(expr)
    if (this.#bindings.assignable(actual, type)) return
    const [expected, found] = [type, actual].map(t => showType(this.#bindings.resolve(t)))
    this.#wrong(expr.at, `expected type '${expected}' but found '${found}'`)
  }
}

function typeOfLiteral(value: unknown): CelType {
  switch (typeof value) {
    case 'boolean':
      return BOOL
    case 'bigint':
      return INT
    case 'number':
      return DOUBLE
    case 'string':
      return STRING
    default:
      return value === null ? NULL : value instanceof Uint ? UINT : BYTES
  }
}
