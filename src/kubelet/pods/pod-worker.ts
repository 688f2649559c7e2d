import type { PodStatus } from '../../api/core/pod/status.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { Client } from '../../client/client.ts'
import type { PodCgroups } from '../cgroups/pod-cgroups.ts'
import type { CriClient } from '../cri/client.ts'
import { prune } from '../gc/container-gc.ts'
import type { ProbeManager } from '../probes/probe-manager.ts'
import type { ContainerKiller } from '../runtime/container-killer.ts'
import type { PodCache } from '../runtime/pod-cache.ts'
import { hasRunning, type RuntimePod } from '../runtime/runtime-pod.ts'
import { podStatus } from '../status/pod-status.ts'
import type { StatusManager } from '../status/status-manager.ts'
import { VolumeError } from '../volumes/volume-error.ts'
import type { VolumeManager } from '../volumes/volume-manager.ts'
import { isTerminal, uidOf } from './pod.ts'
import { hasActions, podActions } from './pod-actions.ts'
import type { PodEvents } from './pod-events.ts'
import type { PodSyncer, WaitReasons } from './pod-syncer.ts'

export interface WorkerTools {
  readonly client: Client
  readonly clock: Clock
  readonly cri: CriClient
  readonly cache: PodCache
  readonly cgroups: PodCgroups
  readonly events: PodEvents
  readonly killer: ContainerKiller
  readonly probes: ProbeManager
  readonly status: StatusManager
  readonly syncer: PodSyncer
  readonly volumes: VolumeManager
  readonly hostIPs: readonly string[]
  readonly log: (line: string) => void
  /** Nothing of the pod is left on the node. */
  readonly onGone: (pod: Pod, containers: ReadonlySet<string>) => void
}

/** Why and how a pod is ended by the node itself. */
export interface Eviction {
  readonly reason: string
  readonly message: string
  /** Seconds its containers get. */
  readonly grace?: number
}

const RETRY_MS = { first: 1_000, last: 10_000 }
/** What a pod that has vanished from the API gets to end, in seconds, where deletion asked for none. */
const MIN_ORPHAN_GRACE = 1

/**
 * Brings one pod to what its spec asks for, step by step and never two steps at once: on changes of the pod, on events
 * of its containers and probes, and when something that had to wait is due (upstream pkg/kubelet pod_workers).
 */
export class PodWorker {
  readonly uid: string
  readonly #tools: WorkerTools
  readonly #reasons: WaitReasons = new Map()
  readonly #startedAt: number
  #pod: Pod
  /** The pod is no longer in the API. */
  #removed = false
  #eviction: Eviction | undefined
  #state: 'running' | 'ending' | 'ended' | 'gone' = 'running'
  #step = new AbortController()
  #busy = false
  #again = false
  #closed = false
  #failures = 0
  #timer: Timer | undefined
  #idle: (() => void)[] = []

  constructor(pod: Pod, tools: WorkerTools) {
    this.uid = uidOf(pod)
    this.#pod = pod
    this.#tools = tools
    this.#startedAt = pod.status.startTime ? Date.parse(pod.status.startTime) : tools.clock.now()
    if (isTerminal(pod)) this.#state = 'ending'
  }

  get pod(): Pod {
    return this.#pod
  }
  /** Whether the pod holds resources of the node. */
  get active(): boolean {
    return this.#state === 'running' || this.#state === 'ending'
  }

