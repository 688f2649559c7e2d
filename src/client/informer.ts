import { type Clock, sleep } from '../apimachinery/clock.ts'
import { StatusError } from '../apimachinery/errors.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import type { Client } from './client.ts'
import type { RequestOptions, WatchEvent } from './transport.ts'

/** Objects of one kind, as an informer last saw them. Keys are `namespace/name`, or the name of a cluster-wide object. */
export interface Lister<T extends KubeObject> {
  get(key: string): T | undefined
  /** All objects, or those of one namespace. */
  list(namespace?: string): T[]
  /** Objects for which an index function gave this value. */
  byIndex(index: string, value: string): T[]
}

/** `previous` is undefined for a new object, `object` for a deleted one. */
export type ChangeHandler<T extends KubeObject> = (object: T | undefined, previous: T | undefined) => void

export interface InformerOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** Waits between attempts after errors: doubling up to the limit, spread by up to half. */
const RETRY_MS = 200
const RETRY_LIMIT_MS = 5_000

/** The key of an object in caches and queues. */
export function keyOf({ metadata: { namespace, name = '' } }: KubeObject): string {
  return namespace ? `${namespace}/${name}` : name
}

/** Namespace and name of a key. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/**
 * Keeps the objects of a kind at hand and tells of their changes: lists once, then watches, and starts over where the
 * server no longer knows the past (client-go's reflector and shared informer).
 */
export class Informer<T extends KubeObject> implements Lister<T> {
  readonly kind: Kind<T>
  readonly #client: Client
  readonly #clock: Clock
  readonly #random: Random
  readonly #options: InformerOptions
  readonly #objects = new Map<string, T>()
  readonly #byNamespace = new Map<string, Map<string, T>>()
  readonly #indexes = new Map<string, { of: (object: T) => Iterable<string>; keys: Map<string, Set<string>> }>()
  readonly #handlers = new Set<ChangeHandler<T>>()
  readonly #waiting: { revision: number; resolve: () => void }[] = []
  readonly #waitingForKey = new Map<string, (() => void)[]>()
  #revision = 0
  #synced = false
  #started = false
  readonly #whenSynced: Promise<void>
  #resolveSynced: () => void = () => {}

