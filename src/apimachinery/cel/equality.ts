import {
  Duration,
  ListValue,
  MapValue,
  ObjectValue,
  OpaqueValue,
  OptionalValue,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.ts'

/** Whether two values are equal; numbers of different types are when they stand for the same number. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0
  if (a instanceof ListValue) return b instanceof ListValue && equalLists(a, b)
  if (a instanceof MapValue || a instanceof ObjectValue) return equalObjects(a, b)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  if (a instanceof OptionalValue) return b instanceof OptionalValue && equalOptionals(a, b)
  return a instanceof OpaqueValue && b instanceof OpaqueValue && a.type === b.type && a.equals(b)
}

export type NumberValue = bigint | number | Uint
export const isNumber = (value: Value): value is NumberValue =>
  typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint

/** Less than zero, zero or more, as for sorting; NaN for what has no order. */
export function compareNumbers(a: NumberValue, b: NumberValue): number {
  const [x, y] = [a instanceof Uint ? a.value : a, b instanceof Uint ? b.value : b]
  // JavaScript compares a bigint with a number by their mathematical values.
  return x < y ? -1 : x > y ? 1 : x >= y ? 0 : Number.NaN
}

function equalLists(a: ListValue, b: ListValue): boolean {
  if (a.size !== b.size) return false
  if (a.unordered || b.unordered) {
    const rest = [...b]
    return [...a].every(item => {
      const found = rest.findIndex(other => equal(item, other))
      if (found >= 0) rest.splice(found, 1)
      return found >= 0
    })
  }
  for (let i = 0; i < a.size; i++) if (!equal(a.at(i), b.at(i))) return false
  return true
}

function equalObjects(a: MapValue | ObjectValue, b: Value): boolean {
  if (a instanceof MapValue) {
    if (!(b instanceof MapValue) || a.size !== b.size) return false
    for (const key of a.keys()) {
      const other = b.get(key)
      if (other === undefined || !equal(a.get(key)!, other)) return false
    }
    return true
  }
  if (!(b instanceof ObjectValue) || a.size !== b.size) return false
  for (const field of a.fields()) {
    const other = b.get(field)
    if (other === undefined || !equal(a.get(field)!, other)) return false
  }
  return true
}

function equalOptionals(a: OptionalValue, b: OptionalValue): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value
  return equal(a.value, b.value)
}
