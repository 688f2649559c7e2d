import { deepEqual } from '../../apimachinery/json.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { isConfigMapKey } from '../../apimachinery/validation/names.ts'
import type { ConfigMap } from './configmap.ts'

/** A ConfigMap and a Secret may hold a megabyte. */
export const MAX_DATA_BYTES = 1024 * 1024

/** How many bytes base64 stands for. */
export const bytesIn = (base64: string): number => Buffer.byteLength(base64, 'base64')

export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap, at: At): void {
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    const place = at.child('data').key(key)
    place.invalidEach(key, isConfigMapKey(key))
    if (Object.hasOwn(binaryData, key)) place.invalid(key, 'duplicate of key present in binaryData')
    size += Buffer.byteLength(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    at.child('binaryData').key(key).invalidEach(key, isConfigMapKey(key))
    size += bytesIn(value)
  }
  if (size > MAX_DATA_BYTES) at.tooLong(MAX_DATA_BYTES)
}

interface Freezable {
  readonly immutable?: boolean
  readonly data?: unknown
  readonly binaryData?: unknown
}

/** Once immutable, a ConfigMap or Secret keeps its data and stays immutable. */
export function validateDataUpdate(
  object: Freezable,
  old: Freezable,
  fields: readonly ('data' | 'binaryData')[],
  at: At,
): void {
  if (!old.immutable) return
  const detail = 'field is immutable when `immutable` is set'
  if (!object.immutable) at.child('immutable').forbidden(detail)
  for (const field of fields) {
    if (!deepEqual(object[field] ?? {}, old[field] ?? {})) at.child(field).forbidden(detail)
  }
}
