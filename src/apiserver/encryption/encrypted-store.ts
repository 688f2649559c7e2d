import type { Kind } from '../../apimachinery/schema/kind.ts'
import type {
  Comparison,
  GetResult,
  KeyValue,
  Operation,
  RangeOptions,
  RangeResult,
  Store,
  TxnResult,
  WatchBatch,
  WatchEvent,
} from '../../storage/store.ts'
import { prefixOfKey } from '../cacher/feed.ts'
import { prefixOf } from '../registry/resource.ts'
import type { EncryptionConfiguration } from './configuration.ts'
import { type FromStorage, Transformer } from './transformer.ts'
import { unreadable } from './unreadable.ts'
import { parseGroupResource } from './validate.ts'

/**
 * A store whose values are encrypted, as a configuration says, on their way to the store below it and decrypted on their
 * way back: caches, watches, reads of the past and comparisons all see plain values. Values of other resources pass
 * through as they are.
 */
export class EncryptedStore implements Store {
  readonly #store: Store
  readonly #rules = new Map<string, Transformer>()
  /** By prefix in the store; undefined for what is not encrypted. */
  readonly #transformers = new Map<string, Transformer | undefined>()
  readonly #groups: ReadonlyMap<string, string>
  /** What stored bytes mean, so that a value that is written and then read is not decrypted as well. */
  readonly #known = new WeakMap<Uint8Array, Uint8Array>()
  readonly #stale = new WeakSet<Uint8Array>()

  constructor(store: Store, configuration: EncryptionConfiguration, kinds: readonly Kind[]) {
    this.#store = store
    this.#groups = new Map(kinds.filter(kind => !kind.storedAs).map(kind => [prefixOf(kind), kind.group]))
    const byRule = new Map<string, EncryptionConfiguration['resources'][number]['providers']>()
    for (const config of configuration.resources) {
      for (const name of config.resources) {
        const { group, resource } = parseGroupResource(name)
        const rule = `${resource}.${group}`
        byRule.set(rule, [...(byRule.get(rule) ?? []), ...config.providers])
      }
    }
    for (const [rule, providers] of byRule) this.#rules.set(rule, new Transformer(providers))
  }

  /** Whether a value that came from here would be stored otherwise today, so that writing it again is worth while. */
  isStale(value: Uint8Array): boolean {
    return this.#stale.has(value)
  }

  get revision(): number {
    return this.#store.revision
  }
  get compactedRevision(): number {
    return this.#store.compactedRevision
  }

  async get(key: string, options?: { revision?: number }): Promise<GetResult> {
    const result = await this.#store.get(key, options)
    return { ...result, kv: this.#opened(result.kv) }
  }

  async range(start: string, end: string, options?: RangeOptions): Promise<RangeResult> {
    const result = await this.#store.range(start, end, options)
    return { ...result, kvs: result.kvs.map(kv => this.#opened(kv)) }
  }

  async txn(comparisons: readonly Comparison[], operations: readonly Operation[]): Promise<TxnResult> {
    const result = await this.#store.txn(
      comparisons,
      operations.map(operation => this.#sealed(operation)),
    )
    return result.succeeded ? result : { ...result, current: result.current.map(kv => this.#opened(kv)) }
  }

  async *watch(start: string, end: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    for await (const batch of this.#store.watch(start, end, from, signal)) yield this.#openedBatch(batch)
  }

  subscribe(listener: (batch: WatchBatch) => void): () => void {
    return this.#store.subscribe(batch => listener(this.#openedBatch(batch)))
  }

  compact(revision: number): Promise<void> {
    return this.#store.compact(revision)
  }
  size(): number {
    return this.#store.size()
  }
  close(): Promise<void> {
    return this.#store.close()
  }

  /** Explicit rules before those for a group, and these before the one for all (upstream transformerFromOverrides). */
  #transformerOf(key: string): Transformer | undefined {
    const prefix = prefixOfKey(key)
    if (!this.#transformers.has(prefix)) {
      const [, , first = '', second = ''] = prefix.split('/')
      const [group, resource] = second ? [first, second] : [this.#groups.get(prefix) ?? '', first]
      const rules = this.#rules
      const transformer = rules.get(`${resource}.${group}`) ?? rules.get(`*.${group}`) ?? rules.get('*.*')
      this.#transformers.set(prefix, transformer)
    }
    return this.#transformers.get(prefix)
  }

  #sealed(operation: Operation): Operation {
    if (operation.type === 'delete') return operation
    const transformer = this.#transformerOf(operation.key)
    if (!transformer) return operation
    const { key, value } = operation
    const seal = (plain: Uint8Array) => {
      const stored = transformer.toStorage(plain, key)
      if (stored !== plain) this.#known.set(stored, plain)
      return stored
    }
    return { ...operation, value: typeof value === 'function' ? revision => seal(value(revision)) : seal(value) }
  }

  #opened<KV extends KeyValue | undefined>(kv: KV): KV {
    const transformer = kv && this.#transformerOf(kv.key)
    return transformer ? { ...kv, value: this.#plain(kv, transformer) } : kv
  }

  #plain({ key, value }: KeyValue, transformer: Transformer): Uint8Array {
    const known = this.#known.get(value)
    if (known) return known
    let opened: FromStorage
    try {
      opened = transformer.fromStorage(value, key)
    } catch (error) {
      throw unreadable(key, value, (error as Error).message)
    }
    if (opened.stale) this.#stale.add(opened.plain)
    if (opened.plain !== value) this.#known.set(value, opened.plain)
    return opened.plain
  }

  #openedBatch(batch: WatchBatch): WatchBatch {
    if (!batch.events.some(({ kv }) => this.#transformerOf(kv.key))) return batch
    return { ...batch, events: batch.events.map(event => this.#openedEvent(event)) }
  }

  #openedEvent(event: WatchEvent): WatchEvent {
    const { type, kv } = event
    if (!this.#transformerOf(kv.key)) return event
    const store = this
    return {
      type,
      kv: type === 'delete' ? kv : this.#opened(kv),
      // Read and decrypted only where somebody asks.
      get previous() {
        return store.#opened(event.previous)
      },
    }
  }
}
