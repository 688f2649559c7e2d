import type { Clock } from '../../apimachinery/clock.ts'

/** Answers that hold for a while; the oldest are forgotten beyond `size`. */
export class ExpiringCache<V> {
  readonly #clock: Clock
  readonly #size: number
  readonly #entries = new Map<string, { readonly value: V; readonly until: number }>()

  constructor(size: number, clock: Clock) {
    this.#size = size
    this.#clock = clock
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    if (entry.until > this.#clock.now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** Keeps a value for `ttl` milliseconds. */
  set(key: string, value: V, ttl: number): void {
    this.#entries.delete(key)
    if (ttl <= 0) return
    if (this.#entries.size >= this.#size) this.#entries.delete(this.#entries.keys().next().value!)
    this.#entries.set(key, { value, until: this.#clock.now() + ttl })
  }
}
