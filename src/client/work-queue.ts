import type { Clock, Timer } from '../apimachinery/clock.ts'

/** Waits after failures: doubling from the base up to the limit (client-go's default item rate limiter). */
const BASE_DELAY_MS = 5
const MAX_DELAY_MS = 1_000_000

/**
 * Keys to work on. A key is in it at most once; one that is being worked on and is added again comes back afterwards, so
 * no key is ever worked on twice at a time (client-go util/workqueue).
 */
export class WorkQueue {
  readonly #clock: Clock
  #ready: string[] = []
  /** How many of `#ready` have been taken; shifting a long array each time would be slow. */
  #taken = 0
  readonly #queued = new Set<string>()
  readonly #busy = new Set<string>()
  readonly #again = new Set<string>()
  readonly #later = new Map<string, { due: number; timer: Timer }>()
  readonly #failures = new Map<string, number>()
  readonly #takers: ((key: string | undefined) => void)[] = []
  #closed = false
  #adds = 0
  #retries = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(key: string): void {
    if (this.#closed) return
    this.#later.get(key)?.timer.cancel()
    this.#later.delete(key)
    if (this.#busy.has(key)) {
      if (!this.#again.has(key)) this.#adds++
      this.#again.add(key)
      return
    }
    if (this.#queued.has(key)) return
    this.#adds++
    this.#enqueue(key)
  }

  #enqueue(key: string): void {
    this.#queued.add(key)
    const taker = this.#takers.shift()
    if (taker) taker(this.#take(key))
    else this.#ready.push(key)
  }

  /** Adds a key after `ms` milliseconds, unless it is due sooner already. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return
    if (ms <= 0) {
      this.add(key)
      return
    }
    const due = this.#clock.now() + ms
    const planned = this.#later.get(key)
    if (planned && planned.due <= due) return
    planned?.timer.cancel()
    this.#later.set(key, { due, timer: this.#clock.timer(ms, () => this.#due(key)) })
  }

  /** Adds a key that failed, later each time it fails in a row. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.#retries++
    this.addAfter(key, Math.min(BASE_DELAY_MS * 2 ** failures, MAX_DELAY_MS))
  }

  /** The key has been worked on without failure. */
  forget(key: string): void {
    this.#failures.delete(key)
  }
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** The next key; waits for one. Undefined once the queue is closed. Every key taken must be given to `done`. */
  next(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    if (this.#taken < this.#ready.length) return Promise.resolve(this.#take(this.#ready[this.#taken++]!))
    if (this.#taken > 0) [this.#ready, this.#taken] = [[], 0]
    return new Promise(resolve => this.#takers.push(resolve))
  }

  done(key: string): void {
    this.#busy.delete(key)
    if (this.#again.delete(key) && !this.#closed) this.#enqueue(key)
  }

  /** Keys that wait to be taken now, and how many have been added, and come back after failing, so far. */
  get counts(): { readonly depth: number; readonly adds: number; readonly retries: number } {
    return { depth: this.#queued.size, adds: this.#adds, retries: this.#retries }
  }

  /** Nothing is waiting to be done now, nor being done. */
  get idle(): boolean {
    return this.#queued.size === 0 && this.#busy.size === 0
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#later.values()) timer.cancel()
    this.#later.clear()
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }

  #take(key: string): string {
    this.#queued.delete(key)
    this.#busy.add(key)
    return key
  }

  #due(key: string): void {
    this.#later.delete(key)
    this.add(key)
  }
}
