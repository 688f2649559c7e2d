import { type Clock, sleep, type Timer } from '../../apimachinery/clock.ts'
import type { NodePoints } from './scrape.ts'
import { type Usage, usageOf } from './usage.ts'

/** How often nodes are looked at, in milliseconds (metrics-server's --metric-resolution as it is deployed). */
const RESOLUTION_MS = 15_000
/** For so long after somebody asked, the nodes go on being looked at. */
const ATTENTIVE_MS = 5 * 60_000
/** Who asks when nobody has for long waits until there are two looks, this far apart. */
const FIRST_WINDOW_MS = 1_000
/** How long a node has to answer. */
const SCRAPE_MS = 10_000

export interface CollectorOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The names of the nodes that can be asked now. */
  nodes(): readonly string[]
  scrape(node: string, signal: AbortSignal): Promise<NodePoints>
}

/**
 * Looks at nodes every 15 s and keeps the last two looks (metrics-server pkg/scraper, pkg/storage): only while there are nodes
 * and somebody has asked in the last five minutes. The first to ask after that waits a second, and gets what was used in it.
 */
export class Collector {
  readonly #options: CollectorOptions
  #last = new Map<string, NodePoints>()
  #previous = new Map<string, NodePoints>()
  #askedAt = 0
  #timer: Timer | undefined
  #begun: Promise<void> | undefined

  constructor(options: CollectorOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => this.#timer?.cancel(), { once: true })
  }

  /** Sees to it that there is something to tell. */
  async ready(): Promise<void> {
    const { clock, nodes, signal } = this.#options
    this.#askedAt = clock.now()
    if (signal.aborted || (!this.#begun && nodes().length === 0)) return
    this.#begun ??= this.#begin()
    await this.#begun
  }

  /** What a node used; undefined where that is not known (yet). */
  node(name: string): Usage | undefined {
    const last = this.#last.get(name)?.node
    return last && usageOf(last, this.#previous.get(name)?.node, RESOLUTION_MS)
  }

  /** What each container of a pod used; undefined where that is not known of all of them. */
  pod(node: string, key: string): ReadonlyMap<string, Usage> | undefined {
    const last = this.#last.get(node)?.pods.get(key)
    if (!last) return undefined
    const previous = this.#previous.get(node)?.pods.get(key)
    const usages = new Map<string, Usage>()
    for (const [name, point] of last) {
      const usage = usageOf(point, previous?.get(name), RESOLUTION_MS)
      if (!usage) return undefined
      usages.set(name, usage)
    }
    return usages
  }

  async #begin(): Promise<void> {
    const { clock, signal } = this.#options
    await this.#look()
    await sleep(clock, FIRST_WINDOW_MS, signal).catch(() => {})
    await this.#look()
    this.#next()
  }

  #next(): void {
    const { clock, signal } = this.#options
    if (signal.aborted) return
    this.#timer = clock.timer(RESOLUTION_MS, () => {
      if (clock.now() - this.#askedAt > ATTENTIVE_MS) this.#rest()
      else void this.#look().then(() => this.#next())
    })
  }

  /** Nobody is interested: what is known gets too old to be told. */
  #rest(): void {
    this.#begun = undefined
    this.#last.clear()
    this.#previous.clear()
  }

  async #look(): Promise<void> {
    const { nodes } = this.#options
    const looks = await Promise.all(nodes().map(async node => [node, await this.#scrape(node)] as const))
    this.#previous = this.#last
    this.#last = new Map(looks.flatMap(([node, points]) => (points ? [[node, points] as const] : [])))
  }

  /** What a node says; undefined where it does not answer: it is then left out until it does. */
  async #scrape(node: string): Promise<NodePoints | undefined> {
    const { clock, scrape } = this.#options
    const late = new AbortController()
    const timer = clock.timer(SCRAPE_MS, () => late.abort(new Error('context deadline exceeded')))
    try {
      return await scrape(node, late.signal)
    } catch {
      return undefined
    } finally {
      timer.cancel()
    }
  }
}
