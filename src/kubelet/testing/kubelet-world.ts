import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Node } from '../../api/core/node.ts'
import type { PodStatus } from '../../api/core/pod/status.ts'
import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { applyStrategicMergePatch } from '../../apimachinery/patch/strategic-merge-patch.ts'
import { seededRandom } from '../../apimachinery/random.ts'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import { Client } from '../../client/client.ts'
import type { ClientRequest, Transport } from '../../client/transport.ts'
import { Backoff } from '../backoff.ts'
import type { PodCgroups } from '../cgroups/pod-cgroups.ts'
import type { ConfigObjects } from '../env/objects.ts'
import { ImageManager } from '../images/image-manager.ts'
import { followRuntime } from '../pleg.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import { PodSyncer } from '../pods/pod-syncer.ts'
import { PodWorker } from '../pods/pod-worker.ts'
import { ProbeManager } from '../probes/probe-manager.ts'
import { ContainerKiller } from '../runtime/container-killer.ts'
import { ContainerStarter } from '../runtime/container-starter.ts'
import { PodCache } from '../runtime/pod-cache.ts'
import { SandboxMaker } from '../runtime/sandbox-maker.ts'
import { StatusManager } from '../status/status-manager.ts'
import { emptyDirVolume } from '../volumes/empty-dir.ts'
import { VolumeManager } from '../volumes/volume-manager.ts'
import { FakeRuntime } from './fake-runtime.ts'

type PatchBody = Parameters<typeof applyStrategicMergePatch>[2]

/** The part of a kubelet that looks after one pod, with a runtime and an API that are made up, on virtual time. */
export class KubeletWorld {
  readonly clock = new VirtualClock()
  readonly runtime = new FakeRuntime(this.clock)
  /** `Reason: message` of every event. */
  readonly events: string[] = []
  /** Whether the pod was deleted from the API. */
  deleted = false
  #pod: Pod
  #worker: PodWorker
  readonly #ended = new AbortController()
  readonly #dir: string

  private constructor(pod: Pod, dir: string) {
    this.#dir = dir
    this.#pod = pod
    this.#worker = this.#build(pod)
  }

  static async start(pod: Pod): Promise<KubeletWorld> {
    return new KubeletWorld(pod, await mkdtemp(path.join(os.tmpdir(), 'tsukube-kubelet-')))
  }

  get status(): PodStatus {
    return this.#pod.status
  }
  get state() {
    return this.status.containerStatuses?.[0]?.state
  }

  begin(): void {
    this.#worker.wake()
  }
  evict(reason: string): void {
    this.#worker.evict({ reason, message: reason })
  }
  /** Asks for the pod's deletion, as the API server does. */
  delete(gracePeriodSeconds: number): void {
    const metadata = {
      ...this.#pod.metadata,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      deletionGracePeriodSeconds: gracePeriodSeconds,
    }
    this.#pod = { ...this.#pod, metadata }
    this.#worker.update(this.#pod)
  }

  async end(): Promise<void> {
    this.#ended.abort(new Error('the test is over'))
    await this.#worker.close()
    await rm(this.#dir, { recursive: true, force: true })
  }

  #build(pod: Pod): PodWorker {
    const { clock } = this
    const { cri } = this.runtime
    const client = new Client(this.#transport())
    const note = (_pod: Pod, _container: unknown, reason: string, message: string) =>
      this.events.push(`${reason}: ${message}`)
    const events = { normal: note, warning: note } as unknown as PodEvents
    const missing = async () => Promise.reject(new Error('not found'))
    const objects: ConfigObjects = { configMap: missing, secret: missing }
    const cgroups = { ensure: async () => {}, remove: async () => {}, nameOf: () => '/pods' } as unknown as PodCgroups
    const cache = new PodCache(cri)
    const allocatable = () => ({ cpu: '4', memory: '8Gi' })
    const node = {
      ...{ client, clock, objects, allocatable, root: this.#dir, hostIPs: ['172.30.0.1'] },
      podIPs: () => [],
      node: () => ({ metadata: { name: 'node1' } }) as Node,
    }
    const volumes = new VolumeManager(node, [emptyDirVolume])
    const killer = new ContainerKiller({ cri, clock, events })
    const images = new ImageManager({ cri, clock, objects, events })
    const directories = { root: this.#dir, podLogs: `${this.#dir}/logs`, containerLogs: `${this.#dir}/links` }
    const starter = new ContainerStarter({
      ...{ cri, clock, events, images, killer, cache, objects, directories, allocatable },
      clusterDomain: 'cluster.local',
      hostIPs: node.hostIPs,
      unified: false,
      memory: 2 ** 33,
      services: async () => [],
    })
    const sandboxes = new SandboxMaker({
      ...{ client, cri, cache, events, cgroups },
      podLogs: directories.podLogs,
      clusterDns: [],
      clusterDomain: 'cluster.local',
      resolvConf: '/nonexistent',
    })
    const syncer = new PodSyncer({ clock, events, killer, starter, sandboxes, backoff: new Backoff(clock) })
    const status = new StatusManager(client, clock, this.#ended.signal)
    const wake = () => this.#worker.wake()
    const probes = new ProbeManager({ cri, clock, random: seededRandom(1), events, onChange: wake })
    const listener = { wake, wakeAll: wake, removeOrphans: async () => {} }
    queueMicrotask(() => void followRuntime(cri, cache, listener, this.#ended.signal, () => {}))
    return new PodWorker(pod, {
      ...{ client, clock, cri, cache, cgroups, events, killer, probes, status, syncer, volumes },
      hostIPs: node.hostIPs,
      log: () => {},
      onGone: () => {},
    })
  }

  /** An API server that knows this one pod. */
  #transport(): Transport {
    return {
      request: async ({ verb, kind, body }: ClientRequest) => {
        if (kind.plural !== 'pods') throw new Error(`unexpected ${verb} of ${kind.plural}`)
        if (verb === 'delete') this.deleted = true
        if (verb === 'patch') {
          this.#pod = applyStrategicMergePatch(podKind.message, this.#pod, body as PatchBody) as unknown as Pod
          this.#worker.update(this.#pod)
        }
        return this.#pod
      },
      watch: () => new Promise(() => {}),
      discover: async () => [],
      close: async () => {},
    }
  }
}
