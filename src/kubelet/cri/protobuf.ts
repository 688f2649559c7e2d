import type { Reader, Writer } from 'protobufjs/minimal.js'
import protobuf from 'protobufjs/minimal.js'

/**
 * A small statement language for the gRPC messages a node agent speaks: each field is named once, with its protobuf
 * number and type, and both the TypeScript type and the wire form follow from it. Decoded messages have every field;
 * messages to encode may leave any out.
 */

const VARINT = 0
const BYTES = 2

/** One field of a message. `T` is what callers see. */
export interface Field<T> {
  readonly id: number
  /** What the field reads as when it is not on the wire. */
  absent(): T
  /** `value` is an Input<T>; left unknown here so that fields of any type go into one record. */
  write(writer: Writer, value: unknown): void
  /** Reads one occurrence; `sofar` is what earlier occurrences gave. */
  read(reader: Reader, wireType: number, sofar: unknown): T
}

type Fields = Record<string, Field<unknown>>
type FieldValues<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** A message type: how its values look and how they travel. */
export interface Message<T> {
  write(writer: Writer, value: Input<T>): void
  read(reader: Reader, end: number): T
  encode(value: Input<T>): Buffer
  decode(bytes: Uint8Array): T
}

/** The decoded value of a message or field. */
export type Infer<M> = M extends Message<infer T> ? T : M extends Field<infer T> ? T : never

/** What may be given to encode a `T`: any part of it. */
export type Input<T> = T extends string | number | bigint | boolean | undefined | Uint8Array
  ? T
  : T extends ReadonlyArray<infer U>
    ? readonly Input<U>[]
    : string extends keyof T
      ? T
      : { [K in keyof T]?: Input<T[K]> }

interface Scalar<T> {
  wireType: number
  zero: T
  put(writer: Writer, value: T): void
  get(reader: Reader): T
}

/** A field builder: give it the protobuf number. `of` is kept so that lists and boxes can reuse the encoding. */
interface ScalarBuilder<T> {
  (id: number): Field<T>
  of: Scalar<T>
}

function scalar<T extends string | number | bigint | boolean | Uint8Array>(of: Scalar<T>): ScalarBuilder<T> {
  const build = (id: number): Field<T> => ({
    id,
    absent: () => of.zero,
    write(writer, value) {
      const plain = value as T
      if (plain === of.zero || (plain instanceof Uint8Array && plain.length === 0)) return
      of.put(writer.uint32((id << 3) | of.wireType), plain)
    },
    read: reader => of.get(reader),
  })
  return Object.assign(build, { of })
}

const toBigInt = (long: { low: number; high: number }) => (BigInt(long.high) << 32n) | BigInt(long.low >>> 0)

export const string = scalar<string>({ wireType: BYTES, zero: '', put: (w, v) => w.string(v), get: r => r.string() })
export const bytes = scalar<Uint8Array>({
  wireType: BYTES,
  zero: new Uint8Array(0),
  put: (w, v) => w.bytes(v),
  get: r => r.bytes(),
})
export const bool = scalar<boolean>({ wireType: VARINT, zero: false, put: (w, v) => w.bool(v), get: r => r.bool() })
export const int32 = scalar<number>({ wireType: VARINT, zero: 0, put: (w, v) => w.int32(v), get: r => r.int32() })
export const uint32 = scalar<number>({ wireType: VARINT, zero: 0, put: (w, v) => w.uint32(v), get: r => r.uint32() })
/** A 64-bit number as a JavaScript number: exact up to 2^53, which sizes, limits and counters stay below. */
export const int64 = scalar<number>({
  wireType: VARINT,
  zero: 0,
  put: (w, v) => w.int64(v),
  get: r => Number(toBigInt(r.int64())),
})
/** As `int64`, unsigned on the wire. */
export const uint64 = scalar<number>({
  wireType: VARINT,
  zero: 0,
  put: (w, v) => w.uint64(v),
  get: r => Number(BigInt.asUintN(64, toBigInt(r.uint64()))),
})
/** A moment in nanoseconds since the Unix epoch, exact; 0n when it has not come. `millis` turns it into milliseconds. */
export const nanos = scalar<bigint>({
  wireType: VARINT,
  zero: 0n,
  put: (w, v) => w.int64(v.toString()),
  get: r => toBigInt(r.int64()),
})

/** Milliseconds since the Unix epoch, from nanoseconds. */
export const millis = (ns: bigint): number => Number(ns / 1_000_000n)

