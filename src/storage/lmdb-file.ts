import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { StoreCorruptError } from './store.ts'

/** LMDB's file format version 2 on 64-bit little-endian machines; offsets within a page. */
const META = { magic: 24, version: 28, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152, end: 168 }
const MAGIC = 0xbeefc0de
const VERSION = 2
const NO_PAGE = 0xffff_ffff_ffff_ffffn
const PAGE = { number: 0, flags: 18, lower: 20, header: 24 }
const PAGE_KIND = 0x0f
const BRANCH = 1
const LEAF = 2
const OVERFLOW = 4
const NODE = { low: 0, high: 2, flags: 4, keySize: 6, data: 8 }
const BIG_DATA = 1
const OVERFLOW_PAGES = 16

/**
 * Refuses a damaged LMDB file. LMDB maps its file and trusts it: a missing page kills the process (SIGBUS) and a page that
 * is none trips an assertion. So every page of its trees is looked at before LMDB sees the file: that it is there, is
 * what its parent takes it for, and that the overflow pages of large values are within the file. Damage within values is
 * not seen here; their checksums tell that. Throws StoreCorruptError. A missing or empty file is fine.
 */
export function checkLmdbFile(path: string): void {
  if (!existsSync(path)) return
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size > 0) new FileCheck(path, file, size).run()
  } finally {
    closeSync(file)
  }
}

class FileCheck {
  readonly #path: string
  readonly #file: number
  readonly #size: number
  #pageSize = META.end

  constructor(path: string, file: number, size: number) {
    this.#path = path
    this.#file = file
    this.#size = size
  }

  run(): void {
    const first = this.#page(0)
    this.#pageSize = first.readUInt32LE(META.pageSize)
    if (!isMeta(first) || this.#pageSize < 512 || this.#pageSize > 65536) {
      throw new StoreCorruptError(`${this.#path} is not a store, or its first page is damaged`)
    }
    const second = this.#page(1)
    if (!isMeta(second)) this.#damaged(1)
    const transaction = (meta: Buffer) => meta.readBigUInt64LE(META.transaction)
    const newest = transaction(second) > transaction(first) ? second : first
    this.#checkTree(newest.readBigUInt64LE(META.freeRoot))
    this.#checkTree(newest.readBigUInt64LE(META.mainRoot))
  }

  #checkTree(root: bigint): void {
    if (root !== NO_PAGE) this.#checkPage(Number(root))
  }

  #checkPage(number: number): void {
    const page = this.#page(number)
    const kind = page.readUInt16LE(PAGE.flags) & PAGE_KIND
    if (Number(page.readBigUInt64LE(PAGE.number)) !== number || (kind !== BRANCH && kind !== LEAF))
      this.#damaged(number)
    const nodes = page.readUInt16LE(PAGE.lower) >> 1
    try {
      for (let i = 0; i < nodes; i++) {
        const node = page.subarray(PAGE.header + page.readUInt16LE(PAGE.header + 2 * i))
        if (kind === BRANCH) this.#checkPage(childPage(node))
        else if (node.readUInt16LE(NODE.flags) & BIG_DATA) this.#checkOverflow(node)
      }
    } catch (error) {
      throw error instanceof RangeError ? this.#damaged(number) : error
    }
  }

  #checkOverflow(node: Buffer): void {
    const at = NODE.data + node.readUInt16LE(NODE.keySize)
    const number = Number(node.readBigUInt64LE(at))
    const pages = Number(node.readBigUInt64LE(at + OVERFLOW_PAGES))
    const page = this.#page(number, PAGE.header)
    const kind = page.readUInt16LE(PAGE.flags) & PAGE_KIND
    if (Number(page.readBigUInt64LE(PAGE.number)) !== number || kind !== OVERFLOW) this.#damaged(number)
    if ((number + pages) * this.#pageSize > this.#size) this.#short()
  }

  #page(number: number, length = this.#pageSize): Buffer {
    const page = Buffer.allocUnsafe(length)
    if (readSync(this.#file, page, 0, length, number * this.#pageSize) < length) this.#short()
    return page
  }

  #short(): never {
    throw new StoreCorruptError(
      `${this.#path} has been cut short: it ends after ${this.#size} bytes, its data does not`,
    )
  }

  #damaged(number: number): never {
    throw new StoreCorruptError(`${this.#path} is damaged in page ${number}, at byte ${number * this.#pageSize}`)
  }
}

function isMeta(page: Buffer): boolean {
  return page.readUInt32LE(META.magic) === MAGIC && page.readUInt32LE(META.version) === VERSION
}

function childPage(node: Buffer): number {
  return node.readUInt32LE(NODE.low) + node.readUInt16LE(NODE.flags) * 2 ** 32
}
