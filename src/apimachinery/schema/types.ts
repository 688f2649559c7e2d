import type { At } from '../validation/at.ts'

/**
 * The schema language. A kind's fields are stated once, in this language, and everything else about them is derived:
 * TypeScript types, decoding, defaults, validation, OpenAPI, protobuf, patches, server-side apply, explain.
 */

/** What a value can be. `Out` is its type once decoded and defaulted, `In` what a writer has to provide. */
export interface Type<Out = unknown, In = Out> {
  readonly kind: TypeKind
  readonly out?: Out
  readonly in?: In
}

export type ScalarKind =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'any'
export type TypeKind = ScalarKind | 'list' | 'map' | 'message'

/** A JSON value as it came over the wire. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

export interface ListType<Out = unknown, In = Out> extends Type<Out[], readonly In[]> {
  readonly kind: 'list'
  readonly item: Type<Out, In>
  /** For lists that are no fields themselves, what a field's facts say. */
  readonly semantics?: ListSemantics
  readonly keys?: readonly string[]
}

export interface MapType<Out = unknown, In = Out> extends Type<Record<string, Out>, Readonly<Record<string, In>>> {
  readonly kind: 'map'
  readonly value: Type<Out, In>
  readonly atomic?: boolean
}

/** Any JSON whose shape server-side apply reads off the value: objects field by field, everything else as a whole. */
export interface DeducedType extends Type<Json> {
  readonly kind: 'any'
  readonly deduced: true
}

/** Any JSON at all, with a definition of its own in OpenAPI, named as messages are. */
export interface AnyType extends Type<Json> {
  readonly kind: 'any'
  readonly definition: { readonly name: string; readonly doc: string }
}

/** How often a field is there: a writer must give it / it is always there once decoded / it may be missing. */
export type Presence = 'required' | 'filled' | 'optional'

// biome-ignore lint/suspicious/noExplicitAny: stands for "a field of whatever type"; unknown would break inference
export type Fields = Record<string, Field<any, any, Presence>>

type OutOf<F> = F extends Field<infer Out, infer _In, Presence> ? Out : never
type InOf<F> = F extends Field<infer _Out, infer In, Presence> ? In : never
type KeysOf<F extends Fields, P extends Presence> = {
  [K in keyof F]: F[K] extends Field<infer _Out, infer _In, infer Q> ? (Q extends P ? K : never) : never
}[keyof F]

/** The decoded value of a message with these fields. */
export type OutFields<F extends Fields> = { [K in KeysOf<F, 'required' | 'filled'>]: OutOf<F[K]> } & {
  [K in KeysOf<F, 'optional'>]?: OutOf<F[K]>
}
/** What a writer gives for a message with these fields. */
export type InFields<F extends Fields> = { readonly [K in KeysOf<F, 'required'>]: InOf<F[K]> } & {
  readonly [K in KeysOf<F, 'filled' | 'optional'>]?: InOf<F[K]> | undefined
}

/** The type of a decoded value. */
export type Infer<T> = T extends Type<infer Out, infer _In> ? Out : never
/** The type a writer has to provide. */
export type InferInput<T> = T extends Type<infer _Out, infer In> ? In : never

/** A structured value: named, numbered fields. */
export interface Message<Out = unknown, In = Out> extends Type<Out, In> {
  readonly kind: 'message'
  /** Full protobuf name, as `k8s.io.api.core.v1.PodSpec`. */
  readonly name: string
  readonly fields: Fields
  readonly facts: MessageFacts<Out>
}

export interface MessageFacts<Out> {
  readonly doc?: string
  /** JSON has one field's value in place of the message; tells which field's it is. */
  union?(value: Json): string
  /** What protobuf has beside the field that `union` names. */
  readonly beside?: Readonly<Record<string, Readonly<Record<string, Json>>>>
  /** Decodes the whole message in place of what its fields say. */
  decode?(value: Json, options: DecodeOptions): Out
  /** The type of fields that are not stated, where they are kept. */
  readonly rest?: Type
  /** Changed only as a whole by server-side apply (x-kubernetes-map-type: atomic). */
  readonly atomic?: boolean
  /** Defaults that depend on other fields; runs after the fields' own defaults. */
  defaults?(value: Out): void
  /** Rules across fields. */
  validate?(value: Out, at: At): void
}

