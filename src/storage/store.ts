/**
 * The store: keys, bytes and revisions, in etcd v3's model. Every transaction that changes something gets the next
 * revision; every revision is kept until compaction, so a reader can ask for the past exactly and a watcher can start
 * from any kept revision. The store knows nothing of kinds.
 *
 * Keys are well-formed strings of 1 to 1,900 UTF-8 bytes, ordered as strings compare (for Kubernetes' keys that is byte
 * order). Bytes handed in and out are shared, not copied: nobody may change them afterwards.
 */
export interface Store {
  /** The newest acknowledged revision (1 for an empty store). */
  readonly revision: number
  /** Revisions below this one can no longer be read or watched. */
  readonly compactedRevision: number

  /** One key, now or as it was at `revision`. Throws CompactedError / FutureRevisionError. */
  get(key: string, options?: { revision?: number }): Promise<GetResult>

  /** Keys in [start, end) in byte order, now or as they were at `revision`. `end` from `prefixEnd(start)` is a prefix. */
  range(start: string, end: string, options?: RangeOptions): Promise<RangeResult>

  /**
   * Applies `operations` at one new revision if every comparison holds against the newest state (acknowledged or not).
   * Resolves once the change is durable; writers that arrive together share one commit. With a failed comparison nothing
   * changes, and the current values of the compared keys come back, once the state they were judged by is durable.
   * The revision is assigned synchronously, before the call returns, so operations may be functions of it. Deleting what
   * is not there changes nothing, and a transaction that changes nothing takes no revision.
   * Rejects with StoreUnavailableError when the disk cannot take it; no part of it is kept then.
   */
  txn(comparisons: readonly Comparison[], operations: readonly Operation[]): Promise<TxnResult>

  /**
   * Every change to keys in [start, end) from revision `from` on (inclusive), in revision order, each exactly once, first
   * the kept past, then live. A batch holds all of a revision's matching events together and may hold several revisions;
   * batches with no events report progress (`revision` has passed). Delivered only after the change is durable.
   * A watcher holds a place in the store's log, not a queue: a slow one costs nothing, and fails with CompactedError if
   * compaction overtakes it, as one does that starts below compactedRevision. A `from` in the future waits for it.
   * Ends when the signal aborts or the store closes.
   */
  watch(start: string, end: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch>

  /**
   * Calls `listener` synchronously for every revision as it becomes durable, in order and before its transaction
   * resolves: the watch cache's feed. The listener must not throw. Returns unsubscribe.
   */
  subscribe(listener: (batch: WatchBatch) => void): () => void

  /**
   * Forgets what was overwritten or deleted before `revision`; the state at `revision` and all changes since stay.
   * Throws CompactedError / FutureRevisionError when `revision` is already compacted or not reached yet.
   */
  compact(revision: number): Promise<void>

  /** Bytes of values and keys kept in all kept revisions, for metrics. */
  size(): number

  /** Waits for the transactions under way, then ends all watches. */
  close(): Promise<void>
}

export interface KeyValue {
  key: string
  value: Uint8Array
  /** Revision at which this key was created (this time round). */
  createRevision: number
  /** Revision of the newest change. */
  modRevision: number
  /** 1 at creation, one more with each change. */
  version: number
}

export interface GetResult {
  kv?: KeyValue
  /** The store's revision at the time of the read. */
  revision: number
}

export interface RangeOptions {
  limit?: number
  revision?: number
}

export interface RangeResult {
  kvs: KeyValue[]
  revision: number
  /** Whether the limit cut the answer. */
  more: boolean
  /** Number of keys in the range, without the limit. */
  count: number
}

/** Holds when the key's newest modRevision equals `modRevision` (0: the key does not exist). */
export interface Comparison {
  key: string
  modRevision: number
}

export type Operation =
  | { type: 'put'; key: string; value: Uint8Array | ((revision: number) => Uint8Array) }
  | { type: 'delete'; key: string }

export type TxnResult =
  | { succeeded: true; revision: number }
  /** `current` holds the compared keys' newest values, undefined where absent. */
  | { succeeded: false; revision: number; current: (KeyValue | undefined)[] }

export interface WatchEvent {
  type: 'put' | 'delete'
  /** For a delete: the key with modRevision of the deletion, an empty value, createRevision and version 0. */
  kv: KeyValue
  /** The value just before, when there was one that compaction has not removed. Read when asked for. */
  previous?: KeyValue
}

export interface WatchBatch {
  /** All events up to and including this revision have been delivered. */
  revision: number
  events: WatchEvent[]
}

/** The asked revision has been compacted away (etcd: "required revision has been compacted"). */
export class CompactedError extends Error {
  readonly compactedRevision: number
  constructor(compactedRevision: number) {
    super('mvcc: required revision has been compacted')
    this.name = 'CompactedError'
    this.compactedRevision = compactedRevision
  }
}

/** The asked revision is newer than the store (etcd: "required revision is a future revision"). */
export class FutureRevisionError extends Error {
  readonly revision: number
  constructor(revision: number) {
    super('mvcc: required revision is a future revision')
    this.name = 'FutureRevisionError'
    this.revision = revision
  }
}

/** The disk cannot take the write; nothing of the transaction was kept. */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreUnavailableError'
  }
}

/** Another running process holds the store. */
export class StoreLockedError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StoreLockedError'
  }
}

/** What is on disk is not a store, or has been damaged. */
export class StoreCorruptError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreCorruptError'
  }
}

/** The end of the range of all keys that begin with `prefix`. */
export function prefixEnd(prefix: string): string {
  return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`
}
