import { deepEqual } from '../../../apimachinery/json.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { additionalOf, isObject, itemsOf, propertyOf } from './structural.ts'

/**
 * A value in a changed object together with what it was before, as far as that can be told: fields by name, items of map
 * lists by their keys (upstream's common.CorrelatedObject). What has not changed is not refused for rules that came later.
 */
export class Correlation {
  readonly value: unknown
  readonly old: unknown
  readonly #schema: JSONSchemaProps
  #same: boolean | undefined
  #oldItems: Map<string, unknown> | undefined

  constructor(value: unknown, old: unknown, schema: JSONSchemaProps) {
    this.value = value
    this.old = old
    this.#schema = schema
  }

  get unchanged(): boolean {
    this.#same ??= deepEqual(this.value, this.old)
    return this.#same
  }

  key(name: string): Correlation | undefined {
    const { value, old } = this
    if (!isObject(value) || !isObject(old) || !Object.hasOwn(value, name) || !Object.hasOwn(old, name)) return undefined
    const schema = propertyOf(this.#schema, name) ?? additionalOf(this.#schema)
    return schema && new Correlation(value[name], old[name], schema)
  }

  index(i: number): Correlation | undefined {
    const { value, old } = this
    const items = itemsOf(this.#schema)
    if (!items || !Array.isArray(value) || !Array.isArray(old)) return undefined
    this.#oldItems ??= byKeys(this.#schema, old)
    const key = mapKeyOf(this.#schema, value[i])
    const before = key === undefined ? undefined : this.#oldItems.get(key)
    return before === undefined ? undefined : new Correlation(value[i], before, items)
  }
}

/** Items of a map list by their keys; empty for other lists. */
export function byKeys(schema: JSONSchemaProps, items: readonly unknown[] | undefined): Map<string, unknown> {
  const out = new Map<string, unknown>()
  for (const item of items ?? []) {
    const key = mapKeyOf(schema, item)
    if (key !== undefined) out.set(key, item)
  }
  return out
}

/** What tells an item of a map list apart from the others. */
export function mapKeyOf(schema: JSONSchemaProps, item: unknown): string | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !isObject(item)) return undefined
  return JSON.stringify((schema['x-kubernetes-list-map-keys'] ?? []).map(key => item[key]))
}
