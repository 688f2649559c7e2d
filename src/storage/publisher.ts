import type { Change } from './change.ts'
import { ChangeEvent } from './event.ts'
import type { MvccIndex } from './mvcc-index.ts'
import type { WatchBatch } from './store.ts'

/** Tells subscribers of every durable revision in order, and wakes watchers that wait for the next one. */
export class Publisher {
  readonly #index: MvccIndex
  readonly #read: (change: Change) => Uint8Array
  readonly #listeners = new Set<(batch: WatchBatch) => void>()
  #sleeping = new Set<() => void>()
  #published: number

  constructor(index: MvccIndex, revision: number, read: (change: Change) => Uint8Array) {
    this.#index = index
    this.#read = read
    this.#published = revision
  }

  subscribe(listener: (batch: WatchBatch) => void): () => void {
    const entry = (batch: WatchBatch) => listener(batch)
    this.#listeners.add(entry)
    return () => {
      this.#listeners.delete(entry)
    }
  }

  onNext(wake: () => void): void {
    this.#sleeping.add(wake)
  }

  forgetNext(wake: () => void): void {
    this.#sleeping.delete(wake)
  }

  /** Delivers every revision up to `revision` that has not been delivered. */
  publish(revision: number): void {
    const from = this.#published + 1
    this.#published = revision
    if (this.#listeners.size > 0) this.#deliver(from, revision)
    this.wake()
  }

  wake(): void {
    if (this.#sleeping.size === 0) return
    const sleeping = this.#sleeping
    this.#sleeping = new Set()
    for (const wake of sleeping) wake()
  }

  close(): void {
    this.#listeners.clear()
    this.wake()
  }

  #deliver(from: number, to: number): void {
    let position = this.#index.logPosition(from)
    let change = this.#index.logAt(position)
    while (change && change.modRevision <= to) {
      const revision: number = change.modRevision
      const events: ChangeEvent[] = []
      for (; change?.modRevision === revision; change = this.#index.logAt(++position)) {
        events.push(new ChangeEvent(change, this.#read))
      }
      for (const listener of this.#listeners) listener({ revision, events })
    }
  }
}