  constructor(kind: Kind<T>, client: Client, clock: Clock, random: Random, options: InformerOptions = {}) {
    this.kind = kind
    this.#client = client
    this.#clock = clock
    this.#random = random
    this.#options = options
    this.#whenSynced = new Promise(resolve => {
      this.#resolveSynced = resolve
    })
  }

  /** Begins; ends with the signal. Calling it again does nothing. */
  start(signal: AbortSignal): void {
    if (this.#started) return
    this.#started = true
    void this.#run(signal).finally(() => this.#letGo())
  }

  /** Nothing more will be seen: lets go of those who wait for it. */
  #letGo(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve()
    for (const waiting of this.#waitingForKey.values()) for (const resolve of waiting) resolve()
    this.#waitingForKey.clear()
    this.#resolveSynced()
  }

  get synced(): boolean {
    return this.#synced
  }
  /** Resolves once the first list is in. */
  whenSynced(): Promise<void> {
    return this.#whenSynced
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }
  list(namespace?: string): T[] {
    return [...((namespace === undefined ? this.#objects : this.#byNamespace.get(namespace))?.values() ?? [])]
  }
  byIndex(index: string, value: string): T[] {
    const keys = this.#indexes.get(index)?.keys.get(value)
    return keys ? [...keys].map(key => this.#objects.get(key)!) : []
  }

  /** How many objects an index function gave this value. */
  countByIndex(index: string, value: string): number {
    return this.#indexes.get(index)?.keys.get(value)?.size ?? 0
  }

  /** Adds an index over present and future objects; the same name twice is the same index. */
  addIndex(name: string, of: (object: T) => Iterable<string>): void {
    if (this.#indexes.has(name)) return
    this.#indexes.set(name, { of, keys: new Map() })
    for (const [key, object] of this.#objects) this.#index(name, key, object, true)
  }

  /**
   * Tells of every change from now on, and first of what is there. Returns how to stop that. The handler must not throw: it
   * is called from within the delivery of the watch.
   */
  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.#objects.values()) handler(object, undefined)
    return () => this.#handlers.delete(handler)
  }

  /** Resolves once changes up to this resourceVersion have been seen. */
  reached(resourceVersion: string): Promise<void> {
    const revision = Number(resourceVersion)
    if (this.#revision >= revision) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ revision, resolve }))
  }

  /** Resolves once the object under a key is no longer this very state of it. */
  changedFrom(key: string, object: T): Promise<void> {
    if (this.#objects.get(key) !== object) return Promise.resolve()
    return new Promise(resolve => {
      const waiting = this.#waitingForKey.get(key)
      if (waiting) waiting.push(resolve)
      else this.#waitingForKey.set(key, [resolve])
    })
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    let from: string | undefined
    while (!signal.aborted) {
      try {
        from ??= await this.#relist()
        await this.#client.watch(this.kind, this.#watchOptions(from), signal, event => {
          failures = 0
          from = this.#apply(event as WatchEvent<T>)
        })
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof StatusError && error.reason !== 'ServiceUnavailable') from = undefined
        const wait = Math.min(RETRY_MS * 2 ** failures++, RETRY_LIMIT_MS) * (1 + this.#random.next() / 2)
        await sleep(this.#clock, wait, signal).catch(() => {})
      }
    }
  }

  #watchOptions(resourceVersion: string): RequestOptions & { namespace?: string } {
    return { ...this.#options, resourceVersion, allowWatchBookmarks: true }
  }

  async #relist(): Promise<string> {
    const { items, metadata } = await this.#client.list(this.kind, { ...this.#options })
    const gone = new Set(this.#objects.keys())
    for (const object of items as readonly T[]) {
      gone.delete(keyOf(object))
      this.#put(object)
    }
    for (const key of gone) this.#remove(key)
    this.#advance(Number(metadata.resourceVersion))
    this.#synced = true
    this.#resolveSynced()
    return metadata.resourceVersion
  }

  #apply({ type, object }: WatchEvent<T>): string {
    if (type === 'DELETED') this.#remove(keyOf(object))
    else if (type !== 'BOOKMARK') this.#put(object)
    const revision = object.metadata.resourceVersion ?? ''
    this.#advance(Number(revision))
    return revision
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if (this.#waiting[i]!.revision <= this.#revision) this.#waiting.splice(i, 1)[0]!.resolve()
    }
  }

  #put(object: T): void {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#objects.set(key, object)
    const namespace = object.metadata.namespace ?? ''
    let inNamespace = this.#byNamespace.get(namespace)
    if (!inNamespace) {
      inNamespace = new Map()
      this.#byNamespace.set(namespace, inNamespace)
    }
    inNamespace.set(key, object)
    for (const name of this.#indexes.keys()) {
      if (previous) this.#index(name, key, previous, false)
      this.#index(name, key, object, true)
    }
    this.#release(key)
    for (const handler of this.#handlers) handler(object, previous)
  }

  #remove(key: string): void {
    const previous = this.#objects.get(key)
    if (!previous) return
    this.#objects.delete(key)
    const namespace = previous.metadata.namespace ?? ''
    const inNamespace = this.#byNamespace.get(namespace)
    inNamespace?.delete(key)
    if (inNamespace?.size === 0) this.#byNamespace.delete(namespace)
    for (const name of this.#indexes.keys()) this.#index(name, key, previous, false)
    this.#release(key)
    for (const handler of this.#handlers) handler(undefined, previous)
  }

  #release(key: string): void {
    const waiting = this.#waitingForKey.get(key)
    if (!waiting) return
    this.#waitingForKey.delete(key)
    for (const resolve of waiting) resolve()
  }

  #index(name: string, key: string, object: T, add: boolean): void {
    const { of, keys } = this.#indexes.get(name)!
    for (const value of of(object)) {
      const set = keys.get(value)
      if (!add) {
        set?.delete(key)
        if (set?.size === 0) keys.delete(value)
      } else if (set) set.add(key)
      else keys.set(value, new Set([key]))
    }
  }
}
