import type { Store, WatchBatch } from '../../storage/store.ts'
import type { Cacher } from './cacher.ts'

/** Where all resources live in the store, as upstream lays them out. */
export const REGISTRY = '/registry/'

/** Brings the store's changes to the caches: one subscription, one look-up per change. */
export class CacheFeed {
  readonly #caches = new Map<string, Cacher>()
  readonly #store: Store
  readonly #joining = new Map<string, WatchBatch['events'][number][]>()
  readonly #afterBatch = new Set<(revision: number) => void>()
  #revision = 0

  constructor(store: Store) {
    this.#store = store
  }

  /** Loads the caches and connects them; `stop` by the signal. */
  async start(signal: AbortSignal): Promise<void> {
    const waiting: WatchBatch[] = []
    let live = false
    const stop = this.#store.subscribe(batch => (live ? this.#take(batch) : waiting.push(batch)))
    signal.addEventListener('abort', stop, { once: true })
    const from = this.#store.revision
    for (const cache of this.#caches.values()) await cache.load(this.#store)
    this.#revision = from
    for (const batch of waiting) this.#take(batch)
    live = true
  }

  add(cache: Cacher): void {
    this.#caches.set(cache.prefix, cache)
  }

  /** Adds a cache while the feed runs; resolves once it holds what the store does. */
  async join(cache: Cacher): Promise<void> {
    const waiting: WatchBatch['events'][number][] = []
    this.#joining.set(cache.prefix, waiting)
    try {
      await cache.load(this.#store)
    } finally {
      this.#joining.delete(cache.prefix)
    }
    this.#caches.set(cache.prefix, cache)
    for (const event of waiting) applyTo(cache, event)
  }
  remove(cache: Cacher): void {
    this.#caches.delete(cache.prefix)
  }

  /** The newest revision all caches have seen. */
  get revision(): number {
    return Math.max(this.#revision, this.#store.revision)
  }

  /** Calls `listener` after each batch has reached every cache. */
  onBatch(listener: (revision: number) => void): () => void {
    this.#afterBatch.add(listener)
    return () => this.#afterBatch.delete(listener)
  }

  #take(batch: WatchBatch): void {
    for (const event of batch.events) {
      const prefix = prefixOfKey(event.kv.key)
      const cache = this.#caches.get(prefix)
      if (cache) applyTo(cache, event)
      else this.#joining.get(prefix)?.push(event)
    }
    this.#revision = batch.revision
    for (const listener of this.#afterBatch) listener(batch.revision)
  }
}

function applyTo(cache: Cacher, event: WatchBatch['events'][number]): void {
  const seen = cache.get(event.kv.key.slice(cache.prefix.length))
  if (!seen || seen.revision < event.kv.modRevision) cache.apply(event, event.kv.modRevision)
}

/** `/registry/pods/default/web` is under `/registry/pods/`; custom resources under `/registry/GROUP/PLURAL/`. */
export function prefixOfKey(key: string): string {
  const first = key.indexOf('/', REGISTRY.length)
  const resource = key.slice(REGISTRY.length, first)
  return resource.includes('.') ? key.slice(0, key.indexOf('/', first + 1) + 1) : key.slice(0, first + 1)
}
