import type { Clock } from '../../apimachinery/clock.ts'
import { ESTIMATED_SERVICE_SECONDS, FlowRequest, Queue, type Work } from './queue.ts'
import { SeatDemand } from './seat-demand.ts'
import { Dealer } from './shuffle-sharding.ts'
import { Utilization } from './utilization.ts'

/** How requests of a priority level wait: in queues, not at all, or never because there is no limit. */
export type Queuing =
  | { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number }
  | 'reject'
  | 'exempt'

/** Why a request was refused, as upstream's metrics call it. */
export type Refusal = 'concurrency-limit' | 'queue-full' | 'time-out' | 'cancelled'

/** What a request is taken for. */
export interface Flow {
  readonly schema: string
  readonly distinguisher: string
  readonly work: Work
}

/**
 * The requests of one priority level: those worked on, within a limit of seats, and those waiting. Whose turn it is follows
 * fair queuing in virtual time: each active queue gets the same share of seat-seconds (upstream fairqueuing/queueset,
 * KEP-1040).
 */
export class QueueSet {
  /** Seats that may be taken at once. */
  limit = 0
  /** Seats by shares, whatever is lent or borrowed. */
  nominal = 0
  readonly demand: SeatDemand
  readonly utilization: Utilization
  readonly #clock: Clock
  #queuing: Queuing = 'reject'
  #dealer: Dealer | undefined
  queues: Queue[] = []
  /** Requests worked on that never were in a queue. */
  readonly queueless = new Set<FlowRequest>()
  waiting = 0
  waitingSeats = 0
  executing = 0
  seatsInUse = 0
  dispatched = 0
  rejected = 0
  timedOut = 0
  cancelled = 0
  /** Times that the next request found too few free seats. */
  noAccommodation = 0
  /** Virtual time: seat-seconds that each active queue has got since the beginning. */
  currentR = 0
  #lastTime: number
  #activeQueues = 0
  #robin = 0
  #enqueued = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastTime = clock.now()
    this.demand = new SeatDemand(this.#lastTime)
    this.utilization = new Utilization(this.#lastTime)
  }

  /** Takes another configuration. Queues that are too many go when they are empty. */
  configure(queuing: Queuing, limit: number): void {
    this.#passTime()
    this.#queuing = queuing
    this.limit = limit
    if (typeof queuing === 'object') {
      this.#dealer = new Dealer(queuing.queues, queuing.handSize)
      while (this.queues.length < queuing.queues) this.queues.push(new Queue())
    }
    this.#dropQueues()
    this.#dispatch()
  }

  setLimit(limit: number): void {
    this.configure(this.#queuing, limit)
  }

  /** Requests that may wait. */
  get room(): number {
    const queuing = this.#queuing
    return typeof queuing === 'object' ? queuing.queues * queuing.queueLengthLimit : 0
  }

  get idle(): boolean {
    return this.waiting === 0 && this.executing === 0 && this.seatsInUse === 0
  }

  /** Takes a request: at once where there is room (`started` is set), or into a queue, or not at all. */
  begin(flow: Flow): FlowRequest | Refusal {
    const now = this.#passTime()
    const queuing = this.#queuing
    if (typeof queuing !== 'object') {
      const request = new FlowRequest(this, flow, now, this.currentR, undefined)
      if (queuing === 'reject' && !this.#hasRoomFor(request.seats)) {
        this.rejected++
        return 'concurrency-limit'
      }
      this.#start(request, now)
      return request
    }
    const queue = this.#queueFor(flow)
    if (this.seatsInUse >= this.limit && queue.waiting.length >= queuing.queueLengthLimit) {
      this.rejected++
      return 'queue-full'
    }
    const request = new FlowRequest(this, flow, now, this.currentR, queue)
    if (!queue.active) {
      queue.nextDispatchR = this.currentR
      this.#activeQueues++
    }
    this.#enqueued++
    queue.push(request)
    this.waiting++
    this.waitingSeats += request.seats
    queue.bound()
    this.#noteDemand(now)
    // Alone there is nothing to choose between.
    if (this.waiting > 1) this.#dispatch()
    else if (this.seatsInUse < this.limit && this.#hasRoomFor(request.seats)) this.#leave(request, now)
    return request
  }

  /** Gives up on a request that waits. */
  cancel(request: FlowRequest, why: 'time-out' | 'cancelled'): void {
    const now = this.#passTime()
    const { queue } = request
    if (!queue?.remove(request)) return
    this.waiting--
    this.waitingSeats -= request.seats
    this.rejected++
    if (why === 'time-out') this.timedOut++
    else this.cancelled++
    if (!queue.active) this.#activeQueues--
    queue.bound()
    this.#noteDemand(now)
    this.#dispatch()
  }

  /** A request has been worked on; its seats are free, or will be when what it caused has been worked on. Only the first call counts. */
  finish(request: FlowRequest): void {
    if (request.finished || request.started === undefined) return
    request.finished = true
    const now = this.#passTime()
    const { queue, work } = request
    this.executing--
    if (queue) {
      queue.executing.delete(request)
      if (!queue.active) this.#activeQueues--
      const seconds = (now - request.started) / 1000
      queue.nextDispatchR -= work.initialSeats * (ESTIMATED_SERVICE_SECONDS - seconds)
      queue.bound()
    } else this.queueless.delete(request)
    if (work.lingerMs > 0) this.#clock.timer(work.lingerMs, () => this.#free(request, this.#passTime()))
    else this.#free(request, now)
  }

  #free(request: FlowRequest, now: number): void {
    this.seatsInUse -= request.seats
    if (request.queue) request.queue.seatsInUse -= request.seats
    this.#noteDemand(now)
    this.#dropQueues()
    this.#dispatch()
  }

  /** The queue of the flow's hand with the least work; from another one on each time, so that ties are spread. */
  #queueFor({ schema, distinguisher }: Flow): Queue {
    const hand = this.#dealer!.handOf(schema, distinguisher)
    let best: Queue | undefined
    for (let i = 0; i < hand.length; i++) {
      const queue = this.queues[hand[(this.#enqueued + i) % hand.length]!]!
      if (!best || queue.waitingWork < best.waitingWork) best = queue
    }
    return best!
  }

  #hasRoomFor(seats: number): boolean {
    // What is wider than the level can only run alone.
    if (seats > this.limit) return this.executing === 0
    return this.seatsInUse + seats <= this.limit
  }

  #dispatch(): void {
    while (this.waiting > 0 && this.seatsInUse < this.limit) {
      const next = this.#next()
      if (!next) return
      this.#leave(next, this.#lastTime)
    }
  }

  /** The request that would be done first in virtual time, if there is room for it. */
  #next(): FlowRequest | undefined {
    let first: FlowRequest | undefined
    let earliest = Number.POSITIVE_INFINITY
    let index = 0
    const { length } = this.queues
    for (let i = 1; i <= length; i++) {
      const at = (this.#robin + i) % length
      const queue = this.queues[at]!
      const [oldest] = queue.waiting
      if (!oldest || queue.nextDispatchR + oldest.totalWork >= earliest) continue
      earliest = queue.nextDispatchR + oldest.totalWork
      first = oldest
      index = at
    }
    if (!first) return undefined
    if (!this.#hasRoomFor(first.seats)) {
      this.noAccommodation++
      return undefined
    }
    this.#robin = index
    return first
  }

  #leave(request: FlowRequest, now: number): void {
    const queue = request.queue!
    queue.remove(request)
    this.waiting--
    this.waitingSeats -= request.seats
    this.#start(request, now)
    queue.nextDispatchR += request.totalWork
    queue.bound()
    request.onDispatch?.()
  }

  #start(request: FlowRequest, now: number): void {
    request.started = now
    this.dispatched++
    this.executing++
    this.seatsInUse += request.seats
    if (request.queue) {
      request.queue.executing.add(request)
      request.queue.seatsInUse += request.seats
    } else this.queueless.add(request)
    this.#noteDemand(now)
  }

  #noteDemand(now: number): void {
    this.demand.set(this.seatsInUse + this.waitingSeats, now)
    this.utilization.note(this, now)
  }

  #dropQueues(): void {
    const wanted = typeof this.#queuing === 'object' ? this.#queuing.queues : 0
    while (this.queues.length > wanted && !this.queues.at(-1)!.active && this.queues.at(-1)!.seatsInUse === 0) {
      this.queues.pop()
    }
  }

  /** Moves virtual time on, as fast as active queues got seats since the last change. Answers with the real time. */
  #passTime(): number {
    const now = this.#clock.now()
    if (this.#activeQueues > 0 && now > this.#lastTime) {
      const seats = Math.min(this.seatsInUse + this.waitingSeats, this.limit)
      this.currentR += (seats / this.#activeQueues) * ((now - this.#lastTime) / 1000)
    }
    this.#lastTime = now
    return now
  }
}
