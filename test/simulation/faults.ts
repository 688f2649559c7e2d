import { StatusError } from '../../src/apimachinery/errors.ts'
import type { ClientRequest, WatchRequest } from '../../src/client/transport.ts'
import type { Chance } from './chance.ts'
import type { Mishap } from './wire.ts'

const SMOOTH: Mishap = { before: 0, after: 0 }

/** Bad weather between one process (or all) and the server, for a time. */
interface Storm {
  readonly process: string | undefined
  /** Milliseconds since the epoch. */
  until: number
  /** How often a request fails before it is done, and how often only its answer is lost. */
  readonly refuse: number
  readonly lose: number
  /** How long requests and answers take at most, in milliseconds. */
  readonly delay: number
}

/** Everything that can go wrong between the processes and the server. */
export class Faults {
  readonly #chance: Chance
  #storms: Storm[] = []
  #holds: { process: string | undefined; plural: string | undefined; until: number }[] = []
  /** Watches that begin before this time must list anew first. */
  #expiredUntil = 0
  /** When an answer was last lost, or the clock last moved by itself. */
  confusedAt = 0
  /** How often each kind of fault struck. */
  readonly counts: Record<string, number> = {}

  constructor(chance: Chance) {
    this.#chance = chance
  }

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by
  }

  /** `process` undefined: all of them. */
  storm(storm: Storm): void {
    this.count('storms')
    this.#storms.push(storm)
  }
  hold(process: string | undefined, plural: string | undefined, until: number): void {
    this.count('delayed watches')
    this.#holds.push({ process, plural, until })
  }
  expireWatches(until: number): void {
    this.count('expired watches')
    this.#expiredUntil = until
  }
  /** The clock on the wall has been moved by so many milliseconds. */
  shift(ms: number): void {
    for (const storm of this.#storms) storm.until += ms
    for (const hold of this.#holds) hold.until += ms
    this.#expiredUntil += ms
    this.confusedAt += ms
  }
  calm(): void {
    this.#storms = []
    this.#holds = []
    this.#expiredUntil = 0
  }

  mishap(process: string, request: ClientRequest, now: number): Mishap {
    if (process === 'user') return SMOOTH
    // What goes in rings while somebody has not heard yet takes its time.
    if (this.#holds.some(({ until }) => until > now)) return { ...this.#stormy(process, request, now), before: 100 }
    return this.#stormy(process, request, now)
  }

  #stormy(process: string, request: ClientRequest, now: number): Mishap {
    if (this.#storms.length === 0) return SMOOTH
    this.#storms = this.#storms.filter(({ until }) => until > now)
    const storm = this.#storms.find(s => s.process === undefined || s.process === process)
    if (!storm) return SMOOTH
    const chance = this.#chance
    const [before, after] = storm.delay > 0 ? [chance.between(0, storm.delay), chance.between(0, storm.delay)] : [0, 0]
    if (chance.happens(storm.refuse)) {
      const refused = this.#refusal(request)
      this.count(`${refused.code} answers`)
      return { before, after, refused }
    }
    const writes = request.verb !== 'get' && request.verb !== 'list'
    const lost = writes && chance.happens(storm.lose)
    if (lost) {
      this.count('lost answers')
      this.confusedAt = now
    }
    return { before, after, lost }
  }

  refusedWatch({ options }: WatchRequest, now: number): StatusError | undefined {
    if (now >= this.#expiredUntil || !options?.resourceVersion) return undefined
    this.count('410 answers')
    return new StatusError(410, 'Expired', 'too old resource version (simulated)')
  }

  heldUntil(process: string, plural: string, now: number): number {
    if (this.#holds.length === 0) return 0
    this.#holds = this.#holds.filter(({ until }) => until > now)
    const matching = this.#holds.filter(
      hold => (hold.process ?? process) === process && (hold.plural ?? plural) === plural,
    )
    return Math.max(0, ...matching.map(({ until }) => until))
  }

  #refusal({ verb, subresource }: ClientRequest): StatusError {
    const errors: (readonly [number, StatusError])[] = [
      [4, new StatusError(500, 'InternalError', 'something broke (simulated)')],
      [2, new StatusError(429, 'TooManyRequests', 'too many requests (simulated)', { retryAfterSeconds: 1 })],
      [2, new StatusError(503, 'ServiceUnavailable', 'not now (simulated)')],
      [2, new StatusError(504, 'Timeout', 'took too long (simulated)')],
    ]
    const mayConflict = verb === 'update' || (verb === 'patch' && subresource === undefined)
    if (mayConflict) errors.push([4, new StatusError(409, 'Conflict', 'the object has been modified (simulated)')])
    return this.#chance.weighted(errors)
  }
}
