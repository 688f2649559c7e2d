import type { QueueSet } from './queue-set.ts'

/** How much of the server a request takes. */
export interface Work {
  /** Seats while it is worked on. */
  readonly initialSeats: number
  /** Seats after that, while what it caused is worked on. */
  readonly finalSeats: number
  /** How long the final seats are taken, in milliseconds. */
  readonly lingerMs: number
}

/** How long a request is taken to need until it has shown how long it does, in seconds. */
export const ESTIMATED_SERVICE_SECONDS = 0.003

/** One request on its way through a queue set. */
export class FlowRequest {
  readonly set: QueueSet
  readonly schema: string
  readonly distinguisher: string
  readonly work: Work
  readonly seats: number
  /** Milliseconds since the epoch. */
  readonly arrived: number
  /** The virtual time when it arrived. */
  readonly arrivalR: number
  /** None where a priority level has no queues. */
  readonly queue: Queue | undefined
  /** When it began to be worked on, in milliseconds since the epoch. */
  started: number | undefined
  /** Told when it is dispatched; set while it waits. */
  onDispatch: (() => void) | undefined
  finished = false

  constructor(
    set: QueueSet,
    flow: { schema: string; distinguisher: string; work: Work },
    arrived: number,
    arrivalR: number,
    queue: Queue | undefined,
  ) {
    this.set = set
    this.schema = flow.schema
    this.distinguisher = flow.distinguisher
    this.work = flow.work
    this.seats = Math.max(flow.work.initialSeats, flow.work.finalSeats)
    this.arrived = arrived
    this.arrivalR = arrivalR
    this.queue = queue
  }

  /** Seat-seconds it is taken to need. */
  get totalWork(): number {
    const { initialSeats, finalSeats, lingerMs } = this.work
    return initialSeats * ESTIMATED_SERVICE_SECONDS + (finalSeats * lingerMs) / 1000
  }
}

/** Requests of some flows, first come first served. */
export class Queue {
  readonly waiting: FlowRequest[] = []
  /** Those that are worked on. */
  readonly executing = new Set<FlowRequest>()
  seatsInUse = 0
  waitingSeats = 0
  waitingInitialSeats = 0
  waitingWork = 0
  /** The virtual time at which its next request would begin. */
  nextDispatchR = 0

  get active(): boolean {
    return this.waiting.length > 0 || this.executing.size > 0
  }

  push(request: FlowRequest): void {
    this.waiting.push(request)
    this.#count(request, 1)
  }

  /** Takes a request out; false where it is not waiting here. */
  remove(request: FlowRequest): boolean {
    const at = this.waiting.indexOf(request)
    if (at < 0) return false
    this.waiting.splice(at, 1)
    this.#count(request, -1)
    return true
  }

  /** A queue that cannot use all it may must not save that up: it never begins before its oldest request came. */
  bound(): void {
    const [oldest] = this.waiting
    if (oldest && this.nextDispatchR < oldest.arrivalR) this.nextDispatchR = oldest.arrivalR
  }

  #count(request: FlowRequest, sign: number): void {
    this.waitingSeats += sign * request.seats
    this.waitingInitialSeats += sign * request.work.initialSeats
    this.waitingWork += sign * request.totalWork
  }
}
