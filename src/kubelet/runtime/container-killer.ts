import { isSidecar } from '../../api/core/pod/container-rules.ts'
import type { Pod } from '../../api/core/pod.ts'
import { anySignal } from '../../apimachinery/abort.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { type CriClient, REQUEST_TIMEOUT_MS } from '../cri/client.ts'
import { isNotFound } from '../cri/error.ts'
import { runHook } from '../hooks/hooks.ts'
import { containersOf, findContainer } from '../pods/pod.ts'
import type { KillAction } from '../pods/pod-actions.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import { addressesOf, type RuntimeContainer, type RuntimePod } from './runtime-pod.ts'

/** What any container gets to end, in seconds, unless it is to be ended sooner by order. */
const MIN_GRACE = 2

interface Tools {
  readonly cri: CriClient
  readonly clock: Clock
  readonly events: PodEvents
}

export interface KillOptions {
  /** Seconds to end in, instead of what the pod says. */
  readonly grace?: number
  readonly signal: AbortSignal
}

/** Ends containers and pods: preStop, then the stop signal, then force (upstream kuberuntime killContainer). */
export class ContainerKiller {
  readonly #tools: Tools

  constructor(tools: Tools) {
    this.#tools = tools
  }

  /** Resolves when the container has ended. */
  async kill(
    pod: Pod,
    runtime: RuntimePod,
    { container, message, reason }: Omit<KillAction, 'message'> & { readonly message?: string },
    { grace, signal }: KillOptions,
  ): Promise<void> {
    const { cri, clock, events } = this.#tools
    const place = findContainer(pod, container.name)
    events.normal(pod, container, 'Killing', message ?? `Stopping container ${container.name}`)
    let left = grace ?? graceOf(pod, place?.container, reason)
    const hook = place?.container.lifecycle?.preStop
    if (hook && left > 0 && container.state === 'running') {
      const began = clock.now()
      const deadline = new AbortController()
      const timer = clock.timer(left * 1000, () => deadline.abort(new Error('the grace period is over')))
      const target = { container: place.container, containerId: container.id, podIP: addressesOf(runtime)[0] ?? '' }
      await runHook(hook, target, this.#tools, anySignal(signal, deadline.signal)).catch(() => {
        if (!signal.aborted && !deadline.signal.aborted) {
          events.warning(pod, container, 'FailedPreStopHook', 'PreStopHook failed')
        }
      })
      timer.cancel()
      deadline.abort()
      signal.throwIfAborted()
      left -= Math.floor((clock.now() - began) / 1000)
    }
    // Whoever orders less than the least is obeyed.
    const timeout = Math.max(left, Math.min(MIN_GRACE, grace ?? MIN_GRACE))
    try {
      const timeoutMs = timeout * 1000 + REQUEST_TIMEOUT_MS
      await cri.runtime.stopContainer({ containerId: container.id, timeout }, { signal, timeoutMs })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  /**
   * Ends all containers of a pod, then its sandboxes. Sidecars end after the main containers, the last one first; each
   * has until the pod's grace period is over.
   */
  async killPod(pod: Pod, runtime: RuntimePod, options: KillOptions): Promise<void> {
    const { cri, clock } = this.#tools
    const running = runtime.containers.filter(({ state }) => state === 'running' || state === 'unknown')
    const sidecars = new Set(
      containersOf(pod).flatMap(({ type, container }) =>
        type === 'init' && isSidecar(container) ? [container.name] : [],
      ),
    )
    const began = clock.now()
    const failures: unknown[] = []
    const end = (container: RuntimeContainer, grace = options.grace) =>
      this.kill(pod, runtime, { container }, { ...options, grace }).catch(error => failures.push(error))

    await Promise.all(running.filter(({ name }) => !sidecars.has(name)).map(container => end(container)))
    for (const name of [...sidecars].reverse()) {
      const total = options.grace ?? graceOf(pod, undefined, undefined)
      const left = Math.max(MIN_GRACE, total - Math.floor((clock.now() - began) / 1000))
      await Promise.all(running.filter(container => container.name === name).map(container => end(container, left)))
    }
    options.signal.throwIfAborted()
    if (failures.length > 0) throw failures[0]
    await Promise.all(
      runtime.sandboxes.map(({ id, state }) =>
        state === 'SANDBOX_READY' || running.length > 0
          ? cri.runtime.stopPodSandbox({ podSandboxId: id }).catch(ignoreMissing)
          : undefined,
      ),
    )
  }

  /** Removes what is left of a pod's containers and sandboxes. They must have ended. */
  async removePod(runtime: RuntimePod): Promise<void> {
    const { cri } = this.#tools
    await Promise.all(
      runtime.sandboxes.map(({ id }) => cri.runtime.removePodSandbox({ podSandboxId: id }).catch(ignoreMissing)),
    )
    await Promise.all(
      runtime.containers.map(({ id }) => cri.runtime.removeContainer({ containerId: id }).catch(ignoreMissing)),
    )
  }
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error
}

/** Seconds that a container gets: those of the deletion, of the probe that failed, or of the pod. */
function graceOf(
  pod: Pod,
  container: Parameters<typeof containersOf>[0]['spec']['containers'][number] | undefined,
  reason: KillAction['reason'],
): number {
  const { deletionGracePeriodSeconds } = pod.metadata
  if (deletionGracePeriodSeconds !== undefined) return deletionGracePeriodSeconds
  const probe =
    reason === 'LivenessProbe'
      ? container?.livenessProbe
      : reason === 'StartupProbe'
        ? container?.startupProbe
        : undefined
  const seconds = probe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
  return seconds < 0 ? 1 : seconds
}