  /** The pod has changed. */
  update(pod: Pod): void {
    const before = this.#pod
    this.#pod = pod
    this.#tools.status.observe(pod)
    const graceShrank =
      (pod.metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY) <
      (before.metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY)
    if (pod.metadata.deletionTimestamp && (this.#state === 'running' || graceShrank)) this.#end()
    // A change of the status alone is most often our own.
    else if (changesWork(before, pod)) this.wake()
  }

  /** The pod was removed from the API. */
  remove(): void {
    this.#removed = true
    if (this.#state === 'ended') this.wake()
    else this.#end()
  }

  /** Ends the pod for a reason of the node's own: its phase becomes Failed. */
  evict(eviction: Eviction): void {
    if (this.#state !== 'running') return
    this.#eviction = eviction
    this.#end()
  }

  wake(): void {
    if (this.#closed || this.#state === 'gone') return
    this.#again = true
    if (!this.#busy) void this.#run()
  }

  /** Stops working on the pod; it runs on. Resolves when the current step is over. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    this.#step.abort(new Error('the kubelet is stopping'))
    if (this.#busy) await new Promise<void>(resolve => this.#idle.push(resolve))
  }

  #end(): void {
    if (this.#state === 'running') this.#state = 'ending'
    // What is under way, be it a pull or a hook, no longer matters.
    this.#step.abort(new Error('the pod is ending'))
    this.#step = new AbortController()
    this.wake()
  }

  async #run(): Promise<void> {
    this.#busy = true
    while (this.#again && !this.#closed) {
      this.#again = false
      this.#timer?.cancel()
      const { signal } = this.#step
      const after = await this.#work(signal).then(
        wait => {
          this.#failures = 0
          return wait
        },
        error => this.#failed(error, signal),
      )
      if (after !== undefined && !this.#closed) this.#timer = this.#tools.clock.timer(after, () => this.wake())
    }
    this.#busy = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #failed(error: unknown, signal: AbortSignal): number | undefined {
    if (signal.aborted) return undefined
    const { namespace, name } = this.#pod.metadata
    this.#tools.log(`pod ${namespace}/${name}: ${(error as Error).message}`)
    return Math.min(RETRY_MS.first * 2 ** this.#failures++, RETRY_MS.last)
  }

  /** One step. Answers with the milliseconds after which the next is due, if one is. */
  #work(signal: AbortSignal): Promise<number | undefined> {
    switch (this.#state) {
      case 'running':
        return this.#sync(signal)
      case 'ending':
        return this.#terminate(signal)
      default:
        return this.#settle()
    }
  }

  async #sync(signal: AbortSignal): Promise<number | undefined> {
    const { cri, cache, probes, syncer, volumes, cgroups } = this.#tools
    const runtime = await cache.read(this.uid)
    const pod = this.#pod
    probes.update(pod, runtime)
    const status = this.#report(runtime)
    if (status.phase === 'Succeeded' || status.phase === 'Failed') {
      this.#state = 'ending'
      return this.#terminate(signal)
    }
    const deadline = this.#untilDeadline()
    if (deadline !== undefined && deadline <= 0) {
      const message = 'Pod was active on the node longer than the specified deadline'
      this.#tools.events.normal(pod, undefined, 'DeadlineExceeded', message)
      this.evict({ reason: 'DeadlineExceeded', message })
      return undefined
    }

    await cgroups.ensure(pod)
    const mounted = await this.#mount()
    signal.throwIfAborted()
    const actions = podActions(pod, runtime, probes)
    const { changed, againAfter } = await syncer.sync(pod, runtime, actions, mounted, this.#reasons, signal)
    if (changed) {
      const now = await cache.read(this.uid)
      probes.update(pod, now)
      const reported = this.#report(now)
      await prune(cri, now)
      const ended = reported.phase === 'Succeeded' || reported.phase === 'Failed'
      // A sidecar that has started, for one, lets the next container start; nothing else would tell of that.
      if (ended || (againAfter === undefined && hasActions(podActions(pod, now, probes)))) this.#again = true
    } else if (againAfter !== undefined) this.#report(runtime)
    const renew = volumes.renewAt(this.uid)
    return soonest(againAfter, deadline, renew === undefined ? undefined : renew - this.#tools.clock.now())
  }

  /** Sets up the pod's volumes. One that fails is only fatal while the pod has not started. */
  async #mount() {
    const { volumes, events } = this.#tools
    try {
      return await volumes.setUp(this.#pod)
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error
      events.warning(this.#pod, undefined, 'FailedMount', error.message)
      if (!volumes.isSetUp(this.#pod)) throw error
      return volumes.mounted(this.uid)
    }
  }

  async #terminate(signal: AbortSignal): Promise<number | undefined> {
    const { cache, killer, probes, volumes, cgroups } = this.#tools
    probes.ending(this.uid)
    let runtime = await cache.read(this.uid)
    const { deletionTimestamp, deletionGracePeriodSeconds } = this.#pod.metadata
    const orphan = this.#removed && !deletionTimestamp
    const forced = this.#removed && deletionGracePeriodSeconds === 0
    const grace = forced ? MIN_ORPHAN_GRACE : orphan ? undefined : this.#eviction?.grace
    if (hasRunning(runtime) || runtime.sandboxes.some(({ state }) => state === 'SANDBOX_READY')) {
      await killer.killPod(this.#pod, runtime, { grace, signal })
      runtime = await cache.read(this.uid)
      if (hasRunning(runtime)) throw new Error('containers still run after they were stopped')
    }
    probes.remove(this.uid)
    this.#state = 'ended'
    this.#report(runtime)
    await volumes.tearDown(this.uid)
    await cgroups.remove(this.#pod)
    return this.#settle()
  }

  /** The pod has ended. When it is to be deleted, what is left of it goes, here and in the API. */
  async #settle(): Promise<undefined> {
    const { cache, client, killer, status, onGone } = this.#tools
    const { deletionTimestamp, namespace, name, uid } = this.#pod.metadata
    if (!deletionTimestamp && !this.#removed) return
    await status.flushed(this.uid)
    const runtime = await cache.read(this.uid)
    await killer.removePod(runtime)
    if (!this.#removed) {
      await client
        .delete(podKind, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
        .catch(error => {
          if (!isReason(error, 'NotFound', 'Conflict')) throw error
        })
    }
    this.#state = 'gone'
    cache.forget(this.uid)
    status.forget(this.uid)
    onGone(this.#pod, new Set(runtime.containers.map(({ id }) => id)))
  }

  #untilDeadline(): number | undefined {
    const seconds = this.#pod.spec.activeDeadlineSeconds
    return seconds === undefined ? undefined : this.#startedAt + seconds * 1000 - this.#tools.clock.now()
  }

  #report(runtime: RuntimePod): PodStatus {
    const { status, probes, hostIPs, clock } = this.#tools
    const stored = this.#removed ? this.#pod.status : status.current(this.#pod)
    const pod: Pod = { ...this.#pod, status: { ...this.#pod.status, ...stored } }
    const computed = podStatus(pod, runtime, {
      reasons: this.#reasons,
      hostIPs,
      now: clock.now(),
      startedAt: this.#startedAt,
      terminal: this.#state === 'ended',
      verdict: this.#eviction ?? kept(this.#pod.status),
      isStarted: ({ container }, { id }) => probes.startup(container, id) === 'success',
      isReady: ({ container }, { id }) => probes.readiness(container, id),
    })
    if (!this.#removed) status.set(this.#pod, computed)
    return computed
  }
}

/** The node's verdict on a pod, from before a restart of the kubelet. */
function kept({ phase, reason, message }: PodStatus): Eviction | undefined {
  return phase === 'Failed' && reason ? { reason, message: message ?? '' } : undefined
}

function soonest(...waits: (number | undefined)[]): number | undefined {
  const given = waits.filter(wait => wait !== undefined)
  return given.length > 0 ? Math.max(0, Math.min(...given)) : undefined
}

/** Whether the change of a pod is one that the kubelet acts upon; most changes are of the status, and its own. */
function changesWork(before: Pod, after: Pod): boolean {
  const watched = ({ metadata: { generation, labels, annotations, deletionTimestamp }, spec, status }: Pod) => ({
    ...{ labels, annotations, deletionTimestamp },
    spec: generation ?? spec,
    gates: spec.readinessGates && status.conditions,
  })
  return !deepEqual(watched(before), watched(after))
}
