import { formatDurationNanos } from '../duration.ts'

/** Values of CEL. Integers are bigints, doubles are numbers. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | TypeValue
  | ListValue
  | MapValue
  | ObjectValue
  | OptionalValue
  | OpaqueValue

/** An unsigned 64-bit integer. */
export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

/** A point in time, in nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint
  /** Minutes that the place is ahead of UTC whose clock it was read from. */
  readonly offset: number
  constructor(nanos: bigint, offset = 0) {
    this.nanos = nanos
    this.offset = offset
  }
  /** RFC 3339, by the clock of its place, with as many decimals as it takes. */
  toString(): string {
    const seconds = this.nanos / 1_000_000_000n - (this.nanos % 1_000_000_000n < 0n ? 1n : 0n)
    const rest = this.nanos - seconds * 1_000_000_000n
    const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`
    const local = new Date((Number(seconds) + this.offset * 60) * 1000)
    return `${local.toISOString().slice(0, -5)}${fraction}${this.zone}`
  }
  /** `Z`, or as `+01:00`. */
  get zone(): string {
    if (this.offset === 0) return 'Z'
    const minutes = Math.abs(this.offset)
    const two = (n: number) => String(n).padStart(2, '0')
    return `${this.offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  }
}

/** A length of time, in nanoseconds. */
export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
  toString(): string {
    return formatDurationNanos(this.nanos)
  }
}

/** A type as a value: what `type(x)` gives. */
export class TypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A value that may be missing. */
export class OptionalValue {
  readonly value: Value | undefined
  private constructor(value: Value | undefined) {
    this.value = value
  }
  static readonly none = new OptionalValue(undefined)
  static of(value: Value | undefined): OptionalValue {
    return value === undefined ? OptionalValue.none : new OptionalValue(value)
  }
}

/** A value of a type that a library brings along. */
export abstract class OpaqueValue {
  /** Name of its type, as `net.IP`. */
  abstract readonly type: string
  abstract equals(other: OpaqueValue): boolean
}

/** A list. Items may be made when they are asked for. */
export abstract class ListValue implements Iterable<Value> {
  abstract readonly size: number
  abstract at(index: number): Value
  *[Symbol.iterator](): Iterator<Value> {
    for (let i = 0; i < this.size; i++) yield this.at(i)
  }
  /** Whether the order of items does not matter. */
  get unordered(): boolean {
    return false
  }
  /** With the items of another list behind it, or merged into it where the list knows how. */
  concat(other: ListValue): ListValue {
    return new ArrayList([...this, ...other])
  }
}

export class ArrayList extends ListValue {
  readonly items: readonly Value[]
  constructor(items: readonly Value[]) {
    super()
    this.items = items
  }
  get size(): number {
    return this.items.length
  }
  at(index: number): Value {
    return this.items[index]!
  }
}

/** A map from scalars to values. */
export abstract class MapValue {
  abstract readonly size: number
  abstract get(key: Value): Value | undefined
  abstract keys(): Iterable<Value>
  /** Whether there is an entry; some maps have a value for every key, entry or not. */
  has(key: Value): boolean {
    return this.get(key) !== undefined
  }
}

/** What tells keys apart: numbers are the same whatever their type. */
export function keyOf(key: Value): string {
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'boolean') return `b${key}`
  if (key instanceof Uint) return `n${key.value}`
  return typeof key === 'number' && Number.isInteger(key) ? `n${BigInt(key)}` : `n${String(key)}`
}

export class MapLiteral extends MapValue {
  readonly #entries = new Map<string, readonly [Value, Value]>()
  constructor(entries: Iterable<readonly [Value, Value]>) {
    super()
    for (const entry of entries) this.#entries.set(keyOf(entry[0]), entry)
  }
  get size(): number {
    return this.#entries.size
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1]
  }
  *keys(): Iterable<Value> {
    for (const [key] of this.#entries.values()) yield key
  }
  entries(): Iterable<readonly [Value, Value]> {
    return this.#entries.values()
  }
}

/** An object with named fields. */
export abstract class ObjectValue {
  abstract readonly type: string
  /** How many fields are set. */
  abstract readonly size: number
  /** A field by the name that expressions use; undefined when it is not set. */
  abstract get(field: string): Value | undefined
  abstract fields(): Iterable<string>
}

/** How large a value is for the reckoning of costs: characters, bytes, items. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return charactersOf(value)
  if (value instanceof Uint8Array) return value.length
  if (value instanceof ListValue || value instanceof MapValue || value instanceof ObjectValue) return value.size
  if (value instanceof OptionalValue && value.value !== undefined) return sizeOf(value.value)
  return 1
}

/** Unicode code points of a text. */
export function charactersOf(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff && i + 1 < text.length) {
      count--
      i++
    }
  }
  return count
}

/** The name of a value's type. */
export function typeNameOf(value: Value): string {
  if (value === null) return 'null_type'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'string':
      return 'string'
  }
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof TypeValue) return 'type'
  if (value instanceof ListValue) return 'list'
  if (value instanceof MapValue) return 'map'
  return value instanceof OptionalValue ? 'optional_type' : value.type
}
