import type { Pod } from '../../api/core/pod.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { formatDuration } from '../../apimachinery/duration.ts'
import type { Backoff } from '../backoff.ts'
import { ContainerError } from '../container-error.ts'
import type { ContainerKiller } from '../runtime/container-killer.ts'
import type { ContainerStarter } from '../runtime/container-starter.ts'
import { containerHash } from '../runtime/hash.ts'
import { addressesOf, hasRunning, type RuntimePod } from '../runtime/runtime-pod.ts'
import type { Sandbox, SandboxMaker } from '../runtime/sandbox-maker.ts'
import type { MountedVolume } from '../volumes/volume.ts'
import { type ContainerPlace, podText, uidOf } from './pod.ts'
import type { PodActions } from './pod-actions.ts'
import type { PodEvents } from './pod-events.ts'

interface Tools {
  readonly clock: Clock
  readonly events: PodEvents
  readonly killer: ContainerKiller
  readonly starter: ContainerStarter
  readonly sandboxes: SandboxMaker
  readonly backoff: Backoff
}

/** Why containers do not run, by name. */
export type WaitReasons = Map<string, { readonly reason: string; readonly message: string }>

interface SyncResult {
  /** Whether the runtime was changed. */
  readonly changed: boolean
  /** Milliseconds until something that failed, or has to wait, may be tried again. */
  readonly againAfter?: number
}

/** How soon a container that could not be started is tried again, where its error does not say. */
const RETRY_MS = 10_000

/** Carries out what `podActions` decides. */
export class PodSyncer {
  readonly #tools: Tools

  constructor(tools: Tools) {
    this.#tools = tools
  }

  /** Notes in `reasons` what keeps containers from running. Rejects when the pod as a whole cannot run. */
  async sync(
    pod: Pod,
    runtime: RuntimePod,
    actions: PodActions,
    volumes: ReadonlyMap<string, MountedVolume>,
    reasons: WaitReasons,
    signal: AbortSignal,
  ): Promise<SyncResult> {
    const { killer, events, sandboxes } = this.#tools
    let changed = false
    if (actions.killPod && needsKilling(runtime)) {
      if (actions.createSandbox) {
        events.normal(pod, undefined, 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
      }
      await killer.killPod(pod, runtime, { signal })
      changed = true
    } else if (actions.killPod && actions.createSandbox) {
      events.normal(pod, undefined, 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    }
    if (actions.kill.length > 0) {
      await Promise.all(actions.kill.map(action => killer.kill(pod, runtime, action, { signal })))
      changed = true
    }
    if (!actions.createSandbox && actions.start.length === 0) return { changed }

    const sandbox = actions.createSandbox
      ? await sandboxes.create(pod, actions.attempt, signal)
      : await this.#current(pod, runtime)
    const started = await this.#startAll(pod, runtime, actions.start, sandbox, volumes, reasons, signal)
    return { changed: true, againAfter: started }
  }

  async #current(pod: Pod, runtime: RuntimePod): Promise<Sandbox> {
    const status = runtime.sandboxes[0]!
    const config = await this.#tools.sandboxes.configOf(pod, status.metadata?.attempt ?? 0)
    return { id: status.id, config, ips: addressesOf(runtime) }
  }

  async #startAll(
    pod: Pod,
    runtime: RuntimePod,
    containers: readonly ContainerPlace[],
    sandbox: Sandbox,
    volumes: ReadonlyMap<string, MountedVolume>,
    reasons: WaitReasons,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const place = { pod, runtime, sandboxId: sandbox.id, sandbox: sandbox.config, podIPs: sandbox.ips, volumes }
    const waits: number[] = []
    for (const container of containers) {
      const { name } = container.container
      try {
        this.#mayRestart(pod, runtime, container)
        await this.#tools.starter.start(container, place, signal)
        reasons.delete(name)
      } catch (error) {
        if (!(error instanceof ContainerError)) throw error
        reasons.set(name, { reason: error.reason, message: error.message })
        waits.push(error.againAfter ?? RETRY_MS)
      }
    }
    return waits.length > 0 ? Math.min(...waits) : undefined
  }

  /** Throws CrashLoopBackOff while a container that has ended, or was ended for its probe, has to wait. */
  #mayRestart(pod: Pod, runtime: RuntimePod, { container }: ContainerPlace): void {
    // Its last end counts also where it has run since: a probe that keeps failing is a container that keeps failing.
    const last = runtime.containers.find(({ name, state }) => name === container.name && state === 'exited')
    if (!last) return
    const { backoff, events } = this.#tools
    const key = [uidOf(pod), container.name, containerHash(container)].join('/')
    const wait = backoff.remaining(key, last.finishedAt)
    if (wait === 0) {
      backoff.next(key, last.finishedAt)
      return
    }
    events.warning(
      pod,
      container,
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${podText(pod)}`,
    )
    const message = `back-off ${formatDuration(backoff.get(key))} restarting failed container=${container.name} pod=${podText(pod)}`
    throw new ContainerError('CrashLoopBackOff', message, wait)
  }
}

const needsKilling = (runtime: RuntimePod) =>
  hasRunning(runtime) || runtime.sandboxes.some(({ state }) => state === 'SANDBOX_READY')
