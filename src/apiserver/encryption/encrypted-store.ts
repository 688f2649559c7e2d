import { internalError } from '../../apimachinery/errors.ts'
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
import { Rules, type RulesOptions } from './rules.ts'
import type { FromStorage, Transformer } from './transformer.ts'
import { unreadable } from './unreadable.ts'

/**
 * A store whose values are encrypted, as a configuration says, on their way to the store below it and decrypted on their
 * way back: caches, watches, reads of the past and comparisons all see plain values. Values of other resources pass
 * through as they are.
 */
export class EncryptedStore implements Store {
  readonly #store: Store
  #rules: Rules
  readonly #options: RulesOptions
  /** By prefix in the store; undefined for what is not encrypted. */
  readonly #transformers = new Map<string, Transformer | undefined>()
  readonly #groups: ReadonlyMap<string, string>
  /** What stored bytes mean, so that a value that is written and then read is not decrypted as well. */
  readonly #known = new WeakMap<Uint8Array, Uint8Array>()
  /** Where a plain value lies, and what it was written with. */
  readonly #written = new WeakMap<Uint8Array, { readonly key: string; readonly how: string }>()

  constructor(
    store: Store,
    configuration: EncryptionConfiguration,
    options: RulesOptions & { readonly kinds: readonly Kind[] },
  ) {
    const { kinds } = options
    this.#store = store
    this.#options = options
    this.#rules = new Rules(configuration, options)
    this.#groups = new Map(kinds.filter(kind => !kind.storedAs).map(kind => [prefixOf(kind), kind.group]))
  }

  /**
   * Keeps to another configuration from now on. Rejects where one of its key services does not give a key; then the old one
   * stays in force.
   */
  async use(configuration: EncryptionConfiguration): Promise<void> {
    const before = this.#rules
    const rules = new Rules(configuration, this.#options, before)
    try {
      await rules.ready()
    } catch (error) {
      rules.close(before)
      throw error
    }
    this.#rules = rules
    this.#transformers.clear()
    before.close(rules)
  }

  /** Whether a value that came from here would be stored otherwise today, so that writing it again is worth while. */
  isStale(value: Uint8Array): boolean {
    const written = this.#written.get(value)
    return written !== undefined && written.how !== (this.#transformerOf(written.key)?.how ?? written.how)
  }

  get revision(): number {
    return this.#store.revision
  }
  get compactedRevision(): number {
    return this.#store.compactedRevision
  }

  async get(key: string, options?: { revision?: number }): Promise<GetResult> {
    const result = await this.#store.get(key, options)
    if (result.kv) await this.#prepared([result.kv])
    return { ...result, kv: this.#opened(result.kv) }
  }

  async range(start: string, end: string, options?: RangeOptions): Promise<RangeResult> {
    const result = await this.#store.range(start, end, options)
    await this.#prepared(result.kvs)
    return { ...result, kvs: result.kvs.map(kv => this.#opened(kv)) }
  }

  async txn(comparisons: readonly Comparison[], operations: readonly Operation[]): Promise<TxnResult> {
    const wait = this.#ready(operations)
    if (wait) await wait
    const result = await this.#store.txn(
      comparisons,
      operations.map(operation => this.#sealed(operation)),
    )
    if (result.succeeded) return result
    await this.#prepared(result.current)
    return { ...result, current: result.current.map(kv => this.#opened(kv)) }
  }

  async *watch(start: string, end: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    for await (const batch of this.#store.watch(start, end, from, signal)) {
      await this.#prepared(
        batch.events.flatMap(({ type, kv, previous }) => (type === 'delete' ? [previous] : [kv, previous])),
      )
      yield this.#openedBatch(batch)
    }
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
    this.#rules.close()
    return this.#store.close()
  }

  /** Sees to it that there are keys for what is to be written; undefined where there are. */
  #ready(operations: readonly Operation[]): Promise<unknown> | undefined {
    const waits = operations.flatMap(({ type, key }) =>
      type === 'delete' ? [] : (this.#transformerOf(key)?.ready() ?? []),
    )
    if (waits.length === 0) return undefined
    return Promise.all(waits).catch(error => {
      throw internalError(`the value cannot be encrypted: ${(error as Error).message}`)
    })
  }

  /** Sees to it that there are keys for what was read. */
  async #prepared(kvs: readonly (KeyValue | undefined)[]): Promise<void> {
    const waits = kvs.flatMap(kv => {
      if (!kv || this.#known.has(kv.value)) return []
      const wait = this.#transformerOf(kv.key)?.prepare(kv.value)
      if (!wait) return []
      return wait.catch(error => {
        throw unreadable(kv.key, kv.value, (error as Error).message)
      })
    })
    if (waits.length > 0) await Promise.all(waits)
  }

  #transformerOf(key: string): Transformer | undefined {
    const prefix = prefixOfKey(key)
    if (!this.#transformers.has(prefix)) {
      const [, , first = '', second = ''] = prefix.split('/')
      const [group, resource] = second ? [first, second] : [this.#groups.get(prefix) ?? '', first]
      this.#transformers.set(prefix, this.#rules.for(group, resource))
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
      this.#written.set(plain, { key, how: transformer.how })
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
    this.#written.set(opened.plain, { key, how: opened.how })
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
