const MAX_RETRY_AFTER = 32

/**
 * For how many seconds refused clients of a priority level are asked to stay away: doubled while many are refused, one less
 * for each second that few are (upstream util/flowcontrol/dropped_requests_tracker.go).
 */
export class DroppedRequests {
  #retryAfter = 1
  #raisedAt = 0
  #second = 0
  #count = 0
  #history: { second: number; count: number }[] = []

  get retryAfterSeconds(): number {
    return this.#retryAfter
  }

  /** Counts a refused request; `now` in milliseconds. */
  add(now: number): void {
    const second = Math.floor(now / 1000)
    if (second === this.#second) {
      this.#count++
      return
    }
    this.#history.push({ second: this.#second, count: this.#count })
    const oldest = this.#second - Math.min(2 * this.#retryAfter, MAX_RETRY_AFTER)
    this.#history = this.#history.filter(entry => entry.second >= oldest)
    this.#second = second
    this.#count = 1
    this.#adjust(second)
  }

  #adjust(second: number): void {
    const recent = this.#history.filter(entry => second - entry.second <= this.#retryAfter && entry.second < second)
    const dropped = recent.reduce((sum, { count }) => sum + count, 0)
    if (second - this.#raisedAt >= this.#retryAfter && dropped >= 3 * this.#retryAfter) {
      this.#retryAfter = Math.min(2 * this.#retryAfter, MAX_RETRY_AFTER)
      this.#raisedAt = second
    } else if (dropped < this.#retryAfter && this.#retryAfter > 1) this.#retryAfter--
  }
}