export interface DecodeOptions {
  /** Fill in the schema's defaults. */
  defaults?: boolean
  /** Told the path of every field the schema does not know; the field itself is dropped. */
  onUnknown?: (path: string) => void
}

export type ListSemantics = 'atomic' | 'set' | 'map'
export type Format = (value: string) => string | readonly string[] | undefined

export interface FieldFacts {
  readonly doc?: string
  readonly presence: Presence
  /** In OpenAPI's required list. */
  readonly listed?: boolean
  /** Must not be empty: "Required value". */
  readonly notEmpty?: boolean
  /** A zero value that was given is kept (a Go pointer). */
  readonly pointer?: boolean
  readonly default?: Json
  readonly min?: number
  readonly max?: number
  readonly maxLength?: number
  readonly oneOf?: readonly string[]
  readonly formats?: readonly Format[]
  readonly immutable?: boolean
  readonly listSemantics?: ListSemantics
  readonly mapKeys?: readonly string[]
  readonly patchMergeKey?: string
  readonly patchStrategies?: readonly ('merge' | 'retainKeys' | 'replace')[]
  /** A map or struct that server-side apply changes only as a whole. */
  readonly atomic?: boolean
  /**
   * In protobuf the field is inside the embedded message with this number (outermost first, where they nest); in JSON it
   * stands beside the others.
   */
  readonly inlined?: readonly number[]
}

/** One numbered field of a message. Immutable: each fact added makes a new field. */
export class Field<Out, In, P extends Presence> {
  readonly number: number
  readonly type: Type<Out, In>
  readonly facts: FieldFacts & { readonly presence: P }

  constructor(number: number, type: Type<Out, In>, facts: FieldFacts & { readonly presence: P }) {
    this.number = number
    this.type = type
    this.facts = facts
  }

  /** Must be given and not be empty; otherwise "Required value". */
  required(): Field<Out, In, 'required'> {
    return this.#with({ presence: 'required', listed: true, notEmpty: true })
  }
  /** In OpenAPI's required list, always written, but its zero value is fine. */
  present(): Field<Out, In, 'filled'> {
    return this.#with({ presence: 'filled', listed: true })
  }
  /** Always written, also when empty, though not required (a struct that is not a pointer). */
  always(): Field<Out, In, 'filled'> {
    return this.#with({ presence: 'filled' })
  }
  /** The value when none is given. */
  default(value: Out & Json): Field<Out, In, 'filled'> {
    return this.#with({ presence: 'filled', default: value })
  }
  /** Zero and empty differ from not given (a Go pointer). Messages always behave so. */
  pointer(): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, pointer: true })
  }
  min(min: number): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, min })
  }
  max(max: number): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, max })
  }
  maxLength(maxLength: number): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, maxLength })
  }
  /** The values allowed: anything else is "Unsupported value". */
  oneOf(...oneOf: string[]): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, oneOf })
  }
  /** Checks on a string's form; each answers with what is wrong, or undefined. */
  format(...formats: Format[]): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, formats })
  }
  /** May not change once the object exists. */
  immutable(): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, immutable: true })
  }
  /** x-kubernetes-list-type: atomic. */
  atomic(): Field<Out, In, P> {
    return this.#with(
      this.type.kind === 'list'
        ? { presence: this.facts.presence, listSemantics: 'atomic' }
        : { presence: this.facts.presence, atomic: true },
    )
  }
  /** x-kubernetes-list-type: set. */
  set(): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, listSemantics: 'set' })
  }
  /** x-kubernetes-list-type: map, with these keys. */
  mapKeys(...mapKeys: string[]): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, listSemantics: 'map', mapKeys })
  }
  /** Strategic merge patch joins this list (by key, if the items are objects) instead of replacing it. */
  patchMerge(key?: string, ...also: 'retainKeys'[]): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, patchMergeKey: key, patchStrategies: ['merge', ...also] })
  }
  /** Strategic merge patch drops the keys of this object that the patch does not name. */
  patchRetainKeys(): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, patchStrategies: ['retainKeys'] })
  }
  /** Strategic merge patch replaces this value. */
  patchReplace(): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, patchStrategies: ['replace'] })
  }
  /** In protobuf inside the embedded message with this number, see `inline`. */
  inlined(number: number): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, inlined: [number, ...(this.facts.inlined ?? [])] })
  }
  /** What the field is for, in one or two sentences: shown by explain and in OpenAPI. */
  doc(doc: string): Field<Out, In, P> {
    return this.#with({ presence: this.facts.presence, doc })
  }

  #with<Q extends Presence>(facts: FieldFacts & { presence: Q }): Field<Out, In, Q> {
    return new Field(this.number, this.type, { ...this.facts, ...facts })
  }
}

