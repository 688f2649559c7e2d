import { tooManyRequests } from '../../apimachinery/errors.ts'
import type { UserInfo } from '../request.ts'
import { isLongRunning, type RequestInfo } from './request-info.ts'

/** Requests worked on at once, watches and connections aside (upstream's --max-requests-inflight and its mutating twin). */
const MAX_READING = 400
const MAX_MUTATING = 200

const READING = new Set(['get', 'list', 'watch'])

/** Keeps a flood of requests from taking all memory: beyond a limit clients are asked to come back in a second. */
export class InFlight {
  #reading = 0
  #mutating = 0

  /** Counts a request until the returned function is called. Throws 429 when there are too many. */
  begin(info: RequestInfo, user: UserInfo): () => void {
    if (isLongRunning(info)) return () => {}
    const reading = READING.has(info.verb)
    const full = reading ? this.#reading >= MAX_READING : this.#mutating >= MAX_MUTATING
    // Those who can do anything must be able to, above all when there is trouble.
    if (full && !user.groups.includes('system:masters')) {
      throw tooManyRequests('Too many requests, please try again later.', 1)
    }
    if (reading) this.#reading++
    else this.#mutating++
    return () => {
      if (reading) this.#reading--
      else this.#mutating--
    }
  }
}
