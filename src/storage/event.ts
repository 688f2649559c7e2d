import type { Change } from './change.ts'
import type { KeyValue, WatchEvent } from './store.ts'

const NO_BYTES = new Uint8Array(0)

/** A change as watchers see it. The value before it is looked up only when somebody asks. */
export class ChangeEvent implements WatchEvent {
  readonly type: 'put' | 'delete'
  readonly kv: KeyValue
  readonly #change: Change
  readonly #read: (change: Change) => Uint8Array
  #previous: KeyValue | undefined

  constructor(change: Change, read: (change: Change) => Uint8Array) {
    this.type = change.deleted ? 'delete' : 'put'
    this.kv = change.toKeyValue(change.deleted ? NO_BYTES : read(change))
    this.#change = change
    this.#read = read
  }

  get previous(): KeyValue | undefined {
    if (this.#previous) return this.#previous
    const before = this.#change.previous
    if (before) this.#previous = before.toKeyValue(this.#read(before))
    return this.#previous
  }
}
