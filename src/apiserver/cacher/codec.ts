import { deepFreeze } from '../../apimachinery/json.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'

/**
 * How objects lie in the store: JSON without metadata.resourceVersion, which is the revision they were written at and not
 * known before. Four bytes ahead of the JSON say where it has to be inserted, so that adding it needs no parsing.
 */
const SENTINEL = '"resourceVersion":"\\u0001"'
const HEADER_BYTES = 4
const COMMA = 0x2c

/** Encodes an object for the store. */
export function encodeStored(object: KubeObject): Uint8Array {
  const { name, generateName, namespace, selfLink, uid, resourceVersion: _, ...rest } = object.metadata
  const metadata = { name, generateName, namespace, selfLink, uid, resourceVersion: '\u0001', ...rest }
  const { kind, apiVersion, metadata: __, ...body } = object
  const text = JSON.stringify({ kind, apiVersion, metadata, ...body })
  const at = text.indexOf(SENTINEL)
  const head = text.slice(0, at)
  const tail = text.slice(at + SENTINEL.length)
  const headBytes = Buffer.byteLength(head)
  const out = Buffer.allocUnsafe(HEADER_BYTES + headBytes + Buffer.byteLength(tail))
  out.writeUInt32BE(headBytes, 0)
  out.write(head, HEADER_BYTES)
  out.write(tail, HEADER_BYTES + headBytes)
  return out
}

/** The JSON bytes a client gets: the stored ones with the resourceVersion put in, or without one. */
export function withRevision(stored: Uint8Array, revision: number | undefined): Buffer {
  const split = HEADER_BYTES + Buffer.from(stored.buffer, stored.byteOffset, HEADER_BYTES).readUInt32BE(0)
  if (revision === undefined) {
    // A comma goes with what stood between the two: the one behind it, or, where nothing follows, the one before.
    const follows = stored[split] === COMMA
    const before = follows || stored[split - 1] !== COMMA ? split : split - 1
    return Buffer.concat([stored.subarray(HEADER_BYTES, before), stored.subarray(follows ? split + 1 : split)])
  }
  const inserted = `"resourceVersion":"${revision}"`
  const out = Buffer.allocUnsafe(stored.length - HEADER_BYTES + inserted.length)
  out.set(stored.subarray(HEADER_BYTES, split), 0)
  out.write(inserted, split - HEADER_BYTES, 'latin1')
  out.set(stored.subarray(split), split - HEADER_BYTES + inserted.length)
  return out
}

/** The frozen object of some stored bytes. */
export function decodeStored<T extends KubeObject>(bytes: Buffer): T {
  return deepFreeze(JSON.parse(bytes.toString('utf8')) as T)
}
