import { sleep } from '../../src/apimachinery/clock.ts'
import { StatusError } from '../../src/apimachinery/errors.ts'
import type { KubeObject } from '../../src/apimachinery/schema/kind.ts'
import type { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import type {
  ClientRequest,
  DiscoveredResource,
  Transport,
  WatchEvent,
  WatchRequest,
} from '../../src/client/transport.ts'

/** What befalls one request on its way. Times in milliseconds. */
export interface Mishap {
  /** How long it takes to reach the server, and the answer to come back. */
  readonly before: number
  readonly after: number
  /** The answer instead of the server's, which never hears of it. */
  readonly refused?: StatusError
  /** The server does it, and the answer is lost. */
  readonly lost?: boolean
}

/** The nets that requests and events of a simulation go through. */
export interface Net {
  readonly clock: VirtualClock
  /** Something happened: the world is not quiet yet. */
  stir(): void
  /** The server's own transport for a process; undefined while the server is down. */
  server(user: string): { readonly transport: Transport; readonly stopped: AbortSignal } | undefined
  mishap(process: string, request: ClientRequest): Mishap
  /** Why a new watch cannot begin from a revision, if so. */
  refusedWatch(process: string, request: WatchRequest): StatusError | undefined
  /** Until when events to this process are held back, in milliseconds since the epoch. */
  heldUntil(process: string, plural: string): number
  wroteBy(revision: number, who: string): void
  /** A watch brought an event that must not come. */
  brokenWatch(process: string, what: string): void
}

const NEVER = new Promise<never>(() => {})
const unavailable = () => new StatusError(503, 'ServiceUnavailable', 'connect ECONNREFUSED (simulated)')

/** An answer, or an error where the server dies first. */
async function orBroken<T>(answer: Promise<T>, stopped: AbortSignal): Promise<T | { readonly error: unknown }> {
  let stop = () => {}
  const broken = new Promise<{ readonly error: unknown }>(resolve => {
    const error = new StatusError(503, 'ServiceUnavailable', 'the connection broke off (simulated)')
    stop = () => resolve({ error })
  })
  stopped.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([answer, broken])
  } finally {
    stopped.removeEventListener('abort', stop)
  }
}

/** A process's way to the server. Once the process has died, nothing comes back to it. */
export class Wire implements Transport {
  readonly #net: Net
  readonly #process: string
  readonly #user: string
  readonly #dead: AbortSignal
  readonly #watches = new Set<AbortController>()

  readonly #who: string

  constructor(
    net: Net,
    process: string,
    user: string,
    dead: AbortSignal,
    who = process,
    watches = new Set<AbortController>(),
  ) {
    this.#net = net
    this.#process = process
    this.#who = who
    this.#user = user
    this.#dead = dead
    this.#watches = watches
  }

