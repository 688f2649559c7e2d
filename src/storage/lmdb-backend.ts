import { statfs } from 'node:fs/promises'
import { constants } from 'node:os'
import { crc32 } from 'node:zlib'
import type { Database } from 'lmdb'
import type { Backend, Commit } from './backend.ts'
import type { Change } from './change.ts'
import { encodeMeta, encodeRecordKey, firstRecordKey, LOG_END, META_KEY } from './lmdb-record.ts'
import type { Lock } from './lock.ts'
import { RecentValues } from './recent-values.ts'
import { StoreCorruptError, StoreUnavailableError } from './store.ts'

const RECENT_BYTES = 8 << 20
/** Free space that LMDB cannot do anything with. */
const FULL_BELOW_BYTES = 1 << 20
const NO_BYTES = new Uint8Array(0)

interface LmdbBackendOptions {
  path: string
  database: Database<Uint8Array, Uint8Array>
  lock: Lock
  /** The newest revision in the database. */
  revision: number
}

/** Changes as records of one LMDB database, opened so that a commit resolves when it is synced. */
export class LmdbBackend implements Backend {
  readonly #path: string
  readonly #database: Database<Uint8Array, Uint8Array>
  readonly #lock: Lock
  readonly #recent = new RecentValues(RECENT_BYTES)
  #revision: number
  /** A commit failed in a way that may have left records of it behind. */
  #leftovers = false

  constructor({ path, database, lock, revision }: LmdbBackendOptions) {
    this.#path = path
    this.#database = database
    this.#lock = lock
    this.#revision = revision
  }

  async commit(commit: Commit): Promise<void> {
    try {
      if (this.#leftovers) await this.#removeLeftovers()
      await this.#write(commit)
    } catch (error) {
      this.#leftovers = true
      throw await this.#unavailable(error)
    }
    this.#revision = commit.changes.at(-1)?.modRevision ?? this.#revision
    for (const change of commit.changes) if (change.value) this.#recent.add(change)
  }

  read(change: Change): Uint8Array {
    if (change.value) return change.value
    if (change.size === 0) return NO_BYTES
    const value = this.#database.getBinary(encodeRecordKey(change))
    if (value?.byteLength !== change.size || this.checksum(value) !== change.checksum) {
      throw new StoreCorruptError(
        `the store in ${this.#path} is damaged: the value of ${change.key} at revision ${change.modRevision} cannot be read`,
      )
    }
    return value
  }

  checksum(value: Uint8Array): number {
    return crc32(value) | 0
  }

  async close(): Promise<void> {
    await this.#database.close()
    await this.#lock.release()
  }

  async #write({ changes, removals, compactedRevision }: Commit): Promise<void> {
    const database = this.#database
    const results: Promise<boolean>[] = []
    const committed = database.batch(() => {
      for (const change of removals) database.remove(encodeRecordKey(change))
      if (compactedRevision) database.put(META_KEY, encodeMeta(compactedRevision))
      for (const change of changes) results.push(append(database, encodeRecordKey(change), change.value ?? NO_BYTES))
    })
    results.push(committed)
    if ((await Promise.all(results)).includes(false)) throw new Error('a record sorts before the end of the log')
  }

  async #removeLeftovers(): Promise<void> {
    const database = this.#database
    database.resetReadTxn()
    const range = { start: firstRecordKey(this.#revision + 1), end: LOG_END }
    const keys = [...database.getKeys(range)]
    if (keys.length > 0) {
      await database.batch(() => {
        for (const key of keys) database.remove(key)
      })
    }
    this.#leftovers = false
  }

  async #unavailable(error: unknown): Promise<StoreUnavailableError> {
    const cause = await commitError(error)
    const reason = (await this.#diskIsFull(cause))
      ? `the disk is full. Free some space; writes work again as soon as there is room`
      : cause instanceof Error
        ? cause.message
        : String(cause)
    return new StoreUnavailableError(`the store in ${this.#path} could not write: ${reason}`, { cause })
  }

  /** ENOSPC and EDQUOT say so. A write cut short by a full disk is an EIO to LMDB: then the file system has to tell. */
  async #diskIsFull(error: unknown): Promise<boolean> {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === constants.errno.ENOSPC || code === constants.errno.EDQUOT) return true
    if (code !== constants.errno.EIO) return false
    const { bavail, bsize } = await statfs(this.#path)
    return bavail * bsize < FULL_BELOW_BYTES
  }
}

/** Appends in key order, which fills pages to the brim. The promise yields false when the key does not sort last. */
function append(database: Database<Uint8Array, Uint8Array>, key: Uint8Array, value: Uint8Array): Promise<boolean> {
  // The types lack this form of put.
  const put = database.put as unknown as (key: Uint8Array, value: Uint8Array, options: object) => Promise<boolean>
  return put.call(database, key, value, { append: true })
}

/** lmdb rejects with a general error that holds a promise, itself rejecting, of the error the system gave. */
async function commitError(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return error
  try {
    await error.commitError
    return error
  } catch (cause) {
    return cause
  }
}
