import type { Clock, Timer } from './clock.ts'
import { Heap } from './heap.ts'

interface Pending {
  due: number
  readonly order: number
  readonly fire: () => void
}

/** Simulated time: it stands still until `advance` moves it, firing timers in order of their due time. */
export class VirtualClock implements Clock {
  /** What the clock on the wall says; `step` moves it without touching the timers. */
  #now: number
  /** Added to `#now`, the time by which timers go, which nobody can set. */
  #offset = 0
  #order = 0
  readonly #pending = new Heap<Pending>((a, b) => a.due - b.due || a.order - b.order)

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  timer(ms: number, fire: () => void): Timer {
    const entry = { due: this.#now + this.#offset + Math.max(0, ms), order: this.#order++, fire }
    this.#pending.push(entry)
    return { cancel: () => void this.#pending.delete(entry) }
  }

  /** When the next timer is due, in milliseconds since the epoch; undefined when none is set. */
  nextDue(): number | undefined {
    const next = this.#pending.peek()
    return next && next.due - this.#offset
  }

  /**
   * Moves time forward by `ms`, firing every timer on the way. After each distinct due time `settle` runs, so that what
   * a timer set in motion is finished before the next fires.
   */
  async advance(ms: number, settle: () => Promise<void> = async () => {}): Promise<void> {
    const end = this.#now + this.#offset + ms
    for (let next = this.#pending.peek(); next && next.due <= end; next = this.#pending.peek()) {
      this.#now = Math.max(this.#now, next.due - this.#offset)
      this.#fire()
      await settle()
    }
    this.#now = end - this.#offset
    await settle()
  }

  /** Moves time forward by `ms` at once, as when a machine wakes from sleep: what fell due meanwhile fires now. */
  jump(ms: number): void {
    this.#now += ms
    this.#fire()
  }

  /** Sets the clock on the wall forward or back by `ms`; timers keep the time they had left. */
  step(ms: number): void {
    this.#now += ms
    this.#offset -= ms
  }

  #fire(): void {
    const time = this.#now + this.#offset
    for (let due = this.#pending.peek(); due && due.due <= time; due = this.#pending.peek()) {
      this.#pending.pop()
      due.fire()
    }
  }
}
