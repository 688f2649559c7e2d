import { objectMeta } from '../meta/object-meta.ts'
import type { Kind } from './kind.ts'
import { type Field, isAny, isList, isMap, isMessage, type Message, type Presence, type Type } from './types.ts'

type Schema = Record<string, unknown>
type AnyField = Field<unknown, unknown, Presence>

/** The OpenAPI name of a message: `io.k8s.api.core.v1.Pod`; protobuf's package names have _ where Go's have -. */
export function definitionName({ name }: Pick<Message, 'name'>): string {
  if (!name.startsWith('k8s.io.')) return name
  return `io.k8s.${name.slice('k8s.io.'.length).replaceAll('_', '-')}`
}

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'
const TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.Time'
const MICRO_TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime'
const DURATION = 'io.k8s.apimachinery.pkg.apis.meta.v1.Duration'

/** Scalars that have a definition of their own. */
const NAMED_SCALARS: Record<string, { name: string; schema: Schema; v3?: Schema }> = {
  quantity: {
    name: QUANTITY,
    schema: { type: 'string', description: 'An amount with an optional suffix, such as 500m or 1Gi.' },
    v3: {
      oneOf: [{ type: 'string' }, { type: 'number' }],
      description: 'An amount with an optional suffix, such as 500m or 1Gi.',
    },
  },
  intOrString: {
    name: INT_OR_STRING,
    schema: {
      type: 'string',
      format: 'int-or-string',
      description: 'A number, or a text such as a name or a percentage.',
    },
    v3: {
      oneOf: [{ type: 'integer' }, { type: 'string' }],
      format: 'int-or-string',
      description: 'A number, or a text such as a name or a percentage.',
    },
  },
  time: {
    name: TIME,
    schema: { type: 'string', format: 'date-time', description: 'A moment, in RFC 3339 with whole seconds.' },
  },
  microTime: {
    name: MICRO_TIME,
    schema: { type: 'string', format: 'date-time', description: 'A moment, in RFC 3339 with microseconds.' },
  },
  duration: { name: DURATION, schema: { type: 'string', description: 'A length of time, such as 1h30m.' } },
}

const PLAIN_SCALARS: Record<string, Schema> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  any: { type: 'object' },
}

/**
 * Collects the definitions of kinds and everything they refer to, in OpenAPI v2 (`definitions`) or v3
 * (`components.schemas`) form.
 */
export class Definitions {
  readonly schemas: Record<string, Schema> = {}
  readonly #version: 2 | 3

  constructor(version: 2 | 3) {
    this.#version = version
  }

  /** Adds a kind and its list; gives their names. */
  addKind(kind: Kind): { object: string; list: string } {
    const object = kind.custom ? this.#addCustom(kind) : this.#add(kind.message)
    const { group, version } = kind
    const schema = this.schemas[object]!
    if (!schema['x-kubernetes-group-version-kind']) {
      // Of custom resources without properties nothing is known, and clients are to check nothing.
      if (schema.properties || !kind.custom) schema.properties = { ...TYPE_META, ...(schema.properties as object) }
      schema['x-kubernetes-group-version-kind'] = [{ group, kind: kind.kind, version }]
    }
    const list = kind.listKind ? object.slice(0, object.lastIndexOf('.') + 1) + kind.listKind : `${object}List`
    if (!kind.virtual) this.schemas[list] ??= this.#list(kind, object)
    return { object, list }
  }

  #addCustom({ message, custom }: Kind): string {
    const name = definitionName(message)
    if (this.schemas[name]) return name
    const { properties, ...schema } = custom!.openapi(this.#version)
    this.schemas[name] = schema
    const metadata = this.#described(this.#add(objectMeta as unknown as Message), 'Standard metadata of the object.')
    if (properties) schema.properties = { ...(properties as object), metadata }
    return name
  }

  /** Adds a message that is no kind of its own, as DeleteOptions; gives its name. */
  addMessage(message: Message): string {
    return this.#add(message)
  }

  ref(name: string): Schema {
    return { $ref: `${this.#version === 2 ? '#/definitions/' : '#/components/schemas/'}${name}` }
  }

  #list(kind: Kind, item: string): Schema {
    const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'
    return {
      description: `A list of ${kind.kind} objects.`,
      type: 'object',
      required: ['items'],
      properties: {
        ...TYPE_META,
        items: { description: 'The objects.', type: 'array', items: this.#wrap(item) },
        metadata: this.#described(meta, 'Metadata of the list.'),
      },
      'x-kubernetes-group-version-kind': [
        { group: kind.group, kind: kind.listKind ?? `${kind.kind}List`, version: kind.version },
      ],
    }
  }

  #add(message: Message): string {
    const name = definitionName(message)
    if (this.schemas[name]) return name
    const { doc = '', union } = message.facts
    const schema: Schema = union ? { description: doc } : { description: doc, type: 'object' }
    this.schemas[name] = schema
    if (union) {
      for (const field of Object.values(message.fields)) this.#type(field.type)
      return name
    }
    const properties: Record<string, Schema> = {}
    for (const key of Object.keys(message.fields).sort()) properties[key] = this.#field(message.fields[key]!)
    if (Object.keys(properties).length > 0) schema.properties = properties
    const required = Object.keys(message.fields).filter(key => message.fields[key]!.facts.listed)
    if (required.length > 0) schema.required = required.sort()
    if (message.facts.atomic) schema['x-kubernetes-map-type'] = 'atomic'
    return name
  }

  #field(field: AnyField): Schema {
    const { facts, type } = field
    const base = this.#type(type, facts.doc)
    const out: Schema = base
    if (facts.default !== undefined) out.default = facts.default
    if (facts.listSemantics) out['x-kubernetes-list-type'] = facts.listSemantics
    if (facts.mapKeys) out['x-kubernetes-list-map-keys'] = facts.mapKeys
    if (facts.atomic) out['x-kubernetes-map-type'] = 'atomic'
    if (facts.patchMergeKey) out['x-kubernetes-patch-merge-key'] = facts.patchMergeKey
    if (facts.patchStrategies && facts.patchStrategies[0] !== 'replace')
      out['x-kubernetes-patch-strategy'] = facts.patchStrategies.join(',')
    return out
  }

  #type(type: Type, doc?: string): Schema {
    const described = doc ? { description: doc } : {}
    if (isMessage(type)) return this.#described(this.#add(type), doc)
    if (isList(type)) return { ...described, type: 'array', items: this.#type(type.item) }
    if (isMap(type)) return { ...described, type: 'object', additionalProperties: this.#type(type.value) }
    if (isAny(type)) {
      const name = definitionName(type.definition)
      this.schemas[name] ??= { description: type.definition.doc }
      return this.#described(name, doc)
    }
    const named = NAMED_SCALARS[type.kind]
    if (!named) return { ...described, ...PLAIN_SCALARS[type.kind] }
    this.schemas[named.name] ??= (this.#version === 3 && named.v3) || named.schema
    return this.#described(named.name, doc)
  }

  /** A reference with words of its own; v3 allows those only beside allOf. */
  #described(name: string, doc?: string): Schema {
    const described = doc ? { description: doc } : {}
    return this.#version === 2 || !doc ? { ...described, ...this.ref(name) } : { ...described, ...this.#wrap(name) }
  }

  #wrap(name: string): Schema {
    return this.#version === 2 ? this.ref(name) : { allOf: [this.ref(name)] }
  }
}

const TYPE_META = {
  apiVersion: { description: 'Group and version of the kind, as apps/v1.', type: 'string' },
  kind: { description: 'Name of the kind.', type: 'string' },
}
