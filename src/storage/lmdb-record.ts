import type { Change, ChangeFields } from './change.ts'

/**
 * How changes lie in LMDB. Everything about a change but its value is in the record's key, so opening a store reads keys
 * only: tag, modRevision, order, createRevision, version, value size, value CRC-32, then the store's key in UTF-8. The
 * first two fields sort records into log order.
 */
const LOG_TAG = 1
const HEADER_BYTES = 31

/** Layout of records; a store of another layout is refused. */
export const META_FORMAT = 1

/** Sorts before all records of the log. */
export const META_KEY = Buffer.from('\0meta')
export const LOG_START = Buffer.from([LOG_TAG])
export const LOG_END = Buffer.from([LOG_TAG + 1])

export function encodeRecordKey(change: Change): Buffer {
  const { key } = change
  const length = Buffer.byteLength(key)
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + length)
  bytes[0] = LOG_TAG
  bytes.writeUIntBE(change.modRevision, 1, 6)
  bytes.writeUInt32BE(change.order, 7)
  bytes.writeUIntBE(change.createRevision, 11, 6)
  bytes.writeUIntBE(change.version, 17, 6)
  bytes.writeUInt32BE(change.size, 23)
  bytes.writeInt32BE(change.checksum, 27)
  bytes.write(key, HEADER_BYTES, length === key.length ? 'latin1' : 'utf8')
  return bytes
}

/** The change a record key tells of, without its value; undefined when the bytes are no such key. */
export function decodeRecordKey(record: Uint8Array): (ChangeFields & { key: string }) | undefined {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength)
  if (bytes.length <= HEADER_BYTES || bytes[0] !== LOG_TAG) return undefined
  return {
    key: bytes.toString('utf8', HEADER_BYTES),
    modRevision: bytes.readUIntBE(1, 6),
    order: bytes.readUInt32BE(7),
    createRevision: bytes.readUIntBE(11, 6),
    version: bytes.readUIntBE(17, 6),
    size: bytes.readUInt32BE(23),
    checksum: bytes.readInt32BE(27),
    value: undefined,
  }
}

/** The lowest key that a record of `revision` or later can have. */
export function firstRecordKey(revision: number): Buffer {
  const bytes = Buffer.alloc(7)
  bytes[0] = LOG_TAG
  bytes.writeUIntBE(revision, 1, 6)
  return bytes
}

export function encodeMeta(compactedRevision: number): Buffer {
  return Buffer.from(JSON.stringify({ format: META_FORMAT, compactedRevision }))
}

/** undefined when the bytes are none of ours. */
export function decodeMeta(bytes: Uint8Array): { format: number; compactedRevision: number } | undefined {
  try {
    const meta = JSON.parse(Buffer.from(bytes).toString())
    return typeof meta.format === 'number' && typeof meta.compactedRevision === 'number' ? meta : undefined
  } catch {
    return undefined
  }
}
