import { rm } from 'node:fs/promises'
import type { Node } from '../../api/core/node.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { Client } from '../../client/client.ts'
import { Informer } from '../../client/informer.ts'
import type { CriClient } from '../cri/client.ts'
import type { WatchedConfigObjects } from '../env/config-objects.ts'
import type { ImageManager } from '../images/image-manager.ts'
import { unlinkLogs } from '../logs/links.ts'
import type { Directories } from '../options.ts'
import { podLogDir } from '../runtime/sandbox-config.ts'
import { refusalOf } from './admission.ts'
import { removeOrphans } from './orphans.ts'
import { isTerminal, uidOf } from './pod.ts'
import { PodWorker, type WorkerTools } from './pod-worker.ts'

/** How soon a runtime that does not answer is asked again. */
const RUNTIME_RETRY_MS = 200

export interface ManagerTools extends Omit<WorkerTools, 'onGone'> {
  readonly client: Client
  readonly random: Random
  readonly cri: CriClient
  readonly nodeName: string
  readonly directories: Directories
  readonly objects: WatchedConfigObjects
  readonly images: ImageManager
  readonly clock: Clock
  /** The node as it is registered. */
  node(): Node
}

/** Takes up the pods that are bound to this node, and gives each a worker. */
export class PodManager {
  readonly #tools: ManagerTools
  readonly #informer: Informer<Pod>
  readonly #workers = new Map<string, PodWorker>()
  #known = new Set<string>()
  #started = false

  constructor(tools: ManagerTools) {
    this.#tools = tools
    const { client, clock, random, nodeName } = tools
    this.#informer = new Informer(podKind, client, clock, random, { fieldSelector: `spec.nodeName=${nodeName}` })
  }

  /** Begins: adopts what runs already, ends what no pod asks for, then follows the pods. Ends with the signal. */
  async start(signal: AbortSignal): Promise<void> {
    this.#informer.start(signal)
    await this.#informer.whenSynced()
    this.#known = await this.#uidsInRuntime(signal)
    this.#started = true
    this.#informer.onChange((pod, previous) => this.#changed(pod, previous))
    await this.removeOrphans()
  }

  /** The pods that the runtime has; waits for a runtime that is just being started. */
  async #uidsInRuntime(signal: AbortSignal) {
    const { cache, clock, log } = this.#tools
    for (;;) {
      try {
        return await cache.uids()
      } catch (error) {
        signal.throwIfAborted()
        log(`the container runtime does not answer yet: ${(error as Error).message}`)
        await sleep(clock, RUNTIME_RETRY_MS, signal)
      }
    }
  }

  /** All pods of the node. */
  get pods(): readonly Pod[] {
    return this.#informer.list()
  }

  /** The pod with this name. */
  find(namespace: string, name: string): Pod | undefined {
    return this.#informer.get(`${namespace}/${name}`)
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid)
  }

  /** Pods that hold resources of the node. */
  get active(): readonly PodWorker[] {
    return [...this.#workers.values()].filter(worker => worker.active)
  }

  wake(uid: string): void {
    this.#workers.get(uid)?.wake()
  }
  wakeAll(): void {
    for (const worker of this.#workers.values()) worker.wake()
  }

  /** Ends and removes what the runtime has of pods that are not there. */
  async removeOrphans(): Promise<void> {
    if (!this.#started) return
    const { cri, cache, volumes, cgroups, directories, log } = this.#tools
    await removeOrphans({ cri, cache, volumes, cgroups, root: directories.root }, uid => this.#workers.has(uid)).catch(
      error => log(`orphaned pods: ${error.message}`),
    )
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers.values()].map(worker => worker.close()))
  }

  #changed(pod: Pod | undefined, previous: Pod | undefined): void {
    // One name can pass from a pod to the next between two lists.
    if (previous && uidOf(previous) !== (pod ? uidOf(pod) : '')) this.#workers.get(uidOf(previous))?.remove()
    if (!pod) return
    const worker = this.#workers.get(uidOf(pod))
    if (worker) {
      this.#tools.objects.hold(pod)
      if (previous && changesVolumes(previous, pod)) this.#tools.volumes.stale(uidOf(pod))
      worker.update(pod)
    } else this.#take(pod)
  }

  #take(pod: Pod): void {
    const { objects, status, log, clock } = this.#tools
    const uid = uidOf(pod)
    const isNew = !this.#known.has(uid) && !pod.status.startTime && !isTerminal(pod) && !pod.metadata.deletionTimestamp
    const refusal = isNew
      ? refusalOf(
          pod,
          this.#tools.node(),
          this.active.map(worker => worker.pod),
        )
      : undefined
    if (refusal) {
      const message = `Pod was rejected: ${refusal.message}`
      this.#tools.events.warning(pod, undefined, refusal.reason, refusal.message)
      const startTime = new Date(clock.now()).toISOString().replace(/\.\d+/, '')
      status.set(pod, { ...pod.status, phase: 'Failed', reason: refusal.reason, message, startTime })
      log(`pod ${pod.metadata.namespace}/${pod.metadata.name} was rejected: ${refusal.message}`)
    }
    if (pod.spec.hostUsers === false) {
      const why = 'This version runs pods in the user namespace of the node; hostUsers: false has no effect'
      this.#tools.events.warning(pod, undefined, 'UserNamespacesNotSupported', why)
    }
    objects.hold(pod)
    const rejected: Pod = refusal ? { ...pod, status: status.current(pod) } : pod
    const worker = new PodWorker(rejected, {
      ...this.#tools,
      onGone: (gone, containers) => this.#gone(gone, containers),
    })
    this.#workers.set(uid, worker)
    worker.wake()
  }

  #gone(pod: Pod, containers: ReadonlySet<string>): void {
    const { objects, images, directories } = this.#tools
    const uid = uidOf(pod)
    this.#workers.delete(uid)
    objects.release(pod)
    images.forget(uid)
    void unlinkLogs(directories.containerLogs, containers)
    void rm(podLogDir(directories.podLogs, pod), { recursive: true, force: true })
  }
}

function changesVolumes(before: Pod, after: Pod): boolean {
  const shown = ({ metadata: { labels, annotations } }: Pod) => ({ labels, annotations })
  return !deepEqual(shown(before), shown(after))
}
