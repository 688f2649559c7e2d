import { parseDurationNanos } from '../duration.ts'
import { equal } from './equality.ts'
import { EvaluationError } from './errors.ts'
import { parseTimestamp } from './time.ts'
import { ArrayList, Duration, ListValue, MapValue, ObjectValue, type Value } from './values.ts'

/**
 * What a JSON value looks like to expressions: its CEL type, with the sizes that costs are estimated by. Stated by whoever
 * offers a variable, from a schema.
 */
export interface Shape {
  readonly kind:
    | 'object'
    | 'map'
    | 'list'
    | 'string'
    | 'int'
    | 'double'
    | 'bool'
    | 'bytes'
    | 'timestamp'
    | 'duration'
    | 'dyn'
    | 'optional'
    | 'opaque'
  /** Name of an object's type, or of an opaque one. */
  readonly name?: string
  /** Of objects: by the names that expressions use. */
  readonly fields?: ReadonlyMap<string, ShapeField>
  /** Of maps, lists and optionals: what is in them. */
  readonly item?: Shape
  /** Of lists: `set` and `map` lists are equal in any order and merge. */
  readonly listType?: string
  readonly listKeys?: readonly string[]
  /** Most characters, bytes, items or keys; unbounded when left out. */
  readonly maxSize?: number
}

export interface ShapeField {
  /** The field's name in JSON. */
  readonly json: string
  readonly shape: Shape
}

type JsonObject = Record<string, unknown>
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A JSON value as expressions see it. Nothing below it is made before it is asked for. */
export function toValue(json: unknown, shape: Shape): Value {
  if (json === null || json === undefined) return null
  switch (shape.kind) {
    case 'object':
      if (isObject(json)) return new JsonObjectValue(json, shape)
      break
    case 'map':
      if (isObject(json)) return new JsonMap(json, shape.item!)
      break
    case 'list':
      if (Array.isArray(json)) return new JsonList(json, shape)
      break
    case 'int':
      if (typeof json === 'number') return BigInt(Math.trunc(json))
      break
    case 'double':
      if (typeof json === 'number') return json
      break
    case 'bytes':
      if (typeof json === 'string') return Buffer.from(json, 'base64')
      break
    case 'timestamp':
      if (typeof json === 'string') return parseTimestamp(json.length === 10 ? `${json}T00:00:00Z` : json)
      break
    case 'duration':
      if (typeof json === 'string') return new Duration(nanosOf(json))
      break
    case 'dyn':
      return dynamic(json)
    default:
      if (typeof json === 'string' || typeof json === 'boolean') return json
  }
  throw new EvaluationError(`invalid data, expected ${shape.kind}, got ${typeof json}`)
}

function nanosOf(text: string): bigint {
  try {
    return parseDurationNanos(text)
  } catch (error) {
    throw new EvaluationError((error as Error).message)
  }
}

const ANY: Shape = { kind: 'dyn' }

function dynamic(json: unknown): Value {
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json
  if (Array.isArray(json)) return new JsonList(json, { kind: 'list', item: ANY })
  return isObject(json) ? new JsonMap(json, ANY) : (json as string | boolean)
}

class JsonMap extends MapValue {
  readonly #json: JsonObject
  readonly #item: Shape
  #size: number | undefined

  constructor(json: JsonObject, item: Shape) {
    super()
    this.#json = json
    this.#item = item
  }
  get size(): number {
    this.#size ??= Object.keys(this.#json).length
    return this.#size
  }
  get(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#json, key)) return undefined
    return toValue(this.#json[key], this.#item)
  }
  keys(): Iterable<Value> {
    return Object.keys(this.#json)
  }
}

class JsonObjectValue extends ObjectValue {
  readonly type: string
  readonly #json: JsonObject
  readonly #shape: Shape

  constructor(json: JsonObject, shape: Shape) {
    super()
    this.type = shape.name ?? 'object'
    this.#json = json
    this.#shape = shape
  }
  get size(): number {
    return Object.keys(this.#json).length
  }
  get(name: string): Value | undefined {
    const field = this.#shape.fields!.get(name)
    if (!field || !Object.hasOwn(this.#json, field.json)) return undefined
    const value = this.#json[field.json]
    // A field that is null is as one that is not there.
    return value === undefined || value === null ? undefined : toValue(value, field.shape)
  }
  *fields(): Iterable<string> {
    for (const name of this.#shape.fields!.keys()) if (this.get(name) !== undefined) yield name
  }
}

class JsonList extends ListValue {
  readonly #json: readonly unknown[]
  readonly #shape: Shape

  constructor(json: readonly unknown[], shape: Shape) {
    super()
    this.#json = json
    this.#shape = shape
  }
  get size(): number {
    return this.#json.length
  }
  at(index: number): Value {
    return toValue(this.#json[index], this.#shape.item!)
  }
  override get unordered(): boolean {
    return this.#shape.listType === 'set' || this.#shape.listType === 'map'
  }
  /** Sets take what they do not have yet; map lists replace items by key. */
  override concat(other: ListValue): ListValue {
    const { listType, listKeys = [] } = this.#shape
    if (listType === 'set') {
      const items = [...this]
      for (const item of other) if (!items.some(one => equal(one, item))) items.push(item)
      return new ArrayList(items)
    }
    if (listType !== 'map') return super.concat(other)
    const items = [...this]
    for (const item of other) {
      const at = items.findIndex(one => sameKeys(one, item, listKeys))
      if (at >= 0) items[at] = item
      else items.push(item)
    }
    return new ArrayList(items)
  }
}

function sameKeys(a: Value, b: Value, keys: readonly string[]): boolean {
  if (!(a instanceof ObjectValue && b instanceof ObjectValue)) return false
  return keys.every(key => {
    const [x, y] = [a.get(key), b.get(key)]
    return x === undefined || y === undefined ? x === y : equal(x, y)
  })
}
