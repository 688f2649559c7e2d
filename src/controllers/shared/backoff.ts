/** Delays that double for each key with every use, and are forgotten after twice the limit (client-go util/flowcontrol). */
export class Backoff {
  readonly #initialMs: number
  readonly #limitMs: number
  readonly #entries = new Map<string, { delay: number; at: number }>()

  constructor(initialMs: number, limitMs: number) {
    this.#initialMs = initialMs
    this.#limitMs = limitMs
  }

  /** Milliseconds to wait yet; 0 when it may go on. */
  left(key: string, now: number): number {
    const entry = this.#entries.get(key)
    return entry ? Math.max(0, entry.at + entry.delay - now) : 0
  }

  /** Takes note of one use now. */
  use(key: string, now: number): void {
    for (const [other, { at }] of this.#entries) if (now - at > 2 * this.#limitMs) this.#entries.delete(other)
    const before = this.#entries.get(key)
    this.#entries.set(key, { delay: before ? Math.min(before.delay * 2, this.#limitMs) : this.#initialMs, at: now })
  }
}
