import { allKinds } from '../../src/api/index.ts'
import { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import { openMemoryStore } from '../../src/storage/memory.ts'
import { staleCaches, type Unrest, unrest } from './at-rest.ts'
import { Chance } from './chance.ts'
import { Cluster } from './cluster.ts'
import { Containers } from './containers.ts'
import { Faults } from './faults.ts'
import { History } from './history.ts'
import { deployments } from './invariants/deployments.ts'
import type { About, Facts, Violation } from './invariants/invariant.ts'
import { jobs } from './invariants/jobs.ts'
import { pods } from './invariants/pods.ts'
import { autoscalers, budgets, cronJobs, namespaces, quotas } from './invariants/policies.ts'
import { daemonSets, statefulSets } from './invariants/sets.ts'
import { User } from './user.ts'
import type { Net } from './wire.ts'
import { NODES, OutsideWorld } from './world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Of each episode so much is wild; then all is mended, and must come to rest. */
const WILD_MS = 5 * HOUR
const QUIET_MS = HOUR
/** How often, on average, the user does something and the world strikes. */
const STEP_MS = 100 * SECOND
/** Turns of the event loop in a row without anything happening. */
const QUIET_TURNS = 2
/** So many turns without rest at one point of time: something goes round and round. */
const MAX_TURNS = 200_000

const INVARIANTS = [
  pods,
  deployments,
  jobs,
  statefulSets,
  daemonSets,
  quotas,
  budgets,
  autoscalers,
  cronJobs,
  namespaces,
]
/** Kinds that no cache is compared in: they are no part of the history's objects. */
const LOOKED_AT = allKinds.filter(k => !k.virtual && !k.storedAs && k.plural !== 'leases' && k.plural !== 'events')

export interface Outcome {
  readonly seed: number
  readonly hours: number
  readonly steps: number
  readonly writes: number
  readonly user: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  readonly realSeconds: number
  /** Of everything that was written, in order. */
  readonly hash: string
  readonly failure?: {
    readonly invariant: string
    readonly message: string
    readonly step: number
    readonly time: string
    /** What became of the objects concerned. */
    readonly histories: Readonly<Record<string, readonly string[]>>
  }
}

export interface SimulationOptions {
  readonly seed: number
  /** Virtual hours. */
  readonly hours: number
  /** Told of steps, for those who look for a fault. */
  readonly log?: (line: string) => void
}

class Broken extends Error {
  readonly violation: Violation
  constructor(violation: Violation) {
    super(violation.message)
    this.violation = violation
  }
}

/** A whole cluster on virtual time, with a seed that decides everything that happens to it. */
class Simulation {
  readonly #options: SimulationOptions
  readonly #clock = new VirtualClock()
  readonly #store = openMemoryStore()
  readonly #history = new History(this.#store)
  readonly #faults: Faults
  readonly #chance: Chance
  readonly #cluster: Cluster
  readonly #containers: Containers
  readonly #user: User
  readonly #world: OutsideWorld
  readonly #began: number
  #stirs = 0
  #step = 0
  #quiet = false
  #violation: Violation | undefined

  constructor(options: SimulationOptions) {
    const { seed } = options
    this.#options = options
    this.#began = this.#clock.now()
    this.#chance = new Chance(seed * 7 + 1)
    this.#faults = new Faults(new Chance(seed * 7 + 2))
    this.#cluster = new Cluster({
      store: this.#store,
      clock: this.#clock,
      chance: new Chance(seed * 7 + 3),
      net: this.#net(),
      onError: (name, key, error) => this.#onError(name, key, error),
    })
    const parts = { cluster: this.#cluster, faults: this.#faults, clock: this.#clock }
    this.#containers = new Containers(this.#cluster, this.#history, new Chance(seed * 7 + 4), this.#clock)
    this.#user = new User(this.#cluster.admin, this.#history, new Chance(seed * 7 + 5))
    this.#world = new OutsideWorld({ ...parts, containers: this.#containers, chance: new Chance(seed * 7 + 6) })
    const facts = this.#facts()
    this.#history.listeners.push(...INVARIANTS.map(invariant => invariant(facts)))
  }

  async run(): Promise<Outcome> {
    const start = process.hrtime.bigint()
    let failure: Outcome['failure']
    try {
      await this.#live()
    } catch (error) {
      failure = this.#failureOf(error)
    }
    this.#cluster.stop()
    await this.#store.close()
    return {
      seed: this.#options.seed,
      hours: Math.round((this.#clock.now() - this.#began) / HOUR),
      steps: this.#step,
      writes: this.#history.writes,
      user: this.#user.counts,
      faults: this.#faults.counts,
      realSeconds: Math.round(Number((process.hrtime.bigint() - start) / 10_000_000n)) / 100,
      hash: this.#history.digest(),
      ...(failure && { failure }),
    }
  }

  async #live(): Promise<void> {
    await this.#cluster.startServer()
    this.#cluster.startManager()
    this.#cluster.startScheduler()
    for (const [name, zone] of NODES) this.#cluster.startKubelet(name, zone)
    await this.#settle()
    await this.#advance(MINUTE)
    const end = this.#options.hours * HOUR
    for (let spent = 0; spent < end; spent += WILD_MS + QUIET_MS) {
      await this.#wild(Math.min(WILD_MS, Math.max(HOUR, end - spent - QUIET_MS)))
      await this.#rest()
    }
  }

  async #wild(ms: number): Promise<void> {
    this.#containers.wild = true
    for (let left = ms; left > 0; ) {
      const wait = Math.ceil(this.#chance.wait(STEP_MS))
      left -= wait
      await this.#advance(wait)
      this.#step++
      if (this.#chance.happens(0.5)) await this.#user.act()
      else await this.#world.strike()
      await this.#settle()
    }
  }

  async #rest(): Promise<void> {
    this.#log('rest')
    await this.#world.heal()
    await this.#user.openNodes()
    await this.#settle()
    await this.#advance(QUIET_MS / 2)
    this.#quiet = true
    await this.#advance(QUIET_MS / 2)
    const found: Unrest[] = [
      ...unrest(this.#history, this.#clock.now()),
      ...staleCaches('the controllers', this.#cluster.manager?.informers, this.#history, LOOKED_AT),
      ...staleCaches('the scheduler', this.#cluster.schedulerInformers, this.#history, LOOKED_AT),
      ...this.#cluster.busy().map(who => ({ what: `${who}: not idle`, about: [] })),
      ...this.#user.mistakes.map(what => ({ what: `the user made a mistake: ${what}`, about: [] })),
    ]
    this.#quiet = false
    const about = found.flatMap(one => one.about)
    const message = found.map(({ what }) => what).join('\n')
    if (found.length > 0) throw new Broken({ invariant: 'everything comes to rest', message, about })
  }

  #advance(ms: number): Promise<void> {
    return this.#clock.advance(ms, () => this.#settle())
  }

  /** Waits until nothing is left to do at this point of time; reads and judges what was written. */
  async #settle(): Promise<void> {
    let seen = -1
    for (let quiet = 0, turns = 0; quiet < QUIET_TURNS; turns++) {
      await new Promise(resolve => setImmediate(resolve))
      const now = this.#stirs + this.#history.waiting
      quiet = now === seen ? quiet + 1 : 0
      seen = now
      if (turns > MAX_TURNS) throw new Broken({ invariant: 'time goes on', message: 'there is no end', about: [] })
    }
    this.#history.take(this.#clock.now())
    if (this.#violation) throw new Broken(this.#violation)
  }

  #net(): Omit<Net, 'server'> {
    const now = () => this.#clock.now()
    return {
      clock: this.#clock,
      stir: () => void this.#stirs++,
      mishap: (process, request) => this.#faults.mishap(process, request, now()),
      refusedWatch: (_process, request) => this.#faults.refusedWatch(request, now()),
      heldUntil: (process, plural) => this.#faults.heldUntil(process, plural, now()),
      wroteBy: (revision, who) => this.#history.wroteBy(revision, who),
      brokenWatch: (who, what) => this.#violated('watches tell of changes in order', `${who}: ${what}`),
    }
  }

  #facts(): Facts {
    const faults = this.#faults
    return {
      history: this.#history,
      clock: this.#clock,
      get confusedAt() {
        return faults.confusedAt
      },
      violated: (invariant, message, ...about) => this.#violated(invariant, message, ...about),
    }
  }

  #violated(invariant: string, message: string, ...about: About[]): void {
    this.#violation ??= { invariant, message, about }
  }

  #onError(name: string, key: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.#log(`${name} ${key}: ${message}`)
    // Where no fault strikes, only a quota refuses anything; and what others remove at the same time is not found.
    if (this.#quiet && !/exceeded quota|status unknown for quota|must specify|not found/.test(message))
      this.#violated('nothing fails in quiet times', `${name} ${key}: ${(error as Error)?.stack ?? message}`)
    if (error instanceof TypeError || error instanceof RangeError)
      this.#violated('nothing breaks', `${name} ${key}: ${error.stack}`)
  }

  #log(line: string): void {
    this.#options.log?.(`${new Date(this.#clock.now()).toISOString()} #${this.#step} ${line}`)
  }

  #failureOf(error: unknown): Outcome['failure'] {
    const { invariant, message, about } =
      error instanceof Broken
        ? error.violation
        : { invariant: 'nothing breaks', message: (error as Error).stack ?? String(error), about: [] }
    const histories = Object.fromEntries(
      about.map(([plural, key]) => [`${plural} ${key}`, this.#history.pastOf(plural, key)]),
    )
    return { invariant, message, step: this.#step, time: new Date(this.#clock.now()).toISOString(), histories }
  }
}

/** Runs a simulation; the same seed and hours give the same outcome. */
export const simulate = (options: SimulationOptions): Promise<Outcome> => new Simulation(options).run()
