import BTreeModule from 'sorted-btree'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { prefixEnd, type Store, type WatchBatch } from '../../storage/store.ts'
import { requirePlain } from '../encryption/unreadable.ts'
import { Entry } from './entry.ts'

const BTree = BTreeModule.default ?? BTreeModule

/** One change of one object, made once and shared by all who watch. */
export interface CacheEvent<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** The new state; for DELETED the last state, at the revision of the deletion. */
  readonly entry: Entry<T>
  /** The state before, unless the object is new. */
  readonly previous: Entry<T> | undefined
  readonly revision: number
}

export type CacheListener<T extends KubeObject = KubeObject> = (event: CacheEvent<T>) => void

/**
 * Every object of one resource, in memory, as of the newest durable revision (upstream's storage/cacher). Reads never
 * touch the store; changes arrive through the store's feed, in revision order.
 */
export class Cacher<T extends KubeObject = KubeObject> {
  /** `/registry/pods/`; keys below are `namespace/name`, or the name alone. */
  readonly prefix: string
  readonly #end: string
  readonly #entries = new Map<string, Entry<T>>()
  readonly #order = new BTree<string, Entry<T>>()
  readonly #listeners = new Set<CacheListener<T>>()
  readonly #written = new Map<string, T>()
  #bytes = 0
  /** Revision of the newest change to this resource. */
  #lastChange = 0

  constructor(prefix: string) {
    this.prefix = prefix
    this.#end = prefixEnd(prefix)
  }

  /**
   * Fills the cache with what the store holds. Call once, before the feed is connected. Throws MachineError where a value
   * cannot be decrypted.
   */
  async load(store: Store): Promise<void> {
    const { kvs } = await store.range(this.prefix, this.#end)
    for (const kv of kvs) {
      requirePlain(kv.key, kv.value)
      const key = kv.key.slice(this.prefix.length)
      this.#set(key, new Entry<T>(key, kv.modRevision, kv.value))
    }
    this.#lastChange = store.revision
  }

  /** Bytes of all objects, as stored. */
  get bytes(): number {
    return this.#bytes
  }
  get size(): number {
    return this.#entries.size
  }
  get lastChange(): number {
    return this.#lastChange
  }

  get(key: string): Entry<T> | undefined {
    return this.#entries.get(key)
  }

  /** Entries whose key starts with `prefix`, in key order, from `start` on. */
  *scan(prefix: string, start = prefix): IterableIterator<Entry<T>> {
    for (const [key, entry] of this.#order.entries(start)) {
      if (!key.startsWith(prefix)) return
      yield entry
    }
  }

  /** All entries, in no particular order. */
  values(): IterableIterator<Entry<T>> {
    return this.#entries.values()
  }

  /** Calls `listener` for every change from now on; returns how to stop that. */
  listen(listener: CacheListener<T>): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Remembers the object being written under a key, so that the change's arrival needs no parsing. */
  expect(key: string, revision: number, object: T): void {
    this.#written.set(`${key}@${revision}`, object)
  }
  /** Forgets an expected object whose write failed. */
  unexpect(key: string, revision: number): void {
    this.#written.delete(`${key}@${revision}`)
  }

  /** Takes one change from the store's feed. */
  apply(event: WatchBatch['events'][number], revision: number): void {
    const change = this.toEvent(event, revision, this.#entries.get(event.kv.key.slice(this.prefix.length)))
    if (!change) return
    if (change.type === 'DELETED') {
      this.#bytes -= this.#entries.get(change.entry.key)?.stored.length ?? 0
      this.#entries.delete(change.entry.key)
      this.#order.delete(change.entry.key)
    } else this.#set(change.entry.key, change.entry)
    this.#lastChange = revision
    for (const listener of this.#listeners) listener(change)
  }

  /** A store event as a change of this resource; `known` spares decoding the previous value again. */
  toEvent(event: WatchBatch['events'][number], revision: number, known?: Entry<T>): CacheEvent<T> | undefined {
    const key = event.kv.key.slice(this.prefix.length)
    const before = event.previous
    const previous = known ?? (before && new Entry<T>(key, before.modRevision, before.value))
    if (event.type === 'put') {
      const written = this.#written.get(`${key}@${revision}`)
      if (written) this.#written.delete(`${key}@${revision}`)
      const entry = new Entry<T>(key, revision, event.kv.value, written)
      return { type: previous ? 'MODIFIED' : 'ADDED', entry, previous, revision }
    }
    if (!previous || !before) return undefined
    return { type: 'DELETED', entry: new Entry<T>(key, revision, before.value), previous, revision }
  }

  #set(key: string, entry: Entry<T>): void {
    this.#bytes += entry.stored.length - (this.#entries.get(key)?.stored.length ?? 0)
    this.#entries.set(key, entry)
    this.#order.set(key, entry)
  }
}
