import type { Clock, Timer } from './clock.ts'

interface Pending {
  due: number
  order: number
  fire: () => void
}

/** Simulated time: it stands still until `advance` moves it, firing timers in order of their due time. */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  #pending: Pending[] = []

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  timer(ms: number, fire: () => void): Timer {
    const entry = { due: this.#now + Math.max(0, ms), order: this.#order++, fire }
    this.#pending.push(entry)
    return {
      cancel: () => {
        const at = this.#pending.indexOf(entry)
        if (at >= 0) this.#pending.splice(at, 1)
      },
    }
  }

  /** When the next timer is due, in milliseconds since the epoch; undefined when none is set. */
  nextDue(): number | undefined {
    return this.#next()?.due
  }

  /**
   * Moves time forward by `ms`, firing every timer on the way. After each distinct due time `settle` runs, so that what
   * a timer set in motion is finished before the next fires.
   */
  async advance(ms: number, settle: () => Promise<void> = async () => {}): Promise<void> {
    const end = this.#now + ms
    for (let next = this.#next(); next && next.due <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next.due)
      for (let due: Pending | undefined = next; due && due.due <= this.#now; due = this.#next()) {
        this.#pending.splice(this.#pending.indexOf(due), 1)
        due.fire()
      }
      await settle()
    }
    this.#now = end
    await settle()
  }

  #next(): Pending | undefined {
    let first: Pending | undefined
    for (const entry of this.#pending) {
      if (!first || entry.due < first.due || (entry.due === first.due && entry.order < first.order)) first = entry
    }
    return first
  }
}
