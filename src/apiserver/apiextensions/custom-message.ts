import type { JSONSchemaProps } from '../../api/apiextensions/index.ts'
import type { CustomSchema } from '../../api/apiextensions/schema/custom-schema.ts'
import {
  additionalOf,
  isEmbedded,
  itemsOf,
  keepsUnknown,
  META_FIELDS,
} from '../../api/apiextensions/schema/structural.ts'
import { objectMeta } from '../../apimachinery/meta/object-meta.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import {
  Field,
  type Fields,
  type ListSemantics,
  type ListType,
  type MapType,
  type Message,
  ref,
  string,
  type Type,
  types,
} from '../../apimachinery/schema/types.ts'

/**
 * The objects of a custom resource as a message of the schema language: its fields tell server-side apply what merges how,
 * decoding is the schema's own. Made when first asked for. `name` is what OpenAPI calls it.
 */
export function customMessage(name: string, schema: CustomSchema): Message<KubeObject> {
  let fields: Fields | undefined
  return {
    kind: 'message',
    name,
    get fields() {
      fields ??= { metadata: ref(1, objectMeta).always(), ...fieldsOf(schema.schema) }
      return fields
    },
    facts: {
      doc: schema.schema.description,
      decode: (value, options) => schema.normalize(value as object, options),
      ...(keepsUnknown(schema.schema) && { rest: types.deduced }),
    },
  }
}

function fieldsOf({ properties = {} }: JSONSchemaProps): Fields {
  const out: Fields = {}
  for (const [name, schema] of Object.entries(properties)) {
    if (META_FIELDS.has(name)) continue
    out[name] = new Field(0, typeOf(schema), { presence: 'optional', default: schema.default })
  }
  return out
}

const SCALARS: Readonly<Record<string, Type>> = {
  string: types.string,
  integer: types.int64,
  number: types.double,
  boolean: types.bool,
}

function typeOf(schema: JSONSchemaProps): Type {
  if (schema['x-kubernetes-int-or-string']) return types.intOrString
  if (schema.type === 'array') return listOf(schema)
  if (schema.type === 'object') return objectOf(schema)
  return SCALARS[schema.type ?? ''] ?? types.deduced
}

function listOf(schema: JSONSchemaProps): ListType {
  const items = itemsOf(schema)
  return {
    kind: 'list',
    item: items ? typeOf(items) : types.deduced,
    semantics: schema['x-kubernetes-list-type'] as ListSemantics | undefined,
    keys: schema['x-kubernetes-list-map-keys'],
  }
}

function objectOf(schema: JSONSchemaProps): MapType | Message {
  const atomic = schema['x-kubernetes-map-type'] === 'atomic'
  const additional = additionalOf(schema)
  if (schema.additionalProperties !== undefined && !schema.properties) {
    return { kind: 'map', value: additional ? typeOf(additional) : types.deduced, atomic }
  }
  const meta = isEmbedded(schema) && { apiVersion: string(0), kind: string(0), metadata: ref(0, objectMeta) }
  let fields: Fields | undefined
  return {
    kind: 'message',
    name: '',
    get fields() {
      fields ??= { ...meta, ...fieldsOf(schema) }
      return fields
    },
    facts: { atomic, ...(keepsUnknown(schema) && { rest: types.deduced }) },
  }
}