const scalar = <T>(kind: ScalarKind): Type<T> => ({ kind })

/** Types for list items and map values; as fields use the functions of the same name below. */
export const types = {
  string: scalar<string>('string'),
  bool: scalar<boolean>('bool'),
  int32: scalar<number>('int32'),
  int64: scalar<number>('int64'),
  double: scalar<number>('double'),
  bytes: scalar<string>('bytes'),
  quantity: { kind: 'quantity' } as Type<string, string | number>,
  intOrString: scalar<number | string>('intOrString'),
  time: scalar<string>('time'),
  microTime: scalar<string>('microTime'),
  duration: scalar<string>('duration'),
  any: scalar<Json>('any'),
  deduced: { kind: 'any', deduced: true } as DeducedType,
  list: <Out, In>(item: Type<Out, In>): ListType<Out, In> => ({ kind: 'list', item }),
  map: <Out, In>(value: Type<Out, In>): MapType<Out, In> => ({ kind: 'map', value }),
}

type Optional<Out, In = Out> = Field<Out, In, 'optional'>
const field = <Out, In>(number: number, type: Type<Out, In>): Optional<Out, In> =>
  new Field(number, type, { presence: 'optional' })

export const string = (number: number): Optional<string> => field(number, types.string)
export const bool = (number: number): Optional<boolean> => field(number, types.bool)
export const int32 = (number: number): Optional<number> => field(number, types.int32)
/** A 64-bit integer; exact up to 2^53, as every Kubernetes field needs. */
export const int64 = (number: number): Optional<number> => field(number, types.int64)
/** Bytes, base64 in JSON. */
export const bytes = (number: number): Optional<string> => field(number, types.bytes)
/** A resource.Quantity, kept in canonical form. */
export const quantity = (number: number): Optional<string, string | number> => field(number, types.quantity)
export const intOrString = (number: number): Optional<number | string> => field(number, types.intOrString)
/** A metav1.Time: RFC 3339, whole seconds, UTC. */
export const time = (number: number): Optional<string> => field(number, types.time)
/** A metav1.MicroTime: RFC 3339 with microseconds. */
export const microTime = (number: number): Optional<string> => field(number, types.microTime)
/** Any JSON: RawExtension, FieldsV1. */
export const any = (number: number): Optional<Json> => field(number, types.any)
export const list = <Out, In>(number: number, item: Type<Out, In>): Optional<Out[], readonly In[]> =>
  field(number, types.list(item))
export const map = <Out, In>(
  number: number,
  value: Type<Out, In>,
): Optional<Record<string, Out>, Readonly<Record<string, In>>> => field(number, types.map(value))
/** A field that holds another message. */
export const ref = <Out, In>(number: number, message: Type<Out, In>): Optional<Out, In> => field(number, message)

/** States a message. `name` is its full protobuf name. */
export function message<const F extends Fields>(
  name: string,
  fields: F,
  facts: MessageFacts<OutFields<F>> = {},
): Message<OutFields<F>, InFields<F>> {
  return { kind: 'message', name, fields, facts } as Message<OutFields<F>, InFields<F>>
}

/** The fields of an embedded message (an inlined Go struct): JSON has them in the outer message, protobuf in field `number`. */
export function inline<const F extends Fields>(number: number, fields: F): F {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.inlined(number)])) as F
}

export const isList = (type: Type): type is ListType => type.kind === 'list'
export const isMap = (type: Type): type is MapType => type.kind === 'map'
export const isDeduced = (type: Type): type is DeducedType => type.kind === 'any' && 'deduced' in type
export const isAny = (type: Type): type is AnyType => type.kind === 'any' && 'definition' in type
export const isMessage = (type: Type): type is Message => type.kind === 'message'
