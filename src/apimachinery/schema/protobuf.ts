import protobuf from 'protobufjs/minimal.js'
import { listMeta } from '../meta/object-meta.ts'
import { status } from '../meta/status.ts'
import { decode } from './decode.ts'
import type { Kind, KubeObject } from './kind.ts'
import { decodeMessage, encodeMessage } from './protobuf-codec.ts'
import { list, type Message, message, ref, string } from './types.ts'

/** What every protobuf object begins with (apimachinery runtime/serializer/protobuf). */
const MAGIC = Buffer.from('k8s\0')

const typeMeta = message('k8s.io.apimachinery.pkg.runtime.TypeMeta', { apiVersion: string(1), kind: string(2) })
const unknown = message('k8s.io.apimachinery.pkg.runtime.Unknown', { typeMeta: ref(1, typeMeta) })

const lists = new WeakMap<Kind, Message>()

/** The list message of a kind: metadata and items. */
function listMessage(kind: Kind): Message {
  let known = lists.get(kind)
  if (!known) {
    known = message(`${kind.message.name}List`, {
      metadata: ref(1, listMeta).always(),
      items: list(2, kind.message),
    }) as unknown as Message
    lists.set(kind, known)
  }
  return known
}

/** An object or a list of a kind (told by `items`) in the protobuf envelope. */
export function encodeProtobuf(
  kind: Kind,
  value: KubeObject | { metadata: object; items: readonly KubeObject[] },
): Buffer {
  if ('items' in value) return envelope(kind.apiVersion, `${kind.kind}List`, encodeMessage(listMessage(kind), value))
  return envelope(kind.apiVersion, kind.kind, encodeMessage(kind.message, value))
}

function envelope(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  const writer = protobuf.Writer.create()
  writer.uint32(10).bytes(encodeMessage(typeMeta, { apiVersion, kind }))
  writer.uint32(18).bytes(raw)
  writer.uint32(26).string('')
  writer.uint32(34).string('')
  return Buffer.concat([MAGIC, writer.finish()])
}

/** The JSON form of an enveloped object; it still has to be decoded by its schema. Throws Error for malformed bytes. */
export function decodeProtobuf(kind: Kind, bytes: Uint8Array): object {
  const { apiVersion, kind: name, raw } = openEnvelope(bytes)
  const fields = decodeMessage(kind.message, raw)
  return { ...fields, ...(apiVersion && { apiVersion }), ...(name && { kind: name }) }
}

/** The fields of an enveloped message that is no kind, as DeleteOptions. Throws Error for malformed bytes. */
export function decodeProtobufMessage(type: Message, bytes: Uint8Array): object {
  return decodeMessage(type, openEnvelope(bytes).raw)
}

function openEnvelope(bytes: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length)))
    throw new Error(
      bytes.length === 0
        ? 'empty data'
        : `provided data does not appear to be a protobuf message, expected prefix [${MAGIC.join(' ')}]`,
    )
  if (bytes.length === MAGIC.length) throw new Error('empty body')
  const reader = protobuf.Reader.create(bytes.subarray(MAGIC.length))
  let type: { apiVersion?: string; kind?: string } = {}
  let raw: Uint8Array = new Uint8Array()
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1)
      type = decode(
        unknown.fields.typeMeta!.type,
        decodeMessage(typeMeta as unknown as Message, reader.bytes()),
      ) as typeof type
    else if (tag >>> 3 === 2) raw = reader.bytes()
    else reader.skipType(tag & 7)
  }
  return { apiVersion: type.apiVersion ?? '', kind: type.kind ?? '', raw }
}

/** One frame of a protobuf watch: four bytes of length, then the event. Without a kind the object is a Status. */
export function encodeProtobufWatchEvent(type: string, kind: Kind | undefined, object: KubeObject): Buffer {
  const raw = kind
    ? encodeProtobuf(kind, object)
    : envelope('v1', 'Status', encodeMessage(status as unknown as Message, object))
  const inner = protobuf.Writer.create().uint32(10).bytes(raw).finish()
  const event = protobuf.Writer.create().uint32(10).string(type).uint32(18).bytes(inner).finish()
  const frame = Buffer.allocUnsafe(4 + event.length)
  frame.writeUInt32BE(event.length, 0)
  frame.set(event, 4)
  return frame
}
