import protobuf, { type Reader, type Writer } from 'protobufjs/minimal.js'
import { formatDurationNanos, parseDurationNanos } from '../duration.ts'
import { type Field, isList, isMap, isMessage, type Json, type Message, type Presence, type Type } from './types.ts'

type AnyField = Field<unknown, unknown, Presence>
const VARINT = 0
const FIXED64 = 1
const BYTES = 2

/** Encodes a value of a message, by the schema's field numbers, as upstream's generated.proto lays it out. */
export function encodeMessage(type: Message, value: object): Uint8Array {
  const writer = protobuf.Writer.create()
  writeFields(writer, type, value as Record<string, unknown>)
  return writer.finish()
}

function writeFields(writer: Writer, type: Message, value: Record<string, unknown>): void {
  const { union, beside } = type.facts
  if (union) {
    const name = union(value as Json)
    writeLayout(writer, layoutOf(type), { ...beside?.[name], [name]: value })
  } else writeLayout(writer, layoutOf(type), value)
}

function writeLayout(writer: Writer, { own, embedded }: Layout, value: Record<string, unknown>): void {
  for (const [name, field] of own.values()) {
    const item = value[name]
    if (item !== undefined && item !== null) writeField(writer, field.number, field.type, item)
  }
  for (const [number, inner] of embedded) {
    if (!inner.names.some(name => value[name] !== undefined && value[name] !== null)) continue
    writer.uint32((number << 3) | BYTES).fork()
    writeLayout(writer, inner, value)
    writer.ldelim()
  }
}

type NamedField = readonly [name: string, field: AnyField]

/** A message's fields as protobuf has them, by number: its own, and those of the messages embedded in it. */
interface Layout {
  readonly own: Map<number, NamedField>
  readonly embedded: Map<number, Layout>
  /** JSON names of all fields in it. */
  readonly names: string[]
}

const layouts = new WeakMap<Message, Layout>()
const emptyLayout = (): Layout => ({ own: new Map(), embedded: new Map(), names: [] })

function layoutOf(type: Message): Layout {
  let layout = layouts.get(type)
  if (layout) return layout
  layout = emptyLayout()
  layouts.set(type, layout)
  for (const [name, field] of Object.entries(type.fields) as [string, AnyField][]) {
    // Fields that protobuf leaves out; 0 is no number it knows.
    if (field.number === 0) continue
    let at = layout
    for (const number of field.facts.inlined ?? []) {
      const inner = at.embedded.get(number) ?? emptyLayout()
      at.embedded.set(number, inner)
      inner.names.push(name)
      at = inner
    }
    at.own.set(field.number, [name, field])
  }
  return layout
}

function writeField(writer: Writer, number: number, type: Type, value: unknown): void {
  if (isList(type)) {
    for (const item of value as unknown[]) writeField(writer, number, type.item, item)
  } else if (isMap(type)) {
    for (const [key, item] of Object.entries(value as object)) {
      writer
        .uint32((number << 3) | BYTES)
        .fork()
        .uint32(10)
        .string(key)
      writeNested(writer, 2, type.value, item)
      writer.ldelim()
    }
  } else writeSingle(writer, number, type, value)
}

/** A list inside a map is a message of its own with the items as field 1. */
function writeNested(writer: Writer, number: number, type: Type, value: unknown): void {
  if (!isList(type)) {
    writeSingle(writer, number, type, value)
    return
  }
  writer.uint32((number << 3) | BYTES).fork()
  writeField(writer, 1, type, value)
  writer.ldelim()
}

function writeSingle(writer: Writer, number: number, type: Type, value: unknown): void {
  const tag = number << 3
  switch (type.kind) {
    case 'string':
      writer.uint32(tag | BYTES).string(value as string)
      return
    case 'bool':
      writer.uint32(tag | VARINT).bool(value as boolean)
      return
    case 'int32':
      writer.uint32(tag | VARINT).int32(value as number)
      return
    case 'int64':
      writer.uint32(tag | VARINT).int64(value as number)
      return
    case 'double':
      writer.uint32(tag | FIXED64).double(value as number)
      return
    case 'bytes':
      writer.uint32(tag | BYTES).bytes(Buffer.from(value as string, 'base64'))
      return
    default:
      writer.uint32(tag | BYTES).fork()
      writeMessageLike(writer, type, value)
      writer.ldelim()
  }
}

function writeMessageLike(writer: Writer, type: Type, value: unknown): void {
  if (isMessage(type)) writeFields(writer, type, value as Record<string, unknown>)
  else if (type.kind === 'quantity') writer.uint32(10).string(value as string)
  else if (type.kind === 'any') writer.uint32(10).bytes(Buffer.from(JSON.stringify(value)))
  else if (type.kind === 'duration') writer.uint32(8).int64(String(parseDurationNanos(value as string)))
  else if (type.kind === 'intOrString') {
    if (typeof value === 'number') writer.uint32(8).int64(0).uint32(16).int32(value).uint32(26).string('')
    else
      writer
        .uint32(8)
        .int64(1)
        .uint32(16)
        .int32(0)
        .uint32(26)
        .string(value as string)
  } else {
    const ms = Date.parse(value as string)
    writer.uint32(8).int64(Math.floor(ms / 1000))
    const micros =
      type.kind === 'microTime'
        ? Number(
            /\.(\d+)/
              .exec(value as string)?.[1]
              ?.padEnd(6, '0')
              .slice(0, 6) ?? 0,
          )
        : 0
    writer.uint32(16).int32(micros * 1000)
  }
}

