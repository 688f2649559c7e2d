import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { type Informer, keyOf } from '../../client/informer.ts'

interface Assumption<T> {
  readonly object: T
  /** The state of the object that was known then. */
  readonly base: T
}

/** Objects as an informer has them, with changes of ours that are not written yet (upstream's AssumeCache). */
export class Assumed<T extends KubeObject> {
  readonly #informer: Informer<T>
  readonly #assumed = new Map<string, Assumption<T>>()

  constructor(informer: Informer<T>) {
    this.#informer = informer
  }

  get(key: string): T | undefined {
    const known = this.#informer.get(key)
    const assumption = this.#assumed.get(key)
    if (!assumption) return known
    if (assumption.base === known) return assumption.object
    // What the server says now is newer.
    this.#assumed.delete(key)
    return known
  }

  list(): T[] {
    const all = this.#informer.list()
    return this.#assumed.size === 0 ? all : all.map(object => this.get(keyOf(object))!)
  }

  /** Takes a change for granted until the informer has a newer state, or it is restored. */
  assume(object: T): void {
    const key = keyOf(object)
    const base = this.#informer.get(key)
    if (base) this.#assumed.set(key, { object, base })
  }

  restore(key: string): void {
    this.#assumed.delete(key)
  }
}
