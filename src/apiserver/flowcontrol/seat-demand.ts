/** How slowly the smoothed demand falls, per adjustment period (KEP-1040). */
const SMOOTHING = 0.977

/**
 * How many seats a priority level could use, over time: those taken and those that its waiting requests ask for (upstream
 * fairqueuing/integrator.go and seatDemandStats).
 */
export class SeatDemand {
  /** Highest demand in the last period. */
  highWatermark = 0
  average = 0
  deviation = 0
  /** An envelope over past periods that rises at once and falls slowly. */
  smoothed = 0
  #value = 0
  #since: number
  #seconds = 0
  #sum = 0
  #squares = 0
  #max = 0

  /** `now` in milliseconds. */
  constructor(now: number) {
    this.#since = now
  }

  set(value: number, now: number): void {
    this.#advance(now)
    this.#value = value
    if (value > this.#max) this.#max = value
  }

  /** Ends a period and sums it up. */
  endPeriod(now: number): void {
    this.#advance(now)
    this.highWatermark = this.#max
    if (this.#seconds > 0) {
      this.average = this.#sum / this.#seconds
      this.deviation = Math.sqrt(Math.max(0, this.#squares / this.#seconds - this.average ** 2))
      const envelope = this.average + this.deviation
      this.smoothed = Math.max(envelope, SMOOTHING * this.smoothed + (1 - SMOOTHING) * envelope)
    }
    this.#seconds = this.#sum = this.#squares = 0
    this.#max = this.#value
  }

  #advance(now: number): void {
    const seconds = (now - this.#since) / 1000
    if (seconds <= 0) return
    this.#since = now
    this.#seconds += seconds
    this.#sum += seconds * this.#value
    this.#squares += seconds * this.#value ** 2
  }
}
