import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import { LmdbBackend } from './lmdb-backend.ts'
import { checkLmdbFile } from './lmdb-file.ts'
import { decodeMeta, decodeRecordKey, encodeMeta, LOG_END, LOG_START, META_FORMAT, META_KEY } from './lmdb-record.ts'
import { acquireLock } from './lock.ts'
import { MvccIndex } from './mvcc-index.ts'
import { type MvccState, MvccStore } from './mvcc-store.ts'
import { type Store, StoreCorruptError } from './store.ts'

/** Address space, not disk: LMDB maps the file as it grows into it. */
const MAP_BYTES = 2 ** 40

interface LmdbStoreOptions {
  /** Directory of the store; made when missing. */
  path: string
}

/**
 * The store in a directory on this machine. Every acknowledged transaction has been synced to disk (fdatasync of the data,
 * then a synchronous write of the page that makes it count). Throws StoreLockedError when another process has it open and
 * StoreCorruptError when what is there cannot be read.
 */
export async function openLmdbStore({ path }: LmdbStoreOptions): Promise<Store> {
  await mkdir(path, { recursive: true })
  const lock = await acquireLock(join(path, 'store.lock'), `the store in ${path}`)
  try {
    checkLmdbFile(join(path, 'data.mdb'))
    const database = openDatabase(path)
    try {
      const state = await load(database, path)
      return new MvccStore(new LmdbBackend({ path, database, lock, revision: state.revision }), state)
    } catch (error) {
      await database.close()
      throw error
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

function openDatabase(path: string): RootDatabase<Uint8Array, Uint8Array> {
  try {
    return open<Uint8Array, Uint8Array>({
      path,
      noSubdir: false,
      keyEncoding: 'binary',
      encoding: 'binary',
      // A commit's promise then means that it is synced, not just visible.
      overlappingSync: false,
      // We batch ourselves, and lmdb's own batches make a promise that nobody could catch when a commit fails.
      eventTurnBatching: false,
      mapSize: MAP_BYTES,
      maxDbs: 1,
    })
  } catch (error) {
    throw new StoreCorruptError(`the store in ${path} cannot be opened: ${message(error)}`, { cause: error })
  }
}

async function load(database: Database<Uint8Array, Uint8Array>, path: string): Promise<MvccState> {
  const compactedRevision = await readMeta(database, path)
  const index = new MvccIndex()
  let revision = Math.max(1, compactedRevision)
  try {
    for (const record of database.getKeys({ start: LOG_START, end: LOG_END })) {
      const fields = decodeRecordKey(record)
      if (!fields || fields.modRevision < 2) throw new Error('a record is malformed')
      index.append(fields.key, fields, fields.modRevision >= compactedRevision)
      revision = Math.max(revision, fields.modRevision)
    }
  } catch (error) {
    throw new StoreCorruptError(`the store in ${path} is damaged: ${message(error)}`, { cause: error })
  }
  return { index, revision, compactedRevision }
}

/** The compacted revision. Marks an empty database as a store of ours. */
async function readMeta(database: Database<Uint8Array, Uint8Array>, path: string): Promise<number> {
  const bytes = database.getBinary(META_KEY)
  if (!bytes) {
    if (database.getKeysCount({ limit: 1 }) > 0) throw new StoreCorruptError(`the database in ${path} is not a store`)
    await database.put(META_KEY, encodeMeta(0))
    return 0
  }
  const meta = decodeMeta(bytes)
  if (!meta) throw new StoreCorruptError(`the store in ${path} is damaged: its header cannot be read`)
  if (meta.format !== META_FORMAT) {
    throw new StoreCorruptError(
      `the store in ${path} has format ${meta.format}, this program reads format ${META_FORMAT}`,
    )
  }
  return meta.compactedRevision
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
