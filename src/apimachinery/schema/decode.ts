import { canonicalQuantity } from '../quantity.ts'
import { decodeScalar, goTypeName, isZero } from './scalars.ts'
import {
  type DecodeOptions,
  type Field,
  isList,
  isMap,
  isMessage,
  type Json,
  type Message,
  type Presence,
  type ScalarKind,
  type Type,
} from './types.ts'

/** A value has another JSON type than its field. The message is worded as Go's encoding/json words it. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DecodeError'
  }
}

interface Context extends DecodeOptions {
  path: string[]
  /** Where in the path keys of maps stand, which type errors leave out. */
  maps: number[]
  /** Name of the innermost message, for error texts. */
  struct: string
}

type Decoder = (value: Json, context: Context) => unknown

interface FieldDecoder {
  name: string
  decode: Decoder
  keepsZero: boolean
  filled: boolean
  default: Json | undefined
  type: Type
}

const decoders = new WeakMap<Type, Decoder>()

/**
 * Turns JSON into a value of the type: fields in the schema's order, unknown ones dropped, null and empty values left out
 * where Go's omitempty would, scalars in canonical form. The result shares nothing with the input except `any` values.
 * Throws DecodeError when a value's type is wrong.
 */
export function decode<Out, In>(type: Type<Out, In>, value: unknown, options: DecodeOptions = {}): Out {
  return decoderOf(type)(value as Json, { ...options, path: [], maps: [], struct: '' }) as Out
}

function decoderOf(type: Type): Decoder {
  let decoder = decoders.get(type)
  if (!decoder) {
    decoder = compile(type)
    decoders.set(type, decoder)
  }
  return decoder
}

function compile(type: Type): Decoder {
  if (isMessage(type)) {
    const { decode: own, union } = type.facts
    if (own) return (value, context) => own(value, context)
    return union ? (value, context) => decodeUnion(type, union, value, context) : compileMessage(type)
  }
  if (isList(type)) {
    const item = type.item
    return (value, context) => {
      if (!Array.isArray(value)) throw mismatch(value, type, context)
      const decodeItem = decoderOf(item)
      const out = new Array<unknown>(value.length)
      const depth = context.path.length
      for (let i = 0; i < value.length; i++) {
        context.path[depth] = `[${i}]`
        out[i] = value[i] === null ? zeroOf(item, context) : decodeItem(value[i]!, context)
      }
      context.path.length = depth
      return out
    }
  }
  if (isMap(type)) {
    const valueType = type.value
    return (value, context) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, type, context)
      const decodeValue = decoderOf(valueType)
      const out: Record<string, unknown> = {}
      const depth = context.path.length
      context.maps.push(depth)
      for (const key of Object.keys(value).sort()) {
        context.path[depth] = key
        const item = value[key]!
        define(out, key, item === null ? zeroOf(valueType, context) : decodeValue(item, context))
      }
      context.path.length = depth
      context.maps.pop()
      return out
    }
  }
  if (type.kind === 'any') return value => value
  if (type.kind === 'quantity') {
    return (value, context) => {
      if (typeof value !== 'string' && typeof value !== 'number') throw mismatch(value, type, context)
      return wrapped(() => canonicalQuantity(String(value)))
    }
  }
  const { kind } = type
  return (value, context) => {
    const out = wrapped(() => decodeScalar(kind as ScalarKind, value))
    if (out === undefined) throw mismatch(value, type, context)
    return out
  }
}

function decodeUnion(type: Message, union: (value: Json) => string, value: Json, context: Context): unknown {
  const field = type.fields[union(value)]
  if (!field) throw mismatch(value, type, context)
  return decoderOf(field.type)(value, context)
}

/** `__proto__` as a map key must become an own property like any other. */
function define(out: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
  else out[key] = value
}

function wrapped<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw new DecodeError((error as Error).message)
  }
}

function compileMessage(type: Message): Decoder {
  const struct = type.name.slice(type.name.lastIndexOf('.') + 1)
  let fields: FieldDecoder[] | undefined
  const { defaults } = type.facts
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, type, context)
    fields ??= Object.entries(type.fields).map(([name, field]) => compileField(name, field))
    const outer = context.struct
    const depth = context.path.length
    const out: Record<string, unknown> = {}
    let seen = 0
    for (const field of fields) {
      const given = value[field.name]
      if (given !== undefined) {
        if (!Object.hasOwn(value, field.name)) continue
        seen++
        if (given !== null) {
          context.path[depth] = field.name
          context.struct = struct
          const decoded = field.decode(given, context)
          if (field.keepsZero || !isZero(decoded)) {
            out[field.name] = decoded
            continue
          }
        }
      }
      if (context.defaults && field.default !== undefined) {
        out[field.name] = typeof field.default === 'object' ? structuredClone(field.default) : field.default
      } else if (field.filled) {
        context.path[depth] = field.name
        out[field.name] = zeroOf(field.type, context)
      }
    }
    context.path.length = depth
    context.struct = outer
    if (context.onUnknown) {
      const keys = Object.keys(value)
      if (keys.length !== seen) reportUnknown(keys, type, context)
    }
    if (defaults && context.defaults) defaults(out)
    return out
  }
}

function compileField(name: string, field: Field<unknown, unknown, Presence>): FieldDecoder {
  const { facts, type } = field
  return {
    name,
    decode: decoderOf(type),
    keepsZero:
      facts.pointer === true ||
      isMessage(type) ||
      type.kind === 'any' ||
      (facts.presence !== 'optional' && facts.default === undefined),
    // A message that has to be given is not made up, so that validation can tell.
    filled: facts.presence !== 'optional' && facts.default === undefined && !(facts.notEmpty && isMessage(type)),
    default: facts.default,
    type,
  }
}

function reportUnknown(keys: string[], type: Message, context: Context): void {
  for (const key of keys) {
    if (!Object.hasOwn(type.fields, key)) context.onUnknown!(joinPath([...context.path, key]))
  }
}

/** Go's zero value of a type, as it shows in JSON. */
function zeroOf(type: Type, context: Context): unknown {
  switch (type.kind) {
    case 'message':
      return decoderOf(type)({}, context)
    case 'list':
      return []
    case 'map':
      return {}
    case 'bool':
      return false
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0
    case 'quantity':
      return '0'
    case 'time':
    case 'microTime':
    case 'any':
      return null
    case 'duration':
      return '0s'
    default:
      return ''
  }
}

/** `a.b[0].c` from its steps. */
function joinPath(steps: readonly string[]): string {
  let out = ''
  for (const step of steps) out += step.startsWith('[') ? step : out ? `.${step}` : step
  return out
}

function mismatch(value: Json, type: Type, context: Context): DecodeError {
  const found =
    value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  const shown = typeof value === 'number' && /^int/.test(type.kind) ? `number ${value}` : found
  const path = context.path.filter((step, depth) => !step.startsWith('[') && !context.maps.includes(depth))
  const where = path.length ? `Go struct field ${context.struct}.${path.join('.')}` : 'Go value'
  return new DecodeError(`json: cannot unmarshal ${shown} into ${where} of type ${goTypeName(type)}`)
}
