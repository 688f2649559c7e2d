import type { FlowSchema, FlowSchemaSpec } from '../../api/flowcontrol/flowschema.ts'
import type { PriorityLevelConfiguration } from '../../api/flowcontrol/prioritylevelconfiguration.ts'
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import { tooManyRequests } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { CacheEvent, Cacher } from '../cacher/cacher.ts'
import type { Query, UserInfo } from '../request.ts'
import * as defaults from './bootstrap.ts'
import { shareOutSeats } from './borrowing.ts'
import { type Classified, matchesSchema } from './match.ts'
import { PriorityLevel } from './priority-level.ts'
import type { FlowRequest, Work } from './queue.ts'
import type { Refusal } from './queue-set.ts'
import { WatchTracker } from './watch-tracker.ts'
import { estimateWork, type ObjectStats } from './work-estimate.ts'

/** How often seats are shared out anew while there are requests. */
const ADJUSTMENT_MS = 10_000
/** How long a request may wait for its turn: a quarter of what it may take altogether. */
const MAX_WAIT_MS = 15_000

export interface FlowOptions {
  readonly flowSchemas: Cacher<FlowSchema>
  readonly priorityLevels: Cacher<PriorityLevelConfiguration>
  /** Of a resource; undefined where it is unknown. */
  readonly stats: (request: Asked) => ObjectStats | undefined
  readonly clock: Clock
  /** Seats of the whole server. */
  readonly seats: number
}

/** A flow schema at work. */
export interface Schema {
  readonly name: string
  readonly uid: string
  readonly spec: FlowSchemaSpec
  readonly level: PriorityLevel
  readonly counts: FlowCounts
}

/** What became of a schema's requests. */
export interface FlowCounts {
  dispatched: number
  readonly rejected: Partial<Record<Refusal, number>>
}

/** A request that has been told what it is. */
export interface Asked extends Classified {
  readonly version: string
  readonly name: string
}

/** Told how long requests waited and were worked on, in milliseconds. */
export interface FlowObserver {
  waited(schema: Schema, ms: number, executed: boolean): void
  executed(schema: Schema, ms: number, watch: boolean): void
  estimated(schema: Schema, work: Work): void
}

/**
 * Priority and fairness (KEP-1040): sorts requests into flows by FlowSchemas, and lets each priority level work on so many at
 * once; more wait in queues, and too many are refused.
 */
export class FlowController {
  readonly watches = new WatchTracker()
  readonly levels = new Map<string, PriorityLevel>()
  /** Fraction of their targets that levels got when seats were last shared out. */
  fairFraction = 0
  observer: FlowObserver | undefined
  readonly #options: FlowOptions
  readonly #counts = new Map<string, FlowCounts>()
  #schemas: readonly Schema[] = []
  #timer: Timer | undefined

