import type { Backend } from './backend.ts'
import type { Change } from './change.ts'
import { GroupCommit } from './group-commit.ts'
import { MvccIndex } from './mvcc-index.ts'
import { Publisher } from './publisher.ts'
import {
  CompactedError,
  type Comparison,
  FutureRevisionError,
  type GetResult,
  type KeyValue,
  type Operation,
  type RangeOptions,
  type RangeResult,
  type Store,
  type TxnResult,
  type WatchBatch,
} from './store.ts'
import { watchLog } from './watch.ts'

const MAX_KEY_BYTES = 1900
/** Changes that compaction removes in one commit: few enough that writers hardly wait. */
const COMPACTION_CHUNK = 1000

/** What a store starts with when it is opened. */
export interface MvccState {
  index: MvccIndex
  /** The newest durable revision. */
  revision: number
  compactedRevision: number
}

/** A store with nothing in it. */
export function emptyState(): MvccState {
  return { index: new MvccIndex(), revision: 1, compactedRevision: 0 }
}

/** The store's logic over a backend that keeps bytes: comparisons, revisions, group commit, compaction, watches. */
export class MvccStore implements Store {
  readonly #backend: Backend
  readonly #index: MvccIndex
  readonly #commits: GroupCommit
  readonly #publisher: Publisher
  readonly #read: (change: Change) => Uint8Array
  #compactedRevision: number
  /** The end of the last compaction's clean-up, so that two never overlap. */
  #removing: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(backend: Backend, state: MvccState) {
    this.#backend = backend
    this.#index = state.index
    this.#compactedRevision = state.compactedRevision
    this.#read = change => backend.read(change)
    this.#publisher = new Publisher(state.index, state.revision, this.#read)
    this.#commits = new GroupCommit(backend, state.revision, {
      durable: revision => this.#publisher.publish(revision),
      failed: change => this.#index.undo(change),
    })
  }

  get revision(): number {
    return this.#commits.durable
  }

  get compactedRevision(): number {
    return this.#compactedRevision
  }

  async get(key: string, options: { revision?: number } = {}): Promise<GetResult> {
    const at = this.#readableRevision(options.revision)
    const change = this.#index.at(key, at)
    return { kv: change && this.#keyValue(change), revision: this.revision }
  }

  async range(start: string, end: string, options: RangeOptions = {}): Promise<RangeResult> {
    const at = this.#readableRevision(options.revision)
    const limit = options.limit || Number.POSITIVE_INFINITY
    const found: Change[] = []
    let count = 0
    this.#index.forRange(start, end, at, change => {
      if (count++ < limit) found.push(change)
    })
    return {
      kvs: found.map(change => this.#keyValue(change)),
      revision: this.revision,
      more: count > found.length,
      count,
    }
  }

  txn(comparisons: readonly Comparison[], operations: readonly Operation[]): Promise<TxnResult> {
    try {
      this.#assertOpen()
      for (const { key } of comparisons) assertKey(key)
      for (const { key } of operations) assertKey(key)
      if (operations.length > 1) assertDistinct(operations)
      return this.#apply(comparisons, operations)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  watch(start: string, end: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    const store = this
    const source = {
      index: this.#index,
      read: this.#read,
      get revision() {
        return store.revision
      },
      get compactedRevision() {
        return store.#compactedRevision
      },
      get closed() {
        return store.#closing !== undefined
      },
      onNext: (wake: () => void) => this.#publisher.onNext(wake),
      forgetNext: (wake: () => void) => this.#publisher.forgetNext(wake),
    }
    return watchLog(source, start, end, from, signal)
  }

  subscribe(listener: (batch: WatchBatch) => void): () => void {
    return this.#publisher.subscribe(listener)
  }

  async compact(revision: number): Promise<void> {
    this.#assertOpen()
    if (revision > this.revision) throw new FutureRevisionError(revision)
    if (revision <= this.#compactedRevision) throw new CompactedError(this.#compactedRevision)
    await this.#commits.add({ changes: [], removals: [], compactedRevision: revision })
    if (revision > this.#compactedRevision) {
      this.#compactedRevision = revision
      this.#index.trimLog(revision)
      this.#publisher.wake()
    }
    const removal = this.#removing.then(() => this.#removeObsolete())
    this.#removing = removal.catch(() => {})
    await removal
  }

  async #removeObsolete(): Promise<void> {
    while (!this.#closing) {
      const removals = this.#index.obsoleteBefore(this.#compactedRevision, COMPACTION_CHUNK)
      if (removals.length === 0) return
      await this.#commits.add({ changes: [], removals, compactedRevision: undefined })
      this.#index.forget(removals)
    }
  }

  size(): number {
    return this.#index.bytes
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#commits.idle()
    this.#publisher.close()
    await this.#backend.close()
  }

  #apply(comparisons: readonly Comparison[], operations: readonly Operation[]): Promise<TxnResult> {
    if (!comparisons.every(comparison => this.#holds(comparison))) return this.#refuse(comparisons)
    const revision = this.#commits.assigned + 1
    const puts = operations.map(operation =>
      operation.type === 'delete'
        ? undefined
        : typeof operation.value === 'function'
          ? operation.value(revision)
          : operation.value,
    )
    const changes: Change[] = []
    operations.forEach((operation, i) => {
      const value = puts[i]
      const { key } = operation
      if (value) changes.push(this.#index.put(key, revision, changes.length, value, this.#backend.checksum(value)))
      else if (this.#live(key)) changes.push(this.#index.delete(key, revision, changes.length))
    })
    if (changes.length === 0) {
      const judgedAt = this.#newestRevision([...comparisons, ...operations])
      return this.#commits
        .until(judgedAt)
        .then(() => ({ succeeded: true, revision: Math.max(judgedAt, this.revision) }))
    }
    return this.#commits
      .add({ changes, removals: [], compactedRevision: undefined })
      .then(() => ({ succeeded: true, revision }))
  }

  #refuse(comparisons: readonly Comparison[]): Promise<TxnResult> {
    const current = comparisons.map(({ key }) => {
      const change = this.#live(key)
      return change && this.#keyValue(change)
    })
    const revision = Math.max(this.revision, this.#newestRevision(comparisons))
    return this.#commits.until(revision).then(() => ({ succeeded: false, revision, current }))
  }

  #holds({ key, modRevision }: Comparison): boolean {
    return (this.#live(key)?.modRevision ?? 0) === modRevision
  }

  #live(key: string): Change | undefined {
    const newest = this.#index.newest(key)
    return newest?.deleted ? undefined : newest
  }

  /** Revision of the newest change, durable or not, of any of the keys. */
  #newestRevision(items: readonly { key: string }[]): number {
    return items.reduce((newest, { key }) => Math.max(newest, this.#index.newest(key)?.modRevision ?? 0), 0)
  }

  #keyValue(change: Change): KeyValue {
    return change.toKeyValue(this.#backend.read(change))
  }

  #readableRevision(asked: number | undefined): number {
    this.#assertOpen()
    if (!asked) return this.revision
    if (asked > this.revision) throw new FutureRevisionError(asked)
    if (asked < this.#compactedRevision) throw new CompactedError(this.#compactedRevision)
    return asked
  }

  #assertOpen(): void {
    if (this.#closing) throw new Error('the store is closed')
  }
}

function assertKey(key: string): void {
  if (key.length === 0) throw new RangeError('a key must not be empty')
  if (!key.isWellFormed()) throw new RangeError('a key must be well-formed Unicode')
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new RangeError(`a key must not be longer than ${MAX_KEY_BYTES} bytes: ${key.slice(0, 80)}…`)
  }
}

function assertDistinct(operations: readonly Operation[]): void {
  const keys = new Set(operations.map(operation => operation.key))
  if (keys.size < operations.length) throw new RangeError('a transaction must not change a key twice')
}
