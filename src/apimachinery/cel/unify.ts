import { type CelType, DYN, isDyn, listOf, mapOf, optionalOf, typeOfType } from './types.ts'

/** What type parameters stand for, as far as the checker knows; it finds out while it goes. */
export class Bindings {
  #bound = new Map<string, CelType>()
  #fresh = 0

  /** Runs a trial; what it bound stays only if it succeeds. */
  trying(run: () => boolean): boolean {
    const before = new Map(this.#bound)
    const right = run()
    if (!right) this.#bound = before
    return right
  }

  /** A parameter of nobody else's. */
  parameter(): CelType {
    return { kind: 'param', name: `_var${this.#fresh++}` }
  }

  /** Types with their parameters replaced by ones of their own. */
  instantiate(types: readonly CelType[]): CelType[] {
    const own = new Map<string, CelType>()
    const replaced = (type: CelType): CelType =>
      mapped(type, name => {
        const known = own.get(name) ?? this.parameter()
        own.set(name, known)
        return known
      })
    return types.map(replaced)
  }

  /** A type with what its parameters are known to be; `open` stands for those nothing is known of. */
  resolve(type: CelType, open?: CelType): CelType {
    return mapped(type, name => {
      const bound = this.#bound.get(name)
      return bound ? this.resolve(bound, open) : (open ?? { kind: 'param', name })
    })
  }

  /** Whether a value of one type can stand where another is asked for. */
  assignable(from: CelType, to: CelType): boolean {
    return this.trying(() => this.#fits(from, to))
  }

  #fits(from: CelType, to: CelType): boolean {
    if (from === to) return true
    if (to.kind === 'param') return this.#bind(to.name, from, bound => this.#fits(from, bound))
    if (from.kind === 'param') return this.#bind(from.name, to, bound => this.#fits(bound, to))
    if (isDyn(from) || isDyn(to)) return true
    if (from.kind === 'simple' && from.name === 'null') return isNullable(to)
    if (from.kind !== to.kind) return false
    switch (from.kind) {
      case 'list':
        return this.#fits(from.item, (to as typeof from).item)
      case 'map':
        return this.#fits(from.key, (to as typeof from).key) && this.#fits(from.value, (to as typeof from).value)
      case 'optional':
        return this.#fits(from.of, (to as typeof from).of)
      case 'type':
        return true
      default:
        return from.name === (to as typeof from).name
    }
  }

  #bind(name: string, type: CelType, compare: (bound: CelType) => boolean): boolean {
    const bound = this.#bound.get(name)
    if (bound) {
      if (!compare(bound)) return false
      // Of two types that fit each other, the more general one holds.
      if (isDyn(type)) this.#bound.set(name, type)
      return true
    }
    const resolved = this.resolve(type)
    if (resolved.kind === 'param' && resolved.name === name) return true
    if (mentions(resolved, name)) return false
    this.#bound.set(name, resolved)
    return true
  }
}

function isNullable(type: CelType): boolean {
  switch (type.kind) {
    case 'object':
    case 'opaque':
    case 'optional':
      return true
    case 'simple':
      return ['null', 'google.protobuf.Timestamp', 'google.protobuf.Duration'].includes(type.name)
    default:
      return false
  }
}

function mentions(type: CelType, name: string): boolean {
  let found = false
  mapped(type, other => {
    found ||= other === name
    return DYN
  })
  return found
}

/** A type with its parameters replaced. */
function mapped(type: CelType, replace: (name: string) => CelType): CelType {
  switch (type.kind) {
    case 'param':
      return replace(type.name)
    case 'list':
      return listOf(mapped(type.item, replace))
    case 'map':
      return mapOf(mapped(type.key, replace), mapped(type.value, replace))
    case 'optional':
      return optionalOf(mapped(type.of, replace))
    case 'type':
      return typeOfType(mapped(type.of, replace))
    default:
      return type
  }
}
