import { setMaxListeners } from 'node:events'
import type { Clock } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import { CachedWrites } from './cached-writes.ts'
import { Client } from './client.ts'
import { accountOf, type Controller, type ReconcileContext } from './controller.ts'
import type { Decisions } from './decisions.ts'
import { EventRecorder } from './event-recorder.ts'
import { type Informer, keyOf } from './informer.ts'
import { Informers } from './informers.ts'
import { WorkQueue } from './work-queue.ts'

const DEFAULT_WORKERS = 5
/** Who upstream's controllers are in managedFields. */
const FIELD_MANAGER = 'kube-controller-manager'

export interface ManagerOptions {
  /** Fills the shared caches. */
  readonly client: Client
  /** The client a controller writes with, acting as its own user; the shared one if left out. */
  readonly clientFor?: (controller: Controller) => Client
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Told of every failed reconcile; conflicts, which the next attempt settles, aside. */
  readonly onError?: (controller: string, key: string, error: unknown) => void
  /** Where failures are written down until they are over. */
  readonly decisions?: Decisions
}

/** Runs controllers on shared informers: one queue and a few workers for each. */
export class ControllerManager {
  readonly #options: ManagerOptions
  readonly informers: Informers
  readonly #queues = new Map<string, WorkQueue>()
  readonly #recorders: EventRecorder[] = []

  constructor(options: ManagerOptions) {
    this.#options = options
    const { client, clock, random, signal } = options
    // Every queue and informer listens for the end; that many listeners are no leak.
    setMaxListeners(0, signal)
    this.informers = new Informers(client, clock, random, signal)
  }

  /** Starts controllers once the caches of all of them are filled. */
  async start(controllers: readonly Controller[]): Promise<void> {
    const set = controllers.map(controller => this.#prepare(controller))
    await this.informers.synced()
    for (const begin of set) begin()
  }

  /** Whether no controller has anything to do right now. */
  get idle(): boolean {
    for (const queue of this.#queues.values()) if (!queue.idle) return false
    return true
  }

  /** The queues of the controllers, by their names. */
  get queues(): ReadonlyMap<string, WorkQueue> {
    return this.#queues
  }

  /** Resolves once the events recorded so far are written. */
  async flushed(): Promise<void> {
    await Promise.all(this.#recorders.map(recorder => recorder.flushed()))
  }

  #prepare(controller: Controller): () => void {
    const { client, clientFor, clock, random, signal } = this.#options
    const queue = new WorkQueue(clock)
    this.#queues.set(controller.name, queue)
    signal.addEventListener('abort', () => queue.close(), { once: true })
    const plain = (clientFor?.(controller) ?? client).as(FIELD_MANAGER)
    const own = new Client(new CachedWrites(plain.transport, this.informers), FIELD_MANAGER)
    const events = new EventRecorder(plain, controller.eventSource ?? accountOf(controller), clock, random)
    this.#recorders.push(events)
    const context: ReconcileContext = {
      client: own,
      clock,
      random,
      signal,
      events,
      informer: <T extends KubeObject, I>(kind: Kind<T, I>): Informer<T> => this.informers.of(kind),
      forget: kind => this.informers.forget(kind),
      enqueue: (key, afterMs = 0) => queue.addAfter(key, afterMs),
    }
    const { for: kind, owns = [], watches = [], reads = [] } = controller
    const main = kind && this.informers.of(kind)
    for (const other of [...owns, ...watches.map(w => w.kind), ...reads]) this.informers.of(other)
    controller.setup?.(context)
    return () => {
      main?.onChange((object, previous) => queue.add(keyOf((object ?? previous)!)))
      if (kind) for (const owned of owns) this.#wakeOwners(owned, kind, queue)
      for (const { kind: watched, keys } of watches) {
        this.informers.of(watched).onChange((object, previous) => {
          try {
            for (const key of keys(object, previous, context)) queue.add(key)
          } catch (error) {
            this.#options.onError?.(controller.name, keyOf((object ?? previous)!), error)
          }
        })
      }
      for (let i = 0; i < (controller.workers ?? DEFAULT_WORKERS); i++)
        void this.#work(controller, main, queue, context)
    }
  }

  #wakeOwners(owned: Kind, owner: Kind, queue: WorkQueue): void {
    this.informers.of(owned).onChange((object, previous) => {
      const keys = new Set([ownerKey(object, owner), ownerKey(previous, owner)])
      for (const key of keys) if (key) queue.add(key)
    })
  }

  async #work(
    controller: Controller,
    informer: Informer<KubeObject> | undefined,
    queue: WorkQueue,
    context: ReconcileContext,
  ): Promise<void> {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      try {
        const object = informer?.get(key)
        const next = await (controller.sync?.(key, context) ??
          (object ? controller.reconcile?.(object, context) : controller.deleted?.(key, context)))
        queue.forget(key)
        this.#options.decisions?.succeeded(controller.name, key)
        if (next) queue.addAfter(key, next.afterMs)
      } catch (error) {
        if (context.signal.aborted) return
        if (!isReason(error, 'Conflict')) {
          this.#options.decisions?.failed(controller.name, key, error)
          this.#options.onError?.(controller.name, key, error)
        }
        queue.addRateLimited(key)
      } finally {
        queue.done(key)
      }
    }
  }
}

/** The key of the object of kind `owner` that controls this one, if any. */
function ownerKey(object: KubeObject | undefined, owner: Kind): string | undefined {
  const reference = object?.metadata.ownerReferences?.find(r => r.controller)
  if (!reference || reference.kind !== owner.kind) return undefined
  const group = reference.apiVersion.includes('/') ? reference.apiVersion.split('/')[0] : ''
  if (group !== owner.group) return undefined
  const { namespace } = object!.metadata
  return owner.scope === 'Namespaced' && namespace ? `${namespace}/${reference.name}` : reference.name
}
