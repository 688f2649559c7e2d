import type { Reader, Writer } from 'protobufjs/minimal.js'
import protobuf from 'protobufjs/minimal.js'

export type Annotations = Readonly<Record<string, Uint8Array>>

/** How a field travels in protobuf. Zero and empty values are not sent, and read back as such. */
interface Wire<T> {
  readonly zero: T
  write(writer: Writer, number: number, value: T): void
  read(reader: Reader, sofar: T): T
}

const VARINT = 0
const BYTES = 2
const tag = (number: number, wire: number) => (number << 3) | wire

export const text: Wire<string> = {
  zero: '',
  write: (writer, number, value) => void (value && writer.uint32(tag(number, BYTES)).string(value)),
  read: reader => reader.string(),
}
export const bytes: Wire<Uint8Array> = {
  zero: new Uint8Array(0),
  write: (writer, number, value) => void (value.length > 0 && writer.uint32(tag(number, BYTES)).bytes(value)),
  read: reader => reader.bytes(),
}
export const number: Wire<number> = {
  zero: 0,
  write: (writer, number, value) => void (value && writer.uint32(tag(number, VARINT)).int32(value)),
  read: reader => reader.int32(),
}
export const annotations: Wire<Annotations> = {
  zero: {},
  write(writer, number, value) {
    for (const [key, content] of Object.entries(value)) {
      writer.uint32(tag(number, BYTES)).fork()
      text.write(writer, 1, key)
      bytes.write(writer, 2, content)
      writer.ldelim()
    }
  },
  read(reader, sofar) {
    const end = reader.uint32() + reader.pos
    let [key, content] = [text.zero, bytes.zero]
    while (reader.pos < end) {
      const head = reader.uint32()
      if (head >>> 3 === 1) key = reader.string()
      else if (head >>> 3 === 2) content = reader.bytes()
      else reader.skipType(head & 7)
    }
    return { ...sofar, [key]: content }
  },
}

/** A message: how its values travel. Fields may be left out of what is sent. */
export interface Message<T> {
  encode(value: Partial<T>): Buffer
  /** Throws Error for what is no such message. */
  decode(data: Uint8Array): T
}

type Fields<T> = { readonly [K in keyof T]: readonly [number: number, wire: Wire<T[K]>] }

export function message<T extends object>(fields: Fields<T>): Message<T> {
  const all = Object.entries(fields) as [keyof T, Fields<T>[keyof T]][]
  const byNumber = new Map(all.map(([name, [number, wire]]) => [number, { name, wire }]))
  return {
    encode(value) {
      const writer = protobuf.Writer.create()
      for (const [name, [number, wire]] of all) {
        const field = value[name]
        if (field !== undefined) wire.write(writer, number, field as T[keyof T])
      }
      return Buffer.from(writer.finish())
    },
    decode(data) {
      const reader = protobuf.Reader.create(data)
      const out = Object.fromEntries(all.map(([name, [, wire]]) => [name, wire.zero])) as T
      while (reader.pos < reader.len) {
        const head = reader.uint32()
        const field = byNumber.get(head >>> 3)
        if (field) out[field.name] = field.wire.read(reader, out[field.name])
        else reader.skipType(head & 7)
      }
      return out
    },
  }
}
