import { EvaluationError } from './errors.ts'
import { keyOf, ListValue, MapValue, type Value } from './values.ts'

/** Two lists behind each other, without copying either. */
export class ConcatList extends ListValue {
  readonly #left: ListValue
  readonly #right: ListValue
  readonly size: number

  constructor(left: ListValue, right: ListValue) {
    super()
    this.#left = left
    this.#right = right
    this.size = left.size + right.size
  }
  at(index: number): Value {
    const { size } = this.#left
    return index < size ? this.#left.at(index) : this.#right.at(index - size)
  }
  override *[Symbol.iterator](): Iterator<Value> {
    yield* this.#left
    yield* this.#right
  }
}

/** The list that a comprehension makes: it grows in place, as nobody else has it until the loop is over. */
export class CollectingList extends ListValue {
  readonly #items: Value[] = []
  get size(): number {
    return this.#items.length
  }
  at(index: number): Value {
    return this.#items[index]!
  }
  add(more: ListValue): this {
    for (const item of more) this.#items.push(item)
    return this
  }
}

/** The map that a comprehension makes. */
export class CollectingMap extends MapValue {
  readonly #entries = new Map<string, readonly [Value, Value]>()
  get size(): number {
    return this.#entries.size
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1]
  }
  *keys(): Iterable<Value> {
    for (const [key] of this.#entries.values()) yield key
  }
  insert(key: Value, value: Value): this {
    const known = keyOf(key)
    if (this.#entries.has(known)) throw new EvaluationError(`insert failed: key ${String(key)} already exists`)
    this.#entries.set(known, [key, value])
    return this
  }
}