  /** The same process's way as another user; `who`: how its writes are known. */
  as(user: string, who = this.#who): Wire {
    return new Wire(this.#net, this.#process, user, this.#dead, who, this.#watches)
  }

  async request(request: ClientRequest): Promise<unknown> {
    const net = this.#net
    net.stir()
    const { before, after, refused, lost } = net.mishap(this.#process, request)
    await this.#pass(before)
    if (refused) throw refused
    const server = net.server(this.#user)
    if (!server) throw unavailable()
    const answer = server.transport.request(request).then(
      value => {
        this.#note(value)
        return { value }
      },
      (error: unknown) => ({ error }),
    )
    const outcome = await orBroken(answer, server.stopped)
    net.stir()
    await this.#pass(after)
    if (lost) throw new StatusError(504, 'Timeout', 'the answer was lost (simulated)')
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }

  async watch(request: WatchRequest, onEvent: (event: WatchEvent) => void): Promise<void> {
    const net = this.#net
    net.stir()
    if (this.#dead.aborted) return NEVER
    const refused = net.refusedWatch(this.#process, request)
    if (refused) throw refused
    const server = net.server(this.#user)
    if (!server) throw unavailable()
    const cut = new AbortController()
    this.#watches.add(cut)
    const end = () => cut.abort(request.signal.reason)
    request.signal.addEventListener('abort', end, { once: true })
    const pipe = new Pipe(net, this.#process, request, this.#dead, cut.signal, onEvent)
    try {
      await server.transport.watch({ ...request, signal: cut.signal }, event => pipe.put(event))
    } finally {
      this.#watches.delete(cut)
      request.signal.removeEventListener('abort', end)
      pipe.close()
      net.stir()
    }
  }

  /** Breaks off the process's watches, or those that `chosen` picks. */
  cut(chosen: () => boolean): number {
    const doomed = [...this.#watches].filter(chosen)
    for (const watch of doomed)
      watch.abort(new StatusError(503, 'ServiceUnavailable', 'the watch broke off (simulated)'))
    return doomed.length
  }

  discover(apiVersion: string): Promise<readonly DiscoveredResource[]> {
    return this.#net.server(this.#user)?.transport.discover(apiVersion) ?? Promise.reject(unavailable())
  }

  async close(): Promise<void> {}

  async #pass(ms: number): Promise<void> {
    if (ms > 0) {
      await sleep(this.#net.clock, ms)
      this.#net.stir()
    }
    if (this.#dead.aborted) await NEVER
  }

  #note(answer: unknown): void {
    const revision = Number((answer as Partial<KubeObject> | undefined)?.metadata?.resourceVersion)
    if (revision) this.#net.wroteBy(revision, this.#who)
  }
}

/** Brings a watch's events in order, late where the net holds them back. */
class Pipe {
  readonly #net: Net
  readonly #process: string
  readonly #request: WatchRequest
  readonly #dead: AbortSignal
  readonly #cut: AbortSignal
  readonly #deliver: (event: WatchEvent) => void
  readonly #held: WatchEvent[] = []
  #last = 0
  #closed = false

  constructor(
    net: Net,
    process: string,
    request: WatchRequest,
    dead: AbortSignal,
    cut: AbortSignal,
    deliver: (event: WatchEvent) => void,
  ) {
    this.#net = net
    this.#process = process
    this.#request = request
    this.#dead = dead
    this.#cut = cut
    this.#deliver = deliver
    this.#last = Number(request.options?.resourceVersion ?? 0)
  }

  put(event: WatchEvent): void {
    this.#check(event)
    if (this.#held.length > 0) {
      this.#held.push(event)
      return
    }
    const wait = this.#wait()
    if (wait <= 0) this.#give(event)
    else {
      this.#held.push(event)
      this.#net.clock.timer(wait, () => this.#flush())
    }
  }

  /** What a broken connection had not brought yet is lost. */
  close(): void {
    this.#closed = true
    this.#held.length = 0
  }

  #flush(): void {
    if (this.#closed) return
    const wait = this.#wait()
    if (wait > 0) {
      this.#net.clock.timer(wait, () => this.#flush())
      return
    }
    for (const event of this.#held.splice(0)) this.#give(event)
  }

  #wait(): number {
    return this.#net.heldUntil(this.#process, this.#request.kind.plural) - this.#net.clock.now()
  }

  #give(event: WatchEvent): void {
    if (this.#dead.aborted || this.#cut.aborted) return
    this.#net.stir()
    this.#deliver(event)
  }

  #check({ type, object }: WatchEvent): void {
    const revision = Number(object.metadata.resourceVersion)
    const { plural } = this.#request.kind
    const { namespace, name } = object.metadata
    if (revision <= this.#last && type !== 'BOOKMARK' && this.#request.options?.resourceVersion)
      this.#net.brokenWatch(this.#process, `${plural} ${namespace}/${name}: revision ${revision} after ${this.#last}`)
    this.#last = Math.max(this.#last, revision)
  }
}
