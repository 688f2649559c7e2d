import type { Query } from '../request.ts'
import type { Work } from './queue.ts'

/** Upstream's util/flowcontrol/request. */
const MAX_LIST_SEATS = 100
const MAX_MUTATING_SEATS = 10
const BYTES_PER_SEAT = 100_000
/** Answers from the cache are streamed, so that no more than this is in memory at once. */
const STREAMED_BYTES = 1_000_000
const WATCHES_PER_SEAT = 10
const EVENT_MS = 5

const ONE_SEAT: Work = { initialSeats: 1, finalSeats: 0, lingerMs: 0 }

/** What is known of the objects a request is about. */
export interface ObjectStats {
  readonly count: number
  readonly bytes: number
}

export interface Estimated {
  readonly verb: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
}

const READING = new Set(['get', 'head', 'options'])

/**
 * Seats that a request takes. `maxSeats`: at most so many for one request of its priority level, 0 for no such limit;
 * `stats`: of the resource, undefined where it is unknown; `watches`: how many a change of the object would be sent to.
 */
export function estimateWork(
  request: Estimated,
  query: Query,
  maxSeats: number,
  stats: () => ObjectStats | undefined,
  watches: () => number,
): Work {
  const { verb } = request
  if (READING.has(verb) || !request.resource) return ONE_SEAT
  if (verb === 'list') return estimateList(request, query, maxSeats, stats())
  if (verb === 'watch') return sendsInitialEvents(query) ? estimateList(request, query, maxSeats, stats()) : ONE_SEAT
  if (request.resource === 'serviceaccounts' && request.subresource === 'token') return ONE_SEAT
  return estimateChange(maxSeats, watches())
}

function sendsInitialEvents(query: Query): boolean {
  const version = query.string('resourceVersion')
  return query.bool('sendInitialEvents') || version === '' || version === '0'
}

function estimateList({ name }: Estimated, query: Query, maxSeats: number, stats: ObjectStats | undefined): Work {
  if (!stats || stats.count === 0) return ONE_SEAT
  const limit = Number(query.string('limit')) || stats.count
  const objects = name ? 1 : Math.min(limit, stats.count)
  const bytes = objects * (stats.bytes / stats.count)
  const inMemory = query.string('resourceVersionMatch') === 'Exact' ? bytes : Math.min(bytes, STREAMED_BYTES)
  const most = maxSeats === 0 ? MAX_LIST_SEATS : Math.min(maxSeats, MAX_LIST_SEATS)
  const seats = Math.min(Math.max(Math.ceil(inMemory / BYTES_PER_SEAT), 1), most)
  return seats === 1 ? ONE_SEAT : { initialSeats: seats, finalSeats: 0, lingerMs: 0 }
}

function estimateChange(maxSeats: number, watches: number): Work {
  if (watches < WATCHES_PER_SEAT) return ONE_SEAT
  const seats = Math.ceil(watches / WATCHES_PER_SEAT)
  const most = maxSeats === 0 ? MAX_MUTATING_SEATS : Math.min(maxSeats, MAX_MUTATING_SEATS)
  const finalSeats = Math.min(seats, most)
  // The same work on fewer seats takes longer.
  return { initialSeats: 1, finalSeats, lingerMs: (seats * EVENT_MS) / finalSeats }
}
