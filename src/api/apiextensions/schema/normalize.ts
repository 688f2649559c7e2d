import { objectMeta } from '../../../apimachinery/meta/object-meta.ts'
import { decode } from '../../../apimachinery/schema/decode.ts'
import type { DecodeOptions } from '../../../apimachinery/schema/types.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import {
  additionalOf,
  asResource,
  isEmbedded,
  isObject,
  itemsOf,
  type JsonObject,
  keepsUnknown,
  propertyOf,
} from './structural.ts'

/**
 * Brings a custom object into the form its schema gives it (upstream's pruning, defaulting and objectmeta packages): a fresh
 * copy without the fields that the schema does not know, nulls out where they are not allowed, defaults in, metadata decoded.
 * Throws DecodeError for metadata that is none.
 */
export function normalize(schema: JSONSchemaProps, value: object, options: DecodeOptions = {}): JsonObject {
  return new Normalizer(options).object(value as JsonObject, asResource(schema), false)
}

/** The same for a value that is no object of its own, such as a default. */
export function normalizeValue(schema: JSONSchemaProps, value: unknown, options: DecodeOptions = {}): unknown {
  return new Normalizer(options).value(value, schema, false)
}

class Normalizer {
  readonly #options: DecodeOptions
  readonly #path: string[] = []

  constructor(options: DecodeOptions) {
    this.#options = options
  }

  /** `keep`: within what keeps unknown fields, so that only those stated are looked at. */
  value(value: unknown, schema: JSONSchemaProps | undefined, keep: boolean): unknown {
    if (Array.isArray(value)) return this.#list(value, schema, keep || keepsUnknown(schema))
    return isObject(value) ? this.object(value, schema, keep || keepsUnknown(schema)) : value
  }

  object(value: JsonObject, schema: JSONSchemaProps | undefined, keep: boolean): JsonObject {
    const out: JsonObject = {}
    const keepUnknown = keep || keepsUnknown(schema)
    const depth = this.#path.length
    for (const key in value) {
      this.#path[depth] = key
      if (isEmbedded(schema) && this.#meta(key, value[key], out)) continue
      const stated = schema && propertyOf(schema, key)
      const below = stated ?? (schema && additionalOf(schema))
      if (stated || (schema && schema.additionalProperties !== undefined)) {
        if (value[key] !== null || !below || below.nullable) set(out, key, this.value(value[key], below, false))
      } else if (keepUnknown) set(out, key, structuredClone(value[key]))
      else this.#options.onUnknown?.(this.#where())
    }
    this.#path.length = depth
    if (this.#options.defaults && schema) this.#defaults(value, schema, out)
    return out
  }

  #list(value: readonly unknown[], schema: JSONSchemaProps | undefined, keep: boolean): unknown[] {
    const items = schema && itemsOf(schema)
    const depth = this.#path.length
    const out = value.map((item, i) => {
      this.#path[depth] = `[${i}]`
      if (item === null && items && !items.nullable && items.default !== undefined && this.#options.defaults) {
        return this.value(structuredClone(items.default), items, false)
      }
      return items || !keep ? this.value(item, items, keep) : structuredClone(item)
    })
    this.#path.length = depth
    return out
  }

  #defaults(value: JsonObject, schema: JSONSchemaProps, out: JsonObject): void {
    for (const key in schema.properties) {
      const below = schema.properties[key]!
      if (below.default !== undefined && !Object.hasOwn(out, key)) {
        set(out, key, this.value(structuredClone(below.default), below, false))
      }
    }
    const additional = additionalOf(schema)
    if (additional?.default === undefined || additional.nullable) return
    for (const key in value) {
      if (value[key] === null && !propertyOf(schema, key)) {
        set(out, key, this.value(structuredClone(additional.default), additional, false))
      }
    }
  }

  /** Whether the field is one of every object. */
  #meta(key: string, value: unknown, out: JsonObject): boolean {
    if (key !== 'apiVersion' && key !== 'kind' && key !== 'metadata') return false
    if (key !== 'metadata') out[key] = value
    else if (value !== null) {
      const where = this.#where()
      const { onUnknown } = this.#options
      out.metadata = decode(objectMeta, value, onUnknown && { onUnknown: path => onUnknown(`${where}.${path}`) })
    }
    return true
  }

  #where(): string {
    let text = ''
    for (const step of this.#path) text += step.startsWith('[') ? step : text ? `.${step}` : step
    return text
  }
}

/** `__proto__` is a field like any other. */
function set(out: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
  else out[key] = value
}
