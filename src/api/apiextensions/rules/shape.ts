import type { Shape, ShapeField } from '../../../apimachinery/cel/index.ts'
import type { JSONSchemaProps } from '../json-schema-props.ts'
import { additionalOf, isEmbedded, itemsOf } from '../schema/structural.ts'
import { escapeName } from './escape.ts'

/** The largest request that is read. Without limits of a schema's own, nothing in it can be larger. */
export const MAX_REQUEST_BYTES = 3 * 1024 * 1024
const MAX_NAME_LENGTH = 253
/** The longest duration or timestamp. */
const MAX_TIME_LENGTH = 32
const MIN_DURATION_LENGTH = 3
const MIN_TIMESTAMP_LENGTH = 21
const DATE_LENGTH = 12
/** A character may take four bytes. */
const CHARACTER_BYTES = 4

/** A shape, and the fewest bytes that its values take as JSON: the more, the fewer fit into a request. */
export interface SizedShape extends Shape {
  readonly minBytes: number
  readonly fields?: ReadonlyMap<string, ShapeField & { readonly shape: SizedShape }>
  readonly item?: SizedShape
}

/**
 * What values of a schema look like to expressions; undefined for what they cannot look at (apiserver's cel/common/schemas.go).
 * `root`: the schema is that of a whole object. `name` is what messages call objects of it.
 */
export function shapeOf(schema: JSONSchemaProps, root: boolean, name: string): SizedShape | undefined {
  if (schema['x-kubernetes-int-or-string']) {
    return { kind: 'dyn', maxSize: inBytes(schema.maxLength) ?? MAX_REQUEST_BYTES - 2, minBytes: 1 }
  }
  switch (schema.type) {
    case 'array':
      return listShape(schema, name)
    case 'object':
      return additionalOf(schema) ? mapShape(schema, name) : objectShape(root ? withMeta(schema) : schema, name)
    case 'string':
      return textShape(schema)
    case 'boolean':
      return { kind: 'bool', minBytes: 4 }
    case 'number':
      return { kind: 'double', minBytes: 1 }
    case 'integer':
      return { kind: 'int', minBytes: 1 }
    default:
      return undefined
  }
}

const atLeastZero = (value: number) => Math.max(0, value)
const inBytes = (length: number | undefined) =>
  length === undefined ? undefined : atLeastZero(length) * CHARACTER_BYTES

function listShape(schema: JSONSchemaProps, name: string): SizedShape | undefined {
  const items = itemsOf(schema)
  const item = items && shapeOf(items, isEmbedded(items), `${name}.@idx`)
  if (!item) return undefined
  const { maxItems } = schema
  return {
    kind: 'list',
    item,
    listType: schema['x-kubernetes-list-type'],
    listKeys: schema['x-kubernetes-list-map-keys']?.map(key => escapeName(key) ?? key),
    maxSize: maxItems === undefined ? Math.floor((MAX_REQUEST_BYTES - 2) / (item.minBytes + 1)) : atLeastZero(maxItems),
    minBytes: 2,
  }
}

function mapShape(schema: JSONSchemaProps, name: string): SizedShape | undefined {
  const additional = additionalOf(schema)!
  const item = shapeOf(additional, isEmbedded(additional), `${name}.@elem`)
  if (!item) return undefined
  const { maxProperties } = schema
  const fitting = Math.floor((MAX_REQUEST_BYTES - 2) / (item.minBytes + 6))
  return { kind: 'map', item, maxSize: maxProperties === undefined ? fitting : atLeastZero(maxProperties), minBytes: 2 }
}

function objectShape({ properties = {}, required = [] }: JSONSchemaProps, name: string): SizedShape {
  const fields = new Map<string, ShapeField & { readonly shape: SizedShape }>()
  let minBytes = 2
  for (const [json, schema] of Object.entries(properties)) {
    const shape = shapeOf(schema, isEmbedded(schema), `${name}.${json}`)
    if (!shape) continue
    const escaped = escapeName(json)
    if (escaped !== undefined) fields.set(escaped, { json, shape })
    if (required.includes(json) && schema.default === undefined) minBytes += json.length + shape.minBytes + 4
  }
  return { kind: 'object', name, fields, minBytes }
}

function textShape(schema: JSONSchemaProps): SizedShape {
  const unbounded = MAX_REQUEST_BYTES - 2
  switch (schema.format) {
    case 'byte':
      return {
        kind: 'bytes',
        maxSize: schema.maxLength === undefined ? unbounded : atLeastZero(schema.maxLength),
        minBytes: 2,
      }
    case 'duration':
      return { kind: 'duration', maxSize: MAX_TIME_LENGTH, minBytes: MIN_DURATION_LENGTH }
    case 'date':
      return { kind: 'timestamp', maxSize: DATE_LENGTH, minBytes: DATE_LENGTH }
    case 'date-time':
      return { kind: 'timestamp', maxSize: MAX_TIME_LENGTH, minBytes: MIN_TIMESTAMP_LENGTH }
  }
  return { kind: 'string', maxSize: inBytes(schema.maxLength) ?? longestOf(schema.enum) ?? unbounded, minBytes: 2 }
}

function longestOf(values: readonly unknown[] | undefined): number | undefined {
  if (!values?.length) return undefined
  return Math.max(0, ...values.map(value => (typeof value === 'string' ? Buffer.byteLength(value) : 0)))
}

/** Of every object expressions see the apiVersion, the kind and the name. */
function withMeta(schema: JSONSchemaProps): JSONSchemaProps {
  const { properties = {} } = schema
  const { kind, apiVersion, metadata } = properties
  const { name, generateName } = metadata?.properties ?? {}
  const stated = [kind, apiVersion, name, generateName].every(one => one?.type === 'string')
  if (stated && metadata?.type === 'object') return schema
  const text: JSONSchemaProps = { type: 'string' }
  const capped = (own: JSONSchemaProps | undefined, most: number): JSONSchemaProps => ({
    type: 'string',
    maxLength: Math.min(own?.maxLength ?? most, most),
  })
  const named: JSONSchemaProps = {
    type: 'object',
    properties: { name: capped(name, MAX_NAME_LENGTH), generateName: capped(generateName, MAX_NAME_LENGTH - 1) },
  }
  return { ...schema, properties: { ...properties, kind: text, apiVersion: text, metadata: named } }
}
