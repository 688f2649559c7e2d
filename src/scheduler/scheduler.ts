import { namespace as namespaceKind } from '../api/core/namespace.ts'
import { type Node, node as nodeKind } from '../api/core/node.ts'
import { type Pod, pod as podKind } from '../api/core/pod.ts'
import { type Clock, rfc3339 } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import { deepEqual } from '../apimachinery/json.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Client } from '../client/client.ts'
import type { Decisions } from '../client/decisions.ts'
import { EventRecorder } from '../client/event-recorder.ts'
import type { Informers } from '../client/informers.ts'
import { Cache } from './cache.ts'
import { defaultConfiguration, type KubeSchedulerConfiguration } from './config/configuration.ts'
import { profileOf, withIgnored } from './config/profile.ts'
import { Cycle, type Placement } from './cycle.ts'
import { type Diagnosis, fitError } from './diagnosis.ts'
import { rejectionsOf } from './explain.ts'
import { Extender } from './extender.ts'
import { type ClusterEvent, type PluginContext, Refused } from './framework.ts'
import { nodeEvents } from './node-events.ts'
import { Nominator } from './nominator.ts'
import type { PodFilter } from './pod-filter.ts'
import { type PodInfo, podKey } from './pod-info.ts'
import type { Profile } from './profile.ts'
import { type QueuedPod, SchedulingQueue } from './queue.ts'
import { watchKinds } from './watched-kinds.ts'

export interface SchedulerOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** The default one if left out. */
  readonly configuration?: KubeSchedulerConfiguration
  /** Whether PodGroups are served: pods of a group are then placed together. */
  readonly podGroups?: boolean
  /** Where it is written down why pods have no node. */
  readonly decisions?: Decisions
}

/** Others get their turn after so many pods placed in a row. */
const TURN = 128
/** Bindings under way at a time. */
const MAX_BINDING = 512

/** What places the pods of one `spec.schedulerName`. */
interface NamedScheduler {
  readonly profile: Profile
  readonly context: PluginContext
  readonly cycle: Cycle
}

