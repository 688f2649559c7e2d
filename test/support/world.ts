import { test as base } from 'vitest'
import { type Event, event as eventKind, namespace, pod as podKind } from '../../src/api/core/index.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import { eventsEvent } from '../../src/api/events/index.ts'
import { allKinds } from '../../src/api/index.ts'
import { rfc3339 } from '../../src/apimachinery/clock.ts'
import { isReason } from '../../src/apimachinery/errors.ts'
import { seededRandom } from '../../src/apimachinery/random.ts'
import type { InputOf, Kind, KubeObject } from '../../src/apimachinery/schema/kind.ts'
import { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import { defaultTolerationSeconds } from '../../src/apiserver/admission/default-toleration-seconds.ts'
import { namespaceLifecycle } from '../../src/apiserver/admission/namespace-lifecycle.ts'
import { priority } from '../../src/apiserver/admission/priority.ts'
import { resourceQuota } from '../../src/apiserver/admission/resource-quota.ts'
import { startApiServer } from '../../src/apiserver/apiserver.ts'
import type { ServiceAccountTokens } from '../../src/apiserver/authentication/service-account-token.ts'
import { LocalTransport } from '../../src/apiserver/local-transport.ts'
import { Client, type ObjectKey } from '../../src/client/client.ts'
import type { Controller } from '../../src/client/controller.ts'
import { ControllerManager } from '../../src/client/manager.ts'
import type {
  ClientRequest,
  DiscoveredResource,
  Transport,
  WatchEvent,
  WatchRequest,
} from '../../src/client/transport.ts'
import { versionInfo } from '../../src/cluster/version.ts'
import { type Scheduler, startScheduler } from '../../src/scheduler/index.ts'
import { openMemoryStore } from '../../src/storage/memory.ts'

export interface WorldOptions {
  readonly controllers?: readonly Controller[]
  readonly scheduler?: boolean
  /** Has the scheduler place the pods of PodGroups together. */
  readonly podGroups?: boolean
  /** Makes pods run at once, and end when they are deleted; with a scheduler only those that have a node. */
  readonly runPods?: boolean
  readonly seed?: number
}

/** Asked of every request before it goes to the server; throws to make it fail. */
export type Fault = (request: ClientRequest) => void

/** A control plane on a memory store and on virtual time. */
export class World {
  readonly clock = new VirtualClock()
  /** A user's client. */
  readonly client: Client
  readonly manager: ControllerManager
  /** Failures of controllers, conflicts aside. */
  readonly errors: unknown[] = []
  /** Set to make requests of controllers and scheduler fail. */
  fault: Fault | undefined
  readonly #transport: CountingTransport
  readonly #end = new AbortController()
  #scheduler: Scheduler | undefined

  private constructor(transport: Transport, clock: VirtualClock, seed: number) {
    this.clock = clock
    this.#transport = new CountingTransport(transport, request => this.fault?.(request))
    this.client = new Client(transport, 'test')
    this.manager = new ControllerManager({
      client: new Client(this.#transport),
      clock,
      random: seededRandom(seed + 1),
      signal: this.#end.signal,
      onError: (_controller, _key, error) => this.errors.push(error),
    })
  }

  static async start({ controllers = [], scheduler, podGroups, runPods, seed = 1 }: WorldOptions = {}): Promise<World> {
    const clock = new VirtualClock()
    const store = openMemoryStore()
    const server = await startApiServer({
      store,
      clock,
      random: seededRandom(seed),
      kinds: allKinds.filter(kind => kind !== eventsEvent),
      version: versionInfo,
      configure: server => ({
        authenticators: [],
        authorizer: { authorize: () => ({ verdict: 'allow', reason: '' }) },
        admission: [namespaceLifecycle(server), priority(server), defaultTolerationSeconds(), resourceQuota(server)],
        tokens: undefined as unknown as ServiceAccountTokens,
      }),
    })
    const transport = new LocalTransport(server, { name: 'system:admin', groups: ['system:masters'] })
    const world = new World(transport, clock, seed)
    world.#end.signal.addEventListener('abort', () => {
      server.stop()
      void store.close()
    })
    await world.client.create(namespace, { metadata: { name: 'default' } })
    await world.manager.start(controllers)
    if (scheduler) await world.#startScheduler(seed, podGroups)
    if (runPods) world.#runPods(!!scheduler)
    await world.settle()
    return world
  }

  async #startScheduler(seed: number, podGroups?: boolean): Promise<void> {
    this.#scheduler = await startScheduler({
      client: new Client(this.#transport, 'kube-scheduler'),
      informers: this.manager.informers,
      clock: this.clock,
      random: seededRandom(seed + 2),
      podGroups,
      signal: this.#end.signal,
    })
  }

  /** Waits until nothing is left to do at this point of time. */
  async settle(): Promise<void> {
    for (let quiet = 0, seen = -1; quiet < 4; ) {
      await new Promise(resolve => setImmediate(resolve))
      const still =
        this.#transport.underWay === 0 &&
        this.#transport.count === seen &&
        this.manager.idle &&
        (this.#scheduler?.idle ?? true)
      quiet = still ? quiet + 1 : 0
      seen = this.#transport.count
    }
  }

  /** Moves time on, and lets everything that falls due on the way happen. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms, () => this.settle())
  }

  /** Creates an object, or brings its spec to this; in the namespace `default` where none is given. */
  async apply<T extends KubeObject, I>(kind: Kind<T, I>, object: InputOf<Kind<T, I>>): Promise<T> {
    const input = object as { metadata?: ObjectKey & object }
    const namespaced = kind.scope === 'Namespaced' ? { namespace: 'default' } : {}
    const whole = { ...input, metadata: { ...namespaced, ...input.metadata } }
    const current = await this.find(kind, whole.metadata.name!, whole.metadata.namespace)
    const result = current
      ? await this.client.patch(kind, current.metadata, 'merge', whole)
      : await this.client.create(kind, whole as unknown as InputOf<Kind<T, I>> & object)
    await this.settle()
    return result as T
  }

  async find<T extends KubeObject, I>(
    kind: Kind<T, I>,
    name: string,
    namespace = kind.scope === 'Namespaced' ? 'default' : undefined,
  ): Promise<T | undefined> {
    try {
      return (await this.client.get(kind, { namespace, name })) as T
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined
      throw error
    }
  }

  async get<T extends KubeObject, I>(kind: Kind<T, I>, name: string, namespace?: string): Promise<T> {
    const found = await this.find(kind, name, namespace)
    if (!found) throw new Error(`there is no ${kind.kind} ${name}`)
    return found
  }

  async list<T extends KubeObject, I>(kind: Kind<T, I>, namespace?: string): Promise<readonly T[]> {
    return (await this.client.list(kind, { namespace })).items as readonly T[]
  }

  pods(): Promise<readonly Pod[]> {
    return this.list(podKind)
  }

  /** Events about objects of a kind, as `reason: message`, in the order they happened. */
  async events(kind: Kind | Pick<Kind, 'kind'>): Promise<string[]> {
    await Promise.all([this.manager.flushed(), this.#scheduler?.flushed()])
    const events = (await this.list(eventKind)) as readonly Event[]
    return events
      .filter(e => e.involvedObject.kind === kind.kind)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ reason, message }) => `${reason}: ${message}`)
  }

  /** Sets a pod's phase and whether it is ready, as a kubelet would. */
  async setPod({ metadata }: Pod, phase: string, ready = phase === 'Running'): Promise<void> {
    await this.client.patch(podKind, metadata, 'strategic', this.#running(phase, ready, '10.0.0.1'), {
      subresource: 'status',
    })
    await this.settle()
  }

  stop(): void {
    this.#end.abort()
  }

  #running(phase: string, ready: boolean, podIP: string) {
    const lastTransitionTime = rfc3339(this.clock.now())
    const status = ready ? 'True' : 'False'
    const conditions = ['Ready', 'ContainersReady'].map(type => ({ type, status, lastTransitionTime }))
    return { status: { phase, podIP, podIPs: [{ ip: podIP }], startTime: lastTransitionTime, conditions } }
  }

  #runPods(onlyBound: boolean): void {
    const client = new Client(this.#transport, 'kubelet')
    let last = 0
    this.manager.informers.of(podKind).onChange(pod => {
      if (!pod || (onlyBound && !pod.spec.nodeName)) return
      const { metadata, status } = pod
      const drop = () => {}
      if (metadata.deletionTimestamp) client.delete(podKind, { metadata }, { gracePeriodSeconds: 0 }).catch(drop)
      else if (status.phase === 'Pending') {
        last++
        const ip = `10.0.${last >> 8}.${last & 255}`
        client
          .patch(podKind, metadata, 'strategic', this.#running('Running', true, ip), { subresource: 'status' })
          .catch(drop)
      }
    })
  }
}

/** Counts what goes through, so that a test knows when all is quiet. */
class CountingTransport implements Transport {
  readonly #transport: Transport
  readonly #before: Fault
  count = 0
  underWay = 0

  constructor(transport: Transport, before: Fault) {
    this.#transport = transport
    this.#before = before
  }

  async request(request: ClientRequest): Promise<unknown> {
    this.count++
    this.underWay++
    try {
      this.#before(request)
      return await this.#transport.request(request)
    } finally {
      this.underWay--
    }
  }

  watch(request: WatchRequest, onEvent: (event: WatchEvent) => void): Promise<void> {
    return this.#transport.watch(request, event => {
      this.count++
      onEvent(event)
    })
  }

  discover(apiVersion: string): Promise<readonly DiscoveredResource[]> {
    return this.#transport.discover(apiVersion)
  }

  close(): Promise<void> {
    return this.#transport.close()
  }
}

/** `test` with a world of its own for each test. */
export const worldTest = (options: WorldOptions) =>
  base.extend<{ world: World }>({
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the parameter's form
    world: async ({}, use) => {
      const world = await World.start(options)
      await use(world)
      world.stop()
    },
  })

export const seconds = (count: number): number => count * 1000
