import type { Clock, Timer } from '../../apimachinery/clock.ts'
import { parseDuration } from '../../apimachinery/duration.ts'
import { badRequest } from '../../apimachinery/errors.ts'
import type { Query } from '../request.ts'

/** Longest a request may take, connections and watches aside (upstream's --request-timeout). */
const REQUEST_TIMEOUT_MS = 60_000

interface Running {
  readonly due: number
  readonly expire: () => void
}

/** Ends requests that take too long. All that may take the same time share one timer, which waits for the oldest. */
export class Deadlines {
  readonly #clock: Clock
  /** In the order they are due. */
  readonly #running = new Set<Running>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `expire` when a request's time is over, unless the returned function has been called. Throws 400 for a bad `timeout`. */
  begin(query: Query, expire: () => void): () => void {
    const own = query.has('timeout') ? ownTimeout(query) : REQUEST_TIMEOUT_MS
    if (own < REQUEST_TIMEOUT_MS) {
      const timer = this.#clock.timer(own, expire)
      return () => timer.cancel()
    }
    const running = { due: this.#clock.now() + REQUEST_TIMEOUT_MS, expire }
    this.#running.add(running)
    this.#timer ??= this.#clock.timer(REQUEST_TIMEOUT_MS, () => this.#sweep())
    return () => void this.#running.delete(running)
  }

  #sweep(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const running of this.#running) {
      if (running.due > now) {
        this.#timer = this.#clock.timer(running.due - now, () => this.#sweep())
        return
      }
      this.#running.delete(running)
      running.expire()
    }
  }
}

/** Milliseconds the client gives; the server's own limit where it gives none or more. */
function ownTimeout(query: Query): number {
  const text = query.string('timeout')
  if (!text) return REQUEST_TIMEOUT_MS
  try {
    const ms = parseDuration(text)
    return ms > 0 ? Math.min(ms, REQUEST_TIMEOUT_MS) : REQUEST_TIMEOUT_MS
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`)
  }
}
