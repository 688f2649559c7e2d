import type { Change } from './change.ts'

/** Keeps the values of the newest changes in memory, up to a number of bytes: what live watchers are about to read. */
export class RecentValues {
  readonly #limit: number
  #changes: Change[] = []
  #oldest = 0
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(change: Change): void {
    this.#changes.push(change)
    this.#bytes += change.size
    while (this.#bytes > this.#limit) {
      const dropped = this.#changes[this.#oldest++]!
      dropped.value = undefined
      this.#bytes -= dropped.size
    }
    if (this.#oldest > 1024 && this.#oldest * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#oldest)
      this.#oldest = 0
    }
  }
}