  constructor(options: FlowOptions) {
    this.#options = options
    this.#configure()
    options.flowSchemas.listen(change => void (changes(change) && this.#configure()))
    options.priorityLevels.listen(change => void (changes(change) && this.#configure()))
  }

  /** The flow schemas, in the order they are tried. */
  get schemas(): readonly Schema[] {
    return this.#schemas
  }

  /** In milliseconds. */
  get now(): number {
    return this.#options.clock.now()
  }

  /** The schema a request belongs to. */
  classify(request: Asked, user: UserInfo): Schema {
    for (const schema of this.#schemas) if (matchesSchema(schema.spec, request, user)) return schema
    return this.#schemas.at(-1)!
  }

  /**
   * Lets a request in, now or, where the answer is a promise, when it is its turn; `finish` the request when it is done.
   * Throws 429 when there is no room, or its turn does not come in time.
   */
  admit(
    schema: Schema,
    request: Asked,
    user: UserInfo,
    query: Query,
    gone: () => AbortSignal,
  ): FlowRequest | Promise<FlowRequest> {
    const { level } = schema
    const { stats } = this.#options
    const work = estimateWork(
      request,
      query,
      level.maxSeats,
      () => stats(request),
      () => this.watches.interestedIn(request),
    )
    this.observer?.estimated(schema, work)
    this.#wake()
    const distinguisher = level.hasFlows ? distinguisherOf(schema.spec, request, user) : ''
    const begun = level.set.begin({ schema: schema.name, distinguisher, work })
    if (typeof begun === 'string') throw this.#refused(schema, begun)
    if (begun.started === undefined) return this.#turnOf(schema, begun, gone())
    schema.counts.dispatched++
    if (!level.exempt) this.observer?.waited(schema, 0, true)
    return begun
  }

  /** A request is done; a watch, when it has caught up. Calls after the first do nothing. */
  finish(schema: Schema, request: FlowRequest, watch: boolean): void {
    if (request.finished) return
    request.set.finish(request)
    this.observer?.executed(schema, this.#options.clock.now() - request.started!, watch)
    if (schema.level.quiescing && schema.level.set.idle) this.#configure()
  }

  #turnOf(schema: Schema, request: FlowRequest, gone: AbortSignal): Promise<FlowRequest> {
    const { clock } = this.#options
    return new Promise((resolve, reject) => {
      const settle = () => {
        timer.cancel()
        gone.removeEventListener('abort', leave)
        request.onDispatch = undefined
        this.observer?.waited(schema, clock.now() - request.arrived, request.started !== undefined)
      }
      const giveUp = (why: 'time-out' | 'cancelled') => {
        settle()
        request.set.cancel(request, why)
        // Upstream counts both as the one thing they have in common.
        reject(this.#refused(schema, 'time-out'))
      }
      const leave = () => giveUp('cancelled')
      const timer = clock.timer(MAX_WAIT_MS, () => giveUp('time-out'))
      gone.addEventListener('abort', leave, { once: true })
      request.onDispatch = () => {
        settle()
        schema.counts.dispatched++
        resolve(request)
      }
    })
  }

  #refused({ level, counts }: Schema, why: Refusal) {
    counts.rejected[why] = (counts.rejected[why] ?? 0) + 1
    level.dropped.add(this.#options.clock.now())
    return tooManyRequests('Too many requests, please try again later.', level.dropped.retryAfterSeconds)
  }

  /** While there are requests, seats are shared out anew from time to time. */
  #wake(): void {
    this.#timer ??= this.#options.clock.timer(ADJUSTMENT_MS, () => {
      this.#timer = undefined
      this.#shareOut()
      const busy = [...this.levels.values()].some(({ set }) => !set.idle || set.demand.highWatermark > 0)
      if (busy) this.#wake()
    })
  }

  #shareOut(): void {
    this.fairFraction = shareOutSeats(this.levels.values(), this.#options.clock.now())
  }

  /** Takes over what the API says now; the mandatory objects are there whatever it says. */
  #configure(): void {
    this.#configureLevels()
    const found = [...this.#options.flowSchemas.values()].map(({ object }) => object)
    const named = new Set(found.map(({ metadata }) => metadata.name))
    const missing = defaults.flowSchemas.filter(({ name, mandatory }) => mandatory && !named.has(name))
    const all = [
      ...found.map(({ metadata, spec }) => ({ name: metadata.name!, uid: metadata.uid ?? '', spec })),
      ...missing.map(({ name, spec }) => ({ name, uid: '', spec })),
    ]
    this.#schemas = all
      .sort((a, b) => a.spec.matchingPrecedence - b.spec.matchingPrecedence || (a.name < b.name ? -1 : 1))
      .flatMap(schema => {
        const level = this.levels.get(schema.spec.priorityLevelConfiguration.name)
        return level && !level.quiescing ? [{ ...schema, level, counts: this.#countsOf(level.name, schema.name) }] : []
      })
  }

  #configureLevels(): void {
    const { priorityLevels, clock, seats } = this.#options
    const wanted = new Map(
      defaults.priorityLevels.filter(({ mandatory }) => mandatory).map(({ name, spec }) => [name, { uid: '', spec }]),
    )
    for (const { object } of priorityLevels.values()) {
      wanted.set(object.metadata.name!, { uid: object.metadata.uid ?? '', spec: object.spec })
    }
    for (const [name, { uid, spec }] of wanted) {
      const level = this.levels.get(name) ?? new PriorityLevel(name, spec, clock)
      Object.assign(level, { uid, spec, quiescing: false })
      this.levels.set(name, level)
    }
    for (const [name, level] of this.levels) {
      if (wanted.has(name)) continue
      level.quiescing = true
      if (level.set.idle) this.levels.delete(name)
    }
    const shares = [...this.levels.values()].reduce((sum, level) => sum + level.shares, 0)
    for (const level of this.levels.values()) {
      level.share(seats, shares)
      level.set.configure(level.queuing, level.set.limit)
    }
    this.#shareOut()
  }

  #countsOf(level: string, schema: string): FlowCounts {
    const key = `${level}/${schema}`
    let counts = this.#counts.get(key)
    if (!counts) {
      counts = { dispatched: 0, rejected: {} }
      this.#counts.set(key, counts)
    }
    return counts
  }
}

/** Whether more has changed than a status. */
function changes({ type, entry, previous }: CacheEvent<KubeObject & { readonly spec: unknown }>): boolean {
  return type !== 'MODIFIED' || !deepEqual(entry.object.spec, previous!.object.spec)
}

function distinguisherOf({ distinguisherMethod }: FlowSchemaSpec, { namespace }: Classified, user: UserInfo): string {
  if (!distinguisherMethod) return ''
  return distinguisherMethod.type === 'ByUser' ? user.name : namespace
}
