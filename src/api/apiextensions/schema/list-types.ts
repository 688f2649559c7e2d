import type { At } from '../../../apimachinery/validation/at.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { additionalOf, isObject, itemsOf, type JsonObject, propertyOf } from './structural.ts'

/** Looks for duplicates in sets and map lists (upstream's schema/listtype). `at` is the place of the value. */
export function validateListTypes(schema: JSONSchemaProps, value: unknown, at: At): void {
  if (Array.isArray(value)) validateList(schema, value, at)
  else if (isObject(value)) {
    const additional = additionalOf(schema)
    for (const [key, child] of Object.entries(value)) {
      if (typeof child !== 'object') continue
      const stated = propertyOf(schema, key)
      if (stated) validateListTypes(stated, child, at.child(key))
      else if (additional) validateListTypes(additional, child, at.key(key))
    }
  }
}

function validateList(schema: JSONSchemaProps, list: readonly unknown[], at: At): void {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') for (const i of duplicates(list)) at.index(i).duplicate(list[i])
  if (type === 'map') {
    const misfit = list.findIndex(item => item !== null && !isObject(item))
    if (misfit >= 0) {
      at.index(misfit).invalid(list[misfit], 'must be an object for an array of list-type map')
    } else {
      const keys = list.map(item => keysOf(schema, item as JsonObject | null))
      for (const i of duplicates(keys)) at.index(i).duplicate(keys[i])
    }
  }
  const items = itemsOf(schema)
  if (items) list.forEach((item, i) => void validateListTypes(items, item, at.index(i)))
}

function keysOf(schema: JSONSchemaProps, item: JsonObject | null): JsonObject {
  const names = schema['x-kubernetes-list-map-keys'] ?? []
  return Object.fromEntries(names.filter(name => item && Object.hasOwn(item, name)).map(name => [name, item![name]]))
}

/** The place of the second of each value that is there more than once. */
function duplicates(values: readonly unknown[]): number[] {
  const times = new Map<string, number>()
  const found: number[] = []
  values.forEach((value, i) => {
    const text = JSON.stringify(value)
    const before = times.get(text) ?? 0
    times.set(text, before + 1)
    if (before === 1) found.push(i)
  })
  return found
}
