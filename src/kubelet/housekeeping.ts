import { statfs } from 'node:fs/promises'
import type { Pod } from '../api/core/pod.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { PodCgroups } from './cgroups/pod-cgroups.ts'
import { evictionMessage, type Supplies, victimOf } from './eviction.ts'
import { ImageCollector } from './gc/image-gc.ts'
import { rotateLog } from './logs/rotation.ts'
import type { KubeletSettings } from './options.ts'
import { uidOf } from './pods/pod.ts'
import type { PodEvents } from './pods/pod-events.ts'
import type { PodManager } from './pods/pod-manager.ts'
import type { PodCache } from './runtime/pod-cache.ts'
import { podUsages } from './stats/node-stats.ts'

interface Tools {
  readonly settings: KubeletSettings
  readonly pods: PodManager
  readonly cache: PodCache
  readonly cgroups: PodCgroups
  readonly events: PodEvents
  readonly recorder: EventRecorder
}

/** What is seen to with each heartbeat of the node: large logs, a full disk, scarce memory. */
export class Housekeeping {
  readonly #tools: Tools
  readonly #images: ImageCollector
  #busy = false

  constructor(tools: Tools) {
    this.#tools = tools
    this.#images = new ImageCollector(tools.settings.cri, tools.settings.pauseImage ?? '', tools.settings.thresholds)
  }

  async run(supplies: Supplies, pressures: { memory: boolean; disk: boolean }): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      await this.#rotateLogs()
      await this.#collectImages()
      if (pressures.memory) await this.#evict('memory', supplies)
      else if (pressures.disk) await this.#evict('ephemeral-storage', supplies)
    } catch (error) {
      this.#tools.settings.log(`housekeeping: ${(error as Error).message}`)
    } finally {
      this.#busy = false
    }
  }

  async #rotateLogs(): Promise<void> {
    const { pods, cache, settings } = this.#tools
    for (const pod of pods.pods) {
      for (const { id, state, logPath } of cache.last(uidOf(pod))?.containers ?? []) {
        if (state === 'running' && logPath) await rotateLog(logPath, id, settings)
      }
    }
  }

  async #collectImages(): Promise<void> {
    const { settings, recorder } = this.#tools
    const { blocks, bavail, bsize } = await statfs(settings.directories.root)
    const disk = { capacity: blocks * bsize, available: bavail * bsize }
    const { wanted, freed } = await this.#images.collect(disk, settings.clock.now())
    if (freed >= wanted) return
    const metadata = { name: settings.nodeName, uid: settings.nodeName }
    const message = `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`
    recorder.warning({ apiVersion: 'v1', kind: 'Node', metadata }, 'FreeDiskSpaceFailed', message, {
      host: settings.nodeName,
    })
  }

  /** One pod at a time: the next look tells whether that was enough. */
  async #evict(resource: 'memory' | 'ephemeral-storage', supplies: Supplies): Promise<void> {
    const { pods, cgroups, cache, events, settings } = this.#tools
    const candidates = pods.active.map(({ pod }) => pod)
    const usages = await podUsages(candidates, cgroups, cache)
    const use = (pod: Pod) => usages.find(usage => usage.pod === pod)?.usage.memoryWorkingSet ?? 0
    const victim = victimOf(candidates, use)
    if (!victim) return
    const message = evictionMessage(resource, supplies, settings.thresholds)
    events.warning(victim, undefined, 'Evicted', message)
    pods.worker(uidOf(victim))?.evict({ reason: 'Evicted', message, grace: 0 })
  }
}
