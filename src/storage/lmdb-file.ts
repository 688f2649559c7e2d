import { open } from 'node:fs/promises'
import { StoreCorruptError } from './store.ts'

/** Layout of the two meta pages at the start of an LMDB file (format version 2, 64-bit little-endian). */
const META = { magic: 24, version: 28, pageSize: 48, mainRoot: 136, lastPage: 144, end: 168 }
const MAGIC = 0xbeefc0de
const VERSION = 2
const NO_PAGE = 0xffff_ffff_ffff_ffffn

/**
 * Refuses an LMDB file that mapping would crash on. A file shorter than its last page (which LMDB may leave after a
 * transaction that freed what it had taken, and truncation always does) is filled up with a hole, so that a missing page
 * reads as zeros, which LMDB and the checksums report, instead of killing the process. A missing or empty file is fine.
 */
export async function checkLmdbFile(path: string): Promise<void> {
  const file = await open(path, 'r+').catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return
  try {
    const { size } = await file.stat()
    if (size === 0) return
    const first = Buffer.alloc(META.end)
    await file.read(first, 0, META.end, 0)
    const pageSize = first.readUInt32LE(META.pageSize)
    const valid = isMeta(first) && pageSize >= 512 && pageSize <= 65536
    if (!valid) throw new StoreCorruptError(`${path} is not a store, or its first page is damaged`)
    const second = Buffer.alloc(META.end)
    await file.read(second, 0, META.end, pageSize)
    const metas = [first, second].filter(isMeta)
    const roots = metas.map(meta => meta.readBigUInt64LE(META.mainRoot)).filter(root => root !== NO_PAGE)
    if (roots.length > 0 && roots.every(root => (Number(root) + 1) * pageSize > size)) {
      throw new StoreCorruptError(`${path} has been cut short: it ends after ${size} bytes, before its first record`)
    }
    const wanted = Math.max(...metas.map(meta => Number(meta.readBigUInt64LE(META.lastPage)) + 1)) * pageSize
    if (size < wanted) await file.truncate(wanted)
  } finally {
    await file.close()
  }
}

function isMeta(page: Buffer): boolean {
  return page.readUInt32LE(META.magic) === MAGIC && page.readUInt32LE(META.version) === VERSION
}