/** An enum, seen as its value names. A number this list does not know reads as the first name. */
export function oneOf<const N extends string>(...names: readonly [N, ...N[]]): ScalarBuilder<N> {
  return scalar<N>({
    wireType: VARINT,
    zero: names[0],
    put: (w, v) => w.uint32(names.indexOf(v)),
    get: r => names[r.uint32()] ?? names[0],
  })
}

/** A nested message; undefined when absent. */
export function ref<T>(id: number, type: Message<T>): Field<T | undefined> {
  return {
    id,
    absent: () => undefined,
    write(writer, value) {
      if (value === undefined) return
      writer.uint32((id << 3) | BYTES).fork()
      type.write(writer, value as Input<T>)
      writer.ldelim()
    },
    read: reader => type.read(reader, reader.uint32() + reader.pos),
  }
}

/** A scalar wrapped in a message of its own so that unset differs from zero (Int64Value and its like). */
export function boxed<T>(id: number, inner: ScalarBuilder<T>): Field<T | undefined> {
  const { of } = inner
  return {
    id,
    absent: () => undefined,
    write(writer, value) {
      if (value === undefined) return
      writer.uint32((id << 3) | BYTES).fork()
      if (value !== of.zero) of.put(writer.uint32((1 << 3) | of.wireType), value as T)
      writer.ldelim()
    },
    read(reader) {
      const end = reader.uint32() + reader.pos
      let value = of.zero
      while (reader.pos < end) {
        const tag = reader.uint32()
        if (tag >>> 3 === 1) value = of.get(reader)
        else reader.skipType(tag & 7)
      }
      return value
    },
  }
}

/** A repeated message. */
export function listOf<T>(id: number, type: Message<T>): Field<T[]> {
  const one = ref(id, type)
  return {
    id,
    absent: () => [],
    write(writer, values) {
      for (const value of values as readonly Input<T>[]) one.write(writer, value)
    },
    read(reader, wireType, sofar) {
      const values = sofar as T[]
      values.push(one.read(reader, wireType, undefined) as T)
      return values
    },
  }
}

/** A repeated scalar; numbers travel packed, as proto3 has them, and are read either way. */
export function list<T>(id: number, inner: ScalarBuilder<T>): Field<T[]> {
  const { of } = inner
  return {
    id,
    absent: () => [],
    write(writer, input) {
      const values = input as readonly T[]
      if (values.length === 0) return
      if (of.wireType === BYTES) {
        for (const value of values) of.put(writer.uint32((id << 3) | BYTES), value)
        return
      }
      writer.uint32((id << 3) | BYTES).fork()
      for (const value of values) of.put(writer, value)
      writer.ldelim()
    },
    read(reader, wireType, sofar) {
      const values = sofar as T[]
      if (wireType !== BYTES || of.wireType === BYTES) values.push(of.get(reader))
      else for (const end = reader.uint32() + reader.pos; reader.pos < end; ) values.push(of.get(reader))
      return values
    },
  }
}

/** A map from strings to strings. */
export function map(id: number): Field<Record<string, string>> {
  const entry = message({ key: string(1), value: string(2) })
  const one = ref(id, entry)
  return {
    id,
    absent: () => ({}),
    write(writer, values) {
      for (const [key, value] of Object.entries(values as Record<string, string>)) one.write(writer, { key, value })
    },
    read(reader, wireType, sofar) {
      const { key, value } = one.read(reader, wireType, undefined)!
      const values = sofar as Record<string, string>
      values[key] = value
      return values
    },
  }
}

/** States a message by its fields. */
export function message<F extends Fields>(fields: F): Message<FieldValues<F>> {
  const byName = Object.entries(fields)
  const byId = new Map(byName.map(([name, field]) => [field.id, [name, field] as const]))
  const type: Message<FieldValues<F>> = {
    write(writer, value) {
      const values = value as Record<string, unknown>
      for (const [name, field] of byName) {
        const given = values[name]
        if (given !== undefined && given !== null) field.write(writer, given)
      }
    },
    read(reader, end) {
      const out: Record<string, unknown> = {}
      for (const [name, field] of byName) out[name] = field.absent()
      while (reader.pos < end) {
        const tag = reader.uint32()
        const known = byId.get(tag >>> 3)
        if (known) out[known[0]] = known[1].read(reader, tag & 7, out[known[0]])
        else reader.skipType(tag & 7)
      }
      return out as FieldValues<F>
    },
    encode(value) {
      const writer = protobuf.Writer.create()
      type.write(writer, value)
      return Buffer.from(writer.finish())
    },
    decode: data => type.read(protobuf.Reader.create(data), data.length),
  }
  return type
}
