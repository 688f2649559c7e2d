import type { JSONSchemaProps } from '../../api/apiextensions/index.ts'
import { isEmbedded, isObject, keepsUnknown } from '../../api/apiextensions/schema/structural.ts'

type Json = Record<string, unknown>

const META = { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }
const META_V3 = { allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }] }

/**
 * A schema as OpenAPI documents show it. Version 2 has no words for much of it: what it cannot say is left out, and what
 * keeps unknown fields says nothing of those it knows (upstream's controller/openapi).
 */
export function publishedSchema(schema: JSONSchemaProps, version: 2 | 3): Json {
  return version === 3 ? shown(schema, 3) : shown(schema, 2)
}

/** Keywords that OpenAPI v2 does not have, or that clients of it stumble over. */
const NOT_IN_V2 = new Set(['anyOf', 'oneOf', 'not', 'allOf', 'nullable', 'example'])

function shown(schema: JSONSchemaProps, version: 2 | 3): Json {
  const out: Json = {}
  for (const [key, value] of Object.entries(schema)) {
    if (version === 2 && NOT_IN_V2.has(key)) continue
    out[key] = below(key, value, version)
  }
  if (isEmbedded(schema)) {
    const properties = {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: version === 2 ? META : META_V3,
    }
    out.properties = { ...(out.properties as Json), ...properties }
  }
  if (version === 3) {
    if (schema['x-kubernetes-int-or-string'] && !schema.anyOf) out.anyOf = [{ type: 'integer' }, { type: 'string' }]
    return out
  }
  if (schema.nullable) for (const key of ['type', 'items', 'properties', 'additionalProperties']) delete out[key]
  if (keepsUnknown(schema)) for (const key of ['items', 'properties']) delete out[key]
  if (schema['x-kubernetes-int-or-string']) delete out.type
  return out
}

const SCHEMAS = new Set(['items', 'additionalProperties', 'not'])
const LISTS = new Set(['allOf', 'anyOf', 'oneOf'])

function below(key: string, value: unknown, version: 2 | 3): unknown {
  if (SCHEMAS.has(key)) return isObject(value) ? shown(value as JSONSchemaProps, version) : value
  if (LISTS.has(key)) return (value as JSONSchemaProps[]).map(schema => shown(schema, version))
  if (key !== 'properties') return value
  return Object.fromEntries(
    Object.entries(value as Record<string, JSONSchemaProps>).map(([name, schema]) => [name, shown(schema, version)]),
  )
}
