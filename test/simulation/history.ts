import { createHash } from 'node:crypto'
import type { KubeObject } from '../../src/apimachinery/schema/kind.ts'
import { withRevision } from '../../src/apiserver/cacher/codec.ts'
import type { Store } from '../../src/storage/store.ts'

/** States of an object that are kept for the report. */
const KEPT = 40
/** Kinds that no invariant looks at; they are part of the hash all the same. */
const PASSED_OVER = new Set(['leases', 'events', 'managedfields'])

/** Any object, as it lies in the store. */
// biome-ignore lint/suspicious/noExplicitAny: invariants read fields of many kinds
export type Stored = KubeObject & { spec: any; status: any }

/** One write, as the store ordered it. */
export interface Change {
  readonly revision: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The resource, as `pods` or `apps/deployments`'s `deployments`. */
  readonly plural: string
  /** `namespace/name` or the name. */
  readonly key: string
  readonly before: Stored | undefined
  readonly after: Stored | undefined
  /** Who asked for it, as far as the wires know: a controller, `scheduler`, `user`, a node's name. */
  by: string
}

interface Raw {
  readonly revision: number
  readonly key: string
  readonly value: Uint8Array | undefined
}

/** Everything that was ever written, in order: the truth that invariants are judged by, and the hash of a run. */
export class History {
  readonly #hash = createHash('sha256')
  #raw: Raw[] = []
  readonly #objects = new Map<string, Map<string, Stored>>()
  readonly #past = new Map<string, Change[]>()
  readonly #writers = new Map<number, string>()
  /** Revisions written so far. */
  writes = 0
  /** Told of each write in order, when `take` reads it. */
  readonly listeners: ((change: Change) => void)[] = []

  constructor(store: Store) {
    store.subscribe(({ revision, events }) => {
      for (const { type, kv } of events)
        this.#raw.push({ revision, key: kv.key, value: type === 'put' ? kv.value : undefined })
    })
  }

  /** Notes who asked for the write with this revision. */
  wroteBy(revision: number, who: string): void {
    this.#writers.set(revision, who)
  }

  /** Number of writes that `take` has not read yet. */
  get waiting(): number {
    return this.#raw.length
  }

  /** Reads what was written since the last time. `at`: the time of it all. */
  take(at: number): void {
    const raw = this.#raw
    this.#raw = []
    for (const entry of raw) this.#read(entry, at)
    this.#writers.clear()
  }

  list(plural: string, namespace?: string): Stored[] {
    const all = [...(this.#objects.get(plural)?.values() ?? [])]
    return namespace === undefined ? all : all.filter(object => object.metadata.namespace === namespace)
  }
  get(plural: string, key: string): Stored | undefined {
    return this.#objects.get(plural)?.get(key)
  }
  plurals(): string[] {
    return [...this.#objects.keys()]
  }

  /** The last states of an object, for people. */
  pastOf(plural: string, key: string): readonly string[] {
    return (this.#past.get(`${plural}/${key}`) ?? []).map(describe)
  }

  /** The hash of everything written so far. */
  digest(): string {
    return this.#hash.copy().digest('hex')
  }

  #read({ revision, key, value }: Raw, at: number): void {
    this.writes++
    this.#hash.update(`${revision} ${key} `)
    if (value) this.#hash.update(value)
    const path = key.slice('/registry/'.length).split('/')
    if (path[0]!.includes('.')) path.shift()
    const plural = path.shift()!
    if (PASSED_OVER.has(plural)) return
    const name = path.join('/')
    let ofKind = this.#objects.get(plural)
    if (!ofKind) {
      ofKind = new Map()
      this.#objects.set(plural, ofKind)
    }
    const before = ofKind.get(name)
    const after = value && decode(value, revision)
    if (after) ofKind.set(name, after)
    else ofKind.delete(name)
    const by = this.#writers.get(revision) ?? '?'
    const change = { revision, at, plural, key: name, before, after, by }
    this.#remember(change)
    for (const listener of this.listeners) listener(change)
  }

  #remember(change: Change): void {
    const { plural, key } = change
    const id = `${plural}/${key}`
    const past = this.#past.get(id) ?? []
    // The youngest objects stay in mind.
    this.#past.delete(id)
    this.#past.set(id, past)
    past.push(change)
    if (past.length > KEPT) past.shift()
    if (this.#past.size > 5000) this.#past.delete(this.#past.keys().next().value!)
  }
}

const decode = (value: Uint8Array, revision: number): Stored =>
  JSON.parse(withRevision(value, revision).toString('utf8'))

function describe({ at, revision, by, after }: Change): string {
  const head = `${new Date(at).toISOString()} ${revision} ${by}`
  if (!after) return `${head}: deleted`
  const { managedFields: _, ...metadata } = after.metadata as unknown as Record<string, unknown>
  const { template: __, ...spec } = (after.spec ?? {}) as Record<string, unknown>
  return `${head}: ${JSON.stringify({ metadata, spec, status: after.status })}`
}
