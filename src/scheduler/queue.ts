import type { Pod } from '../api/core/pod.ts'
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { Heap } from '../apimachinery/heap.ts'
import type { ClusterEvent, EventSubject } from './framework.ts'
import { PodInfo } from './pod-info.ts'
import type { Profile } from './profile.ts'

/** Waits before another try: doubling with each attempt (upstream podInitialBackoffSeconds, podMaxBackoffSeconds). */
export interface Backoff {
  readonly initialMs: number
  readonly maxMs: number
}
/** Times end on multiples of this, so that pods that fail at about the same time come back by their priority. */
const BACKOFF_STEP_MS = 1000
/** After so long a pod is tried again though no event spoke for it (podMaxInUnschedulablePodsDuration). */
const MAX_UNSCHEDULABLE_MS = 5 * 60_000

/** A pod that waits for a node. */
export interface QueuedPod {
  info: PodInfo
  /** When it last entered the queue or failed, in ms. */
  since: number
  attempts: number
  /** The plugins that rejected it last, or the one that keeps it out; empty: any event may help. */
  rejectedBy: ReadonlySet<string>
  /** The last attempt failed for a reason of ours, as an API error: it waits out its time. */
  failed: boolean
  /** A plugin's preEnqueue keeps it out. */
  gated: boolean
}

/**
 * The pods without a node: those to try now, those that wait out a time after failing, and those that wait for something to
 * change in the cluster (upstream's backend/queue).
 */
export class SchedulingQueue {
  readonly #clock: Clock
  readonly #profiles: ReadonlyMap<string, Profile>
  readonly #backoffTimes: Backoff
  readonly #all = new Map<string, QueuedPod>()
  readonly #active: Heap<QueuedPod>
  readonly #backoff: Heap<QueuedPod>
  readonly #unschedulable = new Set<QueuedPod>()
  readonly #onReady: () => void
  #timer: { due: number; timer: Timer } | undefined

  /** `profiles` by name, all with the same order of pods; `onReady` is called when there is something to pop. */
  constructor(clock: Clock, profiles: ReadonlyMap<string, Profile>, backoff: Backoff, onReady: () => void) {
    this.#clock = clock
    this.#profiles = profiles
    this.#backoffTimes = backoff
    this.#onReady = onReady
    const [first] = profiles.values()
    const order = (a: QueuedPod, b: QueuedPod) => first!.order(a.info, b.info) || a.since - b.since
    this.#active = new Heap(order)
    this.#backoff = new Heap((a, b) => this.#backoffEnd(a) - this.#backoffEnd(b) || order(a, b))
  }

  /** Pods that can be tried now. */
  get ready(): number {
    return this.#active.size
  }
  get size(): number {
    return this.#all.size
  }