/** Places pods that have no node yet. Make one with `startScheduler`. */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #schedulers: ReadonlyMap<string, NamedScheduler>
  readonly #cache = new Cache()
  readonly #nominator = new Nominator()
  readonly #queue: SchedulingQueue
  readonly #extenders: readonly Extender[]
  readonly #underWay = new Set<Promise<void>>()
  /** Of those under way, how many wait for somebody else. */
  #waiting = 0
  #running = false
  readonly #attempts = new Map<string, AttemptCounts>()

  constructor(options: SchedulerOptions) {
    const { client, clock, random, signal } = options
    const configuration = options.configuration ?? defaultConfiguration()
    this.#options = options
    const namespaces = options.informers.of(namespaceKind)
    const namespaceLabels = (name: string) => namespaces.get(name)?.metadata.labels
    const nominator = this.#nominator
    this.#extenders = (configuration.extenders ?? []).map(extender => new Extender(extender, clock))
    const handle = { clock, nominator, informers: options.informers, podGroups: options.podGroups ?? false }
    const named = configuration.profiles.map((config): [string, NamedScheduler] => {
      const profile = profileOf(withIgnored(config, configuration), handle)
      const events = new EventRecorder(client, profile.name, clock, random)
      const waitFor = <T>(work: Promise<T>) => this.#waitFor(work)
      const activate = (uids: Iterable<string>) => {
        for (const uid of uids) this.#queue.activate(uid)
      }
      const context = { cache: this.#cache, client, events, random, namespaceLabels, waitFor, activate }
      const percentage = config.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore
      return [profile.name, { profile, context, cycle: new Cycle(profile, context, nominator, percentage) }]
    })
    this.#schedulers = new Map(named)
    const profiles = new Map(named.map(([name, { profile }]) => [name, profile]))
    const { podInitialBackoffSeconds, podMaxBackoffSeconds } = configuration
    const backoff = { initialMs: podInitialBackoffSeconds * 1000, maxMs: podMaxBackoffSeconds * 1000 }
    this.#queue = new SchedulingQueue(clock, profiles, backoff, () => this.#wake())
    signal.addEventListener('abort', () => this.#queue.close(), { once: true })
  }

  /** Whether there is nothing to do right now. */
  get idle(): boolean {
    return !this.#running && this.#underWay.size === this.#waiting
  }

  /** How many pods wait for a node, by how they wait. */
  get pending(): SchedulingQueue['pending'] {
    return this.#queue.pending
  }

  /** How attempts have ended so far, by profile. */
  get attempts(): ReadonlyMap<string, Readonly<AttemptCounts>> {
    return this.#attempts
  }

  #count(schedulerName: string, result: keyof AttemptCounts): void {
    const counts = this.#attempts.get(schedulerName) ?? { scheduled: 0, unschedulable: 0, error: 0 }
    counts[result]++
    this.#attempts.set(schedulerName, counts)
  }

  /** Resolves once the events recorded so far are written. */
  async flushed(): Promise<void> {
    for (const { context } of this.#schedulers.values()) await context.events.flushed()
  }

  async start(): Promise<void> {
    const { informers } = this.#options
    const [pods, nodes] = [informers.of(podKind), informers.of(nodeKind)]
    const events = [...this.#schedulers.values()].flatMap(({ profile }) => [...profile.events])
    watchKinds(new Set(events.map(event => event.split('/')[0]!)), informers, this.#queue)
    await informers.synced()
    informers.of(namespaceKind).onChange((namespace, previous) => {
      if (!deepEqual(namespace?.metadata.labels, previous?.metadata.labels)) this.#cache.namespacesChanged()
    })
    nodes.onChange((node, previous) => this.#onNode(node, previous))
    pods.onChange((pod, previous) => this.#onPod(pod, previous))
  }

  #onNode(node: Node | undefined, previous: Node | undefined): void {
    if (!node) {
      this.#cache.removeNode(previous!.metadata.name!)
      return
    }
    const events = nodeEvents(node, previous)
    const sameImages = previous && deepEqual(previous.status.images, node.status.images)
    if (events.length === 0 && sameImages && this.#cache.node(node.metadata.name!)) return
    this.#cache.setNode(node)
    for (const event of events) this.#queue.onEvent(event, { node })
  }

  #onPod(pod: Pod | undefined, previous: Pod | undefined): void {
    if (previous && (!pod || pod.metadata.uid !== previous.metadata.uid)) this.#onGone(previous)
    if (!pod) return
    const uid = pod.metadata.uid!
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') {
      this.#onGone(pod)
      return
    }
    if (!pod.spec.nodeName) {
      if (!this.#schedulers.has(pod.spec.schedulerName)) return
      if (this.#cache.placed(uid)) return
      this.#queue.add(pod)
      if (!previous && pod.spec.schedulingGroup) this.#queue.onEvent('pod/queued', { pod })
      return
    }
    this.#queue.delete(uid)
    this.#nominator.delete(uid)
    this.#cache.setPod(pod)
    const event = assignedPodEvent(pod, previous)
    if (event) this.#queue.onEvent(event, { pod })
  }

  #onGone(pod: Pod): void {
    const uid = pod.metadata.uid!
    this.#options.decisions?.scheduled(uid)
    this.#queue.delete(uid)
    this.#nominator.delete(uid)
    const counted = this.#cache.placed(uid)
    this.#cache.removePod(uid)
    if (counted) this.#queue.onEvent('pod/delete', { pod })
  }

  #wake(): void {
    if (this.#running) return
    this.#running = true
    queueMicrotask(() => void this.#run())
  }

  async #run(): Promise<void> {
    for (let placed = 0; !this.#options.signal.aborted; placed++) {
      if (placed % TURN === TURN - 1) await new Promise(resolve => setImmediate(resolve))
      if (this.#underWay.size - this.#waiting >= MAX_BINDING) await Promise.race(this.#underWay)
      const queued = this.#queue.pop()
      if (!queued) break
      const wait = this.#schedule(queued)
      if (wait) await wait
    }
    this.#running = false
  }

  /** Finds a node for one pod and begins to bind it. Nothing else happens meanwhile. */
  #schedule(queued: QueuedPod): Promise<void> | undefined {
    const { info } = queued
    if (info.pod.metadata.deletionTimestamp) {
      this.#queue.done(queued)
      return undefined
    }
    if (this.#cache.nodes.length === 0) {
      this.#queue.reject(queued, new Set())
      this.#fail(queued, 'Unschedulable', 'no nodes available to schedule pods')
      return undefined
    }
    const { cycle } = this.#of(info)
    const extenders = this.#extenders.filter(extender => extender.isInterested(info.pod))
    if (extenders.length > 0) return this.#scheduleWith(extenders, queued)
    this.#settle(queued, cycle.place(info))
    return undefined
  }

  /** The same where others have a say, for whose answers everybody waits. */
  async #scheduleWith(extenders: readonly Extender[], queued: QueuedPod): Promise<void> {
    try {
      this.#settle(queued, await this.#of(queued.info).cycle.placeWith(extenders, queued.info))
    } catch (error) {
      this.#queue.retry(queued)
      this.#fail(queued, 'SchedulerError', (error as Error).message)
    }
  }

  #settle(queued: QueuedPod, placement: Placement): void {
    const { info } = queued
    const { profile, context } = this.#of(info)
    if ('diagnosis' in placement) {
      this.#unfit(queued, placement.diagnosis, placement.filter)
      return
    }
    const { node } = placement
    this.#cache.assume(info, node.name)
    const rejected = profile.reserve(info, node.name, context)
    if (rejected) {
      this.#cache.forget(info.uid)
      this.#queue.reject(queued, new Set([rejected.plugin.name]))
      this.#fail(queued, 'Unschedulable', rejected.rejection.reasons.join(', '))
      return
    }
    this.#nominator.delete(info.uid)
    this.#track(this.#bind(queued, node.name))
  }

  #unfit(queued: QueuedPod, diagnosis: Diagnosis, filter: PodFilter | undefined): void {
    const { profile, context } = this.#of(queued.info)
    const result = profile.postFilter(queued.info, filter, diagnosis, context)
    this.#queue.reject(queued, diagnosis.rejectedBy)
    const { nominatedNodeName } = result ?? {}
    if (nominatedNodeName) this.#nominator.set(queued.info, nominatedNodeName)
    else if (nominatedNodeName === '') this.#nominator.delete(queued.info.uid)
    const message = fitError(diagnosis, result?.message)
    this.#options.decisions?.unschedulable(queued.info.uid, {
      attempts: queued.attempts,
      scheduler: profile.name,
      message,
      rejected: rejectionsOf(diagnosis, filter),
      ...(nominatedNodeName && { nominatedNode: nominatedNodeName }),
    })
    this.#fail(queued, 'Unschedulable', message, nominatedNodeName)
  }

  async #bind(queued: QueuedPod, nodeName: string): Promise<void> {
    const { info } = queued
    const { profile, context } = this.#of(info)
    try {
      const binder = this.#extenders.find(extender => extender.binds && extender.isInterested(info.pod))
      await profile.bind(info, nodeName, context, binder)
    } catch (error) {
      profile.unreserve(info, nodeName, context)
      this.#cache.forget(info.uid)
      this.#queue.onEvent('pod/delete', { pod: info.pod })
      if (isReason(error, 'NotFound')) {
        this.#queue.done(queued)
        return
      }
      if (error instanceof Refused) {
        this.#queue.reject(queued, new Set([error.plugin]))
        this.#fail(queued, 'Unschedulable', `0/1 nodes are available: 1 ${error.message}.`)
        return
      }
      this.#queue.retry(queued)
      this.#fail(queued, 'SchedulerError', `binding rejected: ${(error as Error).message}`)
      return
    }
    this.#queue.done(queued)
    this.#count(info.pod.spec.schedulerName, 'scheduled')
    this.#options.decisions?.scheduled(info.uid)
    context.events.normal(info.pod, 'Scheduled', `Successfully assigned ${podKey(info.pod)} to ${nodeName}`)
  }

  /** Tells the user that, and why, the pod has no node yet: an event, and its PodScheduled condition. */
  #fail({ info }: QueuedPod, reason: string, message: string, nominatedNodeName?: string): void {
    const { pod } = info
    this.#count(pod.spec.schedulerName, reason === 'Unschedulable' ? 'unschedulable' : 'error')
    this.#of(info).context.events.warning(pod, 'FailedScheduling', message)
    const old = pod.status.conditions?.find(c => c.type === 'PodScheduled')
    const renominated = nominatedNodeName !== undefined && nominatedNodeName !== (pod.status.nominatedNodeName ?? '')
    if (!renominated && old?.status === 'False' && old.reason === reason && old.message === message) return
    const lastTransitionTime = old?.status === 'False' ? old.lastTransitionTime : rfc3339(this.#options.clock.now())
    const observedGeneration = pod.metadata.generation
    const condition = { type: 'PodScheduled', status: 'False', reason, message, lastTransitionTime, observedGeneration }
    const patch = { status: { conditions: [condition], ...(renominated && { nominatedNodeName }) } }
    const { client } = this.#options
    const write = client.patch(podKind, pod.metadata, 'strategic', patch, { subresource: 'status' })
    // The condition is only told: the next attempt says it again.
    this.#track(write.then(() => {}).catch(() => {}))
  }

  #of({ pod }: PodInfo): NamedScheduler {
    return this.#schedulers.get(pod.spec.schedulerName)!
  }

  async #waitFor<T>(work: Promise<T>): Promise<T> {
    this.#waiting++
    try {
      return await work
    } finally {
      this.#waiting--
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked))
    this.#underWay.add(tracked)
  }
}

interface AttemptCounts {
  scheduled: number
  unschedulable: number
  error: number
}

/** What a change of a placed pod means to those that wait. */
function assignedPodEvent(pod: Pod, previous: Pod | undefined): ClusterEvent | undefined {
  if (!previous?.spec.nodeName) return 'pod/add'
  const [old, fresh] = [previous.metadata.labels, pod.metadata.labels]
  return old !== fresh && JSON.stringify(old) !== JSON.stringify(fresh) ? 'pod/labels' : undefined
}

/** Starts the scheduler; resolves once its caches are filled and it is at work. */
export async function startScheduler(options: SchedulerOptions): Promise<Scheduler> {
  const scheduler = new Scheduler(options)
  await scheduler.start()
  return scheduler
}
