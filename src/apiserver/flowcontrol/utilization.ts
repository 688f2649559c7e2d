/** What a utilization is reckoned from. */
export interface Load {
  readonly seatsInUse: number
  readonly executing: number
  readonly waiting: number
  readonly waitingSeats: number
  /** Seats that may be taken at once. */
  readonly limit: number
  /** Seats by shares, whatever is lent or borrowed. */
  readonly nominal: number
  /** Requests that may wait. */
  readonly room: number
}

const SEATS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]
const REQUESTS = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1]
const DEMAND = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6]
const NANOS = 1_000_000

/** For how long a value was at most so large, in nanoseconds (component-base prometheusextension's TimingHistogram). */
export class TimedDistribution {
  readonly bounds: readonly number[]
  readonly #weights: number[]
  #sum = 0
  #value = 0
  #bucket = 0
  #since: number

  /** `now` in milliseconds. */
  constructor(bounds: readonly number[], now: number) {
    this.bounds = bounds
    this.#weights = new Array(bounds.length + 1).fill(0)
    this.#since = now
    this.#bucket = this.#bucketOf(0)
  }

  set(value: number, now: number): void {
    this.#advance(now)
    if (value === this.#value) return
    this.#value = value
    this.#bucket = this.#bucketOf(value)
  }

  /** By bucket, the last being that of what is above all bounds; and the sum of values, weighed by their time. */
  until(now: number): { readonly weights: readonly number[]; readonly sum: number } {
    this.#advance(now)
    return { weights: this.#weights, sum: this.#sum }
  }

  #advance(now: number): void {
    if (now <= this.#since) return
    const nanos = (now - this.#since) * NANOS
    this.#weights[this.#bucket]! += nanos
    this.#sum += this.#value * nanos
    this.#since = now
  }

  #bucketOf(value: number): number {
    const i = this.bounds.findIndex(bound => value <= bound)
    return i < 0 ? this.bounds.length : i
  }
}

/** How much of what a priority level has was used, over time (upstream util/flowcontrol/metrics). */
export class Utilization {
  readonly seats: TimedDistribution
  readonly executing: TimedDistribution
  readonly waiting: TimedDistribution
  readonly demand: TimedDistribution

  constructor(now: number) {
    this.seats = new TimedDistribution(SEATS, now)
    this.executing = new TimedDistribution(REQUESTS, now)
    this.waiting = new TimedDistribution(REQUESTS, now)
    this.demand = new TimedDistribution(DEMAND, now)
  }

  note({ seatsInUse, executing, waiting, waitingSeats, limit, nominal, room }: Load, now: number): void {
    this.seats.set(seatsInUse / Math.max(1, limit), now)
    this.executing.set(executing / Math.max(1, limit), now)
    this.waiting.set(waiting / Math.max(1, room), now)
    this.demand.set((seatsInUse + waitingSeats) / Math.max(1, nominal), now)
  }
}