  /** How many pods wait in which way, under upstream's names of the ways. */
  get pending(): Readonly<Record<'active' | 'backoff' | 'unschedulable' | 'gated', number>> {
    const gated = [...this.#unschedulable].filter(queued => queued.gated).length
    const unschedulable = this.#unschedulable.size - gated
    return { active: this.#active.size, backoff: this.#backoff.size, unschedulable, gated }
  }

  add(pod: Pod): void {
    if (this.#all.has(pod.metadata.uid!)) {
      this.update(pod)
      return
    }
    const queued: QueuedPod = {
      info: new PodInfo(pod),
      since: this.#clock.now(),
      attempts: 0,
      rejectedBy: new Set(),
      failed: false,
      gated: false,
    }
    this.#all.set(pod.metadata.uid!, queued)
    this.#activate(queued)
  }

  /** A waiting pod has changed; what it asks for may have, too, so that it is worth another try. */
  update(pod: Pod): void {
    const queued = this.#all.get(pod.metadata.uid!)
    if (!queued) return
    const before = queued.info.pod
    const place = this.#leave(queued)
    const changed =
      before.metadata.generation !== pod.metadata.generation || !sameLabels(before, pod) || !sameClaims(before, pod)
    queued.info = changed ? new PodInfo(pod) : queued.info.with(pod)
    if (place === 'unschedulable' && !changed) this.#unschedulable.add(queued)
    else if (place === 'unschedulable') this.#moveOut(queued)
    else if (place === 'backoff') this.#backoff.push(queued)
    else if (place === 'active') this.#activate(queued)
  }

  delete(uid: string): void {
    const queued = this.#all.get(uid)
    if (!queued) return
    this.#leave(queued)
    this.#all.delete(uid)
  }

  /** The next pod to try. It stays known to the queue until `done`, or comes back by `reject`. */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop() ?? this.#earlyFromBackoff()
    if (queued) queued.attempts++
    return queued
  }

  /** The pod has got its node. */
  done(queued: QueuedPod): void {
    if (this.#all.get(queued.info.uid) === queued) this.#all.delete(queued.info.uid)
  }

  /** No node now: waits for an event that these plugins wait for. */
  reject(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    if (!this.#returned(queued)) return
    queued.rejectedBy = rejectedBy
    queued.failed = false
    this.#unschedulable.add(queued)
    this.#arm()
  }

  /** Something went wrong: it is tried again after its time. */
  retry(queued: QueuedPod): void {
    if (!this.#returned(queued)) return
    queued.failed = true
    this.#backoff.push(queued)
    this.#arm()
  }

  /** Tries those pods again for which this event may make a difference. */
  onEvent(event: ClusterEvent, subject: EventSubject): void {
    const worthy: QueuedPod[] = []
    for (const queued of this.#unschedulable) {
      if (this.#profileOf(queued).worthRetry(queued.info.pod, queued.rejectedBy, event, subject)) worthy.push(queued)
    }
    // Those that are kept out once more come back to the set.
    for (const queued of worthy) {
      this.#unschedulable.delete(queued)
      this.#moveOut(queued)
    }
  }

  /** Tries a pod again now, if it is not kept out. */
  activate(uid: string): void {
    const queued = this.#all.get(uid)
    if (!queued || queued.gated || !(this.#unschedulable.delete(queued) || this.#backoff.delete(queued))) return
    this.#activate(queued)
  }

  close(): void {
    this.#timer?.timer.cancel()
  }

  #profileOf({ info }: QueuedPod): Profile {
    return this.#profiles.get(info.pod.spec.schedulerName)!
  }

  /** When a pod's time after its last failure is over, in ms. */
  #backoffEnd({ since, attempts }: QueuedPod): number {
    if (attempts === 0) return since
    const { initialMs, maxMs } = this.#backoffTimes
    const end = since + Math.min(initialMs * 2 ** (attempts - 1), maxMs)
    return Math.ceil(end / BACKOFF_STEP_MS) * BACKOFF_STEP_MS
  }

  #returned(queued: QueuedPod): boolean {
    queued.since = this.#clock.now()
    return this.#all.get(queued.info.uid) === queued
  }

  #activate(queued: QueuedPod): void {
    const gate = this.#profileOf(queued).preEnqueue(queued.info.pod)
    queued.gated = gate !== undefined
    if (gate !== undefined) {
      queued.rejectedBy = new Set([gate])
      this.#unschedulable.add(queued)
      return
    }
    this.#active.push(queued)
    this.#onReady()
  }

  #moveOut(queued: QueuedPod): void {
    if (queued.gated || this.#clock.now() >= this.#backoffEnd(queued)) {
      this.#activate(queued)
      return
    }
    this.#backoff.push(queued)
    this.#arm()
    this.#onReady()
  }

  #leave(queued: QueuedPod): 'active' | 'backoff' | 'unschedulable' | undefined {
    if (this.#active.delete(queued)) return 'active'
    if (this.#backoff.delete(queued)) return 'backoff'
    return this.#unschedulable.delete(queued) ? 'unschedulable' : undefined
  }

  /** With nothing else to do there is no reason to wait out the time (upstream SchedulerPopFromBackoffQ). */
  #earlyFromBackoff(): QueuedPod | undefined {
    const first = this.#backoff.peek()
    return first && !first.failed ? this.#backoff.pop() : undefined
  }

  #arm(): void {
    let due = this.#backoff.size > 0 ? this.#backoffEnd(this.#backoff.peek()!) : Number.POSITIVE_INFINITY
    const oldest = this.#oldestUnschedulable()
    if (oldest) due = Math.min(due, oldest.since + MAX_UNSCHEDULABLE_MS)
    if (due === Number.POSITIVE_INFINITY || (this.#timer && this.#timer.due <= due)) return
    this.#timer?.timer.cancel()
    const timer = this.#clock.timer(Math.max(0, due - this.#clock.now()), () => this.#flush())
    this.#timer = { due, timer }
  }

  /** Pods enter the set as they fail, so that the first is the one that waits longest. */
  #oldestUnschedulable(): QueuedPod | undefined {
    for (const queued of this.#unschedulable) if (!queued.gated) return queued
    return undefined
  }

  #flush(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (let first = this.#backoff.peek(); first && this.#backoffEnd(first) <= now; first = this.#backoff.peek()) {
      this.#backoff.pop()
      this.#activate(first)
    }
    for (const queued of this.#unschedulable) {
      if (queued.gated) continue
      if (queued.since + MAX_UNSCHEDULABLE_MS > now) break
      this.#unschedulable.delete(queued)
      this.#moveOut(queued)
    }
    this.#arm()
  }
}

const sameLabels = (a: Pod, b: Pod): boolean =>
  a.metadata.labels === b.metadata.labels || JSON.stringify(a.metadata.labels) === JSON.stringify(b.metadata.labels)

/** The claims made for a pod are told in its status, and are what it waits for. */
const sameClaims = ({ status: a }: Pod, { status: b }: Pod): boolean =>
  a.resourceClaimStatuses === b.resourceClaimStatuses ||
  JSON.stringify(a.resourceClaimStatuses) === JSON.stringify(b.resourceClaimStatuses)
