import { serviceUnavailable } from '../../apimachinery/errors.ts'
import { deepFreeze } from '../../apimachinery/json.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { StoreUnavailableError, type TxnResult } from '../../storage/store.ts'
import { encodeStored } from '../cacher/codec.ts'
import { Entry } from '../cacher/entry.ts'
import type { Resource } from './resource.ts'
import { checkSize } from './size-limit.ts'

/** The outcome of a conditional write: the new entry, or what stands there instead. */
export type WriteResult<T extends KubeObject> =
  | { written: true; entry: Entry<T> }
  | { written: false; current: Entry<T> | undefined }

/**
 * Puts `object` under its key if the key still is at `expected` (0: absent). Resolves once it is on disk. Freezes the
 * object and gives it its resourceVersion.
 */
export async function put<T extends KubeObject>(
  resource: Resource<T>,
  key: string,
  expected: number,
  object: T,
): Promise<WriteResult<T>> {
  const stored = await storedForm(resource, object)
  let entry: Entry<T> | undefined
  const value = (revision: number) => {
    stored.metadata.resourceVersion = String(revision)
    const bytes = encodeStored(stored)
    checkSize(resource.storedKind as unknown as Kind, stored, bytes.length)
    entry = new Entry<T>(key, revision, bytes, deepFreeze(stored))
    resource.cacher.expect(key, revision, stored)
    return bytes
  }
  const storeKey = resource.cacher.prefix + key
  const result = await commit(() =>
    resource.deps.store.txn([{ key: storeKey, modRevision: expected }], [{ type: 'put', key: storeKey, value }]),
  ).catch(error => {
    if (entry) resource.cacher.unexpect(key, entry.revision)
    throw error
  })
  if (result.succeeded) {
    const cached = resource.cacher.get(key)
    const written = cached?.revision === entry!.revision ? cached : entry!
    await resource.ready([written])
    return { written: true, entry: written }
  }
  return { written: false, current: currentOf(resource, key, result) }
}

/** What lies in the store for an object of this resource. */
async function storedForm<T extends KubeObject>({ conversion }: Resource<T>, object: T): Promise<T> {
  return (conversion ? await conversion.toStored(object) : object) as T
}

/** The entry of an object that is not written, as the answer to a dry run; `revision` is undefined for a new one. */
export async function unwritten<T extends KubeObject>(
  resource: Resource<T>,
  key: string,
  revision: number | undefined,
  object: T,
): Promise<Entry<T>> {
  const entry = new Entry<T>(key, revision, encodeStored(await storedForm(resource, object)))
  await resource.ready([entry])
  return entry
}

/** Removes the key if it still is at `expected`. The entry that comes back is the last state, at the deletion's revision. */
export async function remove<T extends KubeObject>(
  resource: Resource<T>,
  key: string,
  expected: number,
): Promise<WriteResult<T>> {
  const storeKey = resource.cacher.prefix + key
  const last = resource.cacher.get(key)
  const result = await commit(() =>
    resource.deps.store.txn([{ key: storeKey, modRevision: expected }], [{ type: 'delete', key: storeKey }]),
  )
  if (!result.succeeded) return { written: false, current: currentOf(resource, key, result) }
  return { written: true, entry: last! }
}

function currentOf<T extends KubeObject>(
  resource: Resource<T>,
  key: string,
  result: Extract<TxnResult, { succeeded: false }>,
): Entry<T> | undefined {
  const kv = result.current[0]
  if (!kv) return undefined
  const cached = resource.cacher.get(key)
  return cached?.revision === kv.modRevision ? cached : new Entry<T>(key, kv.modRevision, kv.value)
}

async function commit(run: () => Promise<TxnResult>): Promise<TxnResult> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw serviceUnavailable(error.message)
    throw error
  }
}
