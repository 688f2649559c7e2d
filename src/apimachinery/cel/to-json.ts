import type { Json } from '../schema/types.ts'
import { EvaluationError } from './errors.ts'
import { Duration, ListValue, MapValue, ObjectValue, OptionalValue, Timestamp, Uint, type Value } from './values.ts'

/** A value as JSON; undefined for an optional that is missing. Throws EvaluationError for what JSON does not have. */
export function toJson(value: Value): Json | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number')
    return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Timestamp || value instanceof Duration) return value.toString()
  if (value instanceof ListValue) return [...value].map(item => toJson(item) ?? null)
  if (value instanceof OptionalValue) return value.value === undefined ? undefined : toJson(value.value)
  const entries: [string, Json][] = []
  const put = (key: string, item: Value) => {
    const json = toJson(item)
    if (json !== undefined) entries.push([key, json])
  }
  if (value instanceof MapValue) {
    for (const key of value.keys()) {
      if (typeof key !== 'string') throw new EvaluationError('a map with keys that are no strings is not JSON')
      put(key, value.get(key)!)
    }
    return Object.fromEntries(entries)
  }
  if (!(value instanceof ObjectValue)) throw new EvaluationError('a value of this type is not JSON')
  for (const field of value.fields()) put(field, value.get(field)!)
  return Object.fromEntries(entries)
}
