import type { Clock } from '../apimachinery/clock.ts'

interface Entry {
  backoff: number
  lastUpdate: number
}

/**
 * Waits that double each time something fails again, and begin anew when it has not failed for twice the longest wait
 * (client-go util/flowcontrol Backoff). Times in milliseconds.
 */
export class Backoff {
  readonly #clock: Clock
  readonly #initial: number
  readonly #max: number
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock, initial = 10_000, max = 300_000) {
    this.#clock = clock
    this.#initial = initial
    this.#max = max
  }

  /** The wait that a key is at; 0 when it has not failed. */
  get(key: string): number {
    return this.#entries.get(key)?.backoff ?? 0
  }

  /** How long to wait still, after a failure at `since`; 0 when it may be tried. */
  remaining(key: string, since: number): number {
    const entry = this.#entries.get(key)
    if (!entry || this.#expired(entry, since)) return 0
    return Math.max(0, since + entry.backoff - this.#clock.now())
  }

  /** Notes that it is tried again after a failure at `since`: the next wait is longer. */
  next(key: string, since: number): void {
    const entry = this.#entries.get(key)
    const backoff = !entry || this.#expired(entry, since) ? this.#initial : Math.min(entry.backoff * 2, this.#max)
    this.#entries.set(key, { backoff, lastUpdate: this.#clock.now() })
  }

  /** Forgets keys that begin with this. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key)
  }

  #expired(entry: Entry, since: number): boolean {
    return since - entry.lastUpdate > 2 * this.#max
  }
}