/** The JSON form of an encoded message. Unknown fields are passed over. Throws Error for malformed bytes. */
export function decodeMessage(type: Message, bytes: Uint8Array): Record<string, unknown> {
  const reader = protobuf.Reader.create(bytes)
  return readFields(reader, type, reader.len)
}

function readFields(reader: Reader, type: Message, end: number): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  readLayout(reader, layoutOf(type), end, out)
  return out
}

function readLayout(reader: Reader, { own, embedded }: Layout, end: number, out: Record<string, unknown>): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    const inner = embedded.get(tag >>> 3)
    const known = own.get(tag >>> 3)
    if (inner) readLayout(reader, inner, reader.uint32() + reader.pos, out)
    else if (known) readField(reader, tag, known, out)
    else reader.skipType(tag & 7)
  }
}

function readField(reader: Reader, tag: number, [name, { type }]: NamedField, out: Record<string, unknown>): void {
  if (isList(type)) {
    out[name] ??= []
    const items = out[name] as unknown[]
    if ((tag & 7) === BYTES && isPackable(type.item)) {
      const last = reader.uint32() + reader.pos
      while (reader.pos < last) items.push(readSingle(reader, type.item))
    } else items.push(readSingle(reader, type.item))
  } else if (isMap(type)) {
    const [key, value] = readEntry(reader, type.value)
    out[name] ??= {}
    const map = out[name] as Record<string, unknown>
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
  } else out[name] = readSingle(reader, type)
}

const isPackable = (type: Type) => ['bool', 'int32', 'int64', 'double'].includes(type.kind)

function readEntry(reader: Reader, valueType: Type): [string, unknown] {
  const end = reader.uint32() + reader.pos
  let key = ''
  let value: unknown
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) key = reader.string()
    else if (tag >>> 3 === 2)
      value = isList(valueType) ? readWrappedList(reader, valueType.item) : readSingle(reader, valueType)
    else reader.skipType(tag & 7)
  }
  return [key, value ?? (isMessage(valueType) ? {} : isList(valueType) ? [] : '')]
}

function readWrappedList(reader: Reader, item: Type): unknown[] {
  const end = reader.uint32() + reader.pos
  const out: unknown[] = []
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) out.push(readSingle(reader, item))
    else reader.skipType(tag & 7)
  }
  return out
}

const exact = (value: { toString(): string }) => Number(value.toString())
function readSingle(reader: Reader, type: Type): unknown {
  switch (type.kind) {
    case 'string':
      return reader.string()
    case 'bool':
      return reader.bool()
    case 'int32':
      return reader.int32()
    case 'int64':
      return exact(reader.int64())
    case 'double':
      return reader.double()
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64')
  }
  const end = reader.uint32() + reader.pos
  if (isMessage(type)) {
    const fields = readFields(reader, type, end)
    return type.facts.union ? fields[Object.keys(type.fields).find(name => name in fields) ?? ''] : fields
  }
  return fromParts(type, readParts(reader, end))
}

interface Parts {
  numbers: Record<number, bigint>
  bytes: Record<number, Uint8Array>
}

function readParts(reader: Reader, end: number): Parts {
  const parts: Parts = { numbers: {}, bytes: {} }
  while (reader.pos < end) {
    const tag = reader.uint32()
    if ((tag & 7) === VARINT) parts.numbers[tag >>> 3] = BigInt(reader.int64().toString())
    else if ((tag & 7) === BYTES) parts.bytes[tag >>> 3] = reader.bytes()
    else reader.skipType(tag & 7)
  }
  return parts
}

function fromParts(type: Type, { numbers, bytes }: Parts): unknown {
  const text = (number: number) => Buffer.from(bytes[number] ?? []).toString('utf8')
  switch (type.kind) {
    case 'quantity':
      return text(1)
    case 'any':
      return bytes[1]?.length ? JSON.parse(text(1)) : null
    case 'duration':
      return formatDurationNanos(numbers[1] ?? 0n)
    case 'intOrString':
      return numbers[1] === 1n ? text(3) : Number(numbers[2] ?? 0n)
    default: {
      if (numbers[1] === undefined) return null
      const seconds = new Date(Number(numbers[1]) * 1000).toISOString().slice(0, 19)
      if (type.kind === 'time') return `${seconds}Z`
      return `${seconds}.${String((numbers[2] ?? 0n) / 1000n).padStart(6, '0')}Z`
    }
  }
}
