import type { Container } from '../../api/core/pod/container.ts'
import { isSidecar } from '../../api/core/pod/container-rules.ts'
import type { Probe } from '../../api/core/pod/probe.ts'
import type { Pod } from '../../api/core/pod.ts'
import { anySignal } from '../../apimachinery/abort.ts'
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { CriClient } from '../cri/client.ts'
import { containersOf, uidOf } from '../pods/pod.ts'
import type { ProbeVerdicts } from '../pods/pod-actions.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import { addressesOf, newestOf, type RuntimePod } from '../runtime/runtime-pod.ts'
import { containerIdOf } from '../status/container-status.ts'
import { type ProbeResult, probeOnce } from './prober.ts'

type ProbeType = 'startup' | 'liveness' | 'readiness'
const TYPES: readonly ProbeType[] = ['startup', 'liveness', 'readiness']
const TITLES = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const

interface Tools {
  readonly cri: CriClient
  readonly clock: Clock
  readonly random: Random
  readonly events: PodEvents
  /** Told when a probe has come to another result. */
  readonly onChange: (uid: string) => void
}

/** One probe of one running container. */
interface Worker {
  readonly type: ProbeType
  readonly containerId: string
  readonly ended: AbortController
  pod: Pod
  container: Container
  podIP: string
  startedAt: number
  timer: Timer | undefined
  last: 'success' | 'failure' | undefined
  /** How often in a row it was so. */
  run: number
  /** What counts: the thresholds have been reached. */
  verdict: 'success' | 'failure' | undefined
}

const probeOf = (container: Container, type: ProbeType): Probe | undefined => container[`${type}Probe`]

/** Runs the probes of running containers, each on its own schedule (upstream pkg/kubelet/prober). */
export class ProbeManager implements ProbeVerdicts {
  readonly #tools: Tools
  readonly #workers = new Map<string, Worker>()
  readonly #byPod = new Map<string, Set<string>>()

  constructor(tools: Tools) {
    this.#tools = tools
  }

  liveness(id: string): 'success' | 'failure' {
    return this.#workers.get(`liveness ${id}`)?.verdict === 'failure' ? 'failure' : 'success'
  }
  startup(container: Container, id: string): 'success' | 'failure' | 'unknown' {
    if (!container.startupProbe) return 'success'
    return this.#workers.get(`startup ${id}`)?.verdict ?? 'unknown'
  }
  readiness(container: Container, id: string): boolean {
    return !container.readinessProbe || this.#workers.get(`readiness ${id}`)?.verdict === 'success'
  }

  /** Starts probes of containers that run and stops those of containers that no longer do. */
  update(pod: Pod, runtime: RuntimePod): void {
    const uid = uidOf(pod)
    const wanted = new Set<string>()
    const podIP = addressesOf(runtime)[0] ?? ''
    for (const { container, type: kind } of containersOf(pod)) {
      if (kind === 'ephemeral' || (kind === 'init' && !isSidecar(container))) continue
      const running = newestOf(runtime, container.name)
      if (running?.state !== 'running') continue
      for (const type of TYPES) {
        if (!probeOf(container, type)) continue
        const key = `${type} ${running.id}`
        wanted.add(key)
        const known = this.#workers.get(key)
        if (known) {
          known.pod = pod
          known.podIP ||= podIP
        } else this.#start(key, { type, containerId: running.id, pod, container, podIP, startedAt: running.startedAt })
      }
    }
    for (const key of this.#byPod.get(uid) ?? []) if (!wanted.has(key)) this.#stop(key)
    if (wanted.size > 0) this.#byPod.set(uid, wanted)
    else this.#byPod.delete(uid)
  }

  /** Stops liveness and startup probes of a pod that is ending; readiness goes on being probed. */
  ending(uid: string): void {
    for (const key of this.#byPod.get(uid) ?? []) if (!key.startsWith('readiness')) this.#stop(key)
  }

  remove(uid: string): void {
    for (const key of this.#byPod.get(uid) ?? []) this.#stop(key)
    this.#byPod.delete(uid)
  }

  close(): void {
    for (const key of [...this.#workers.keys()]) this.#stop(key)
  }

  #start(key: string, parts: Pick<Worker, 'type' | 'containerId' | 'pod' | 'container' | 'podIP' | 'startedAt'>): void {
    const worker: Worker = {
      ...parts,
      ended: new AbortController(),
      timer: undefined,
      last: undefined,
      run: 0,
      verdict: reportedVerdict(parts),
    }
    this.#workers.set(key, worker)
    const { initialDelaySeconds = 0 } = probeOf(worker.container, worker.type)!
    const delay = worker.startedAt + initialDelaySeconds * 1000 - this.#tools.clock.now()
    this.#schedule(worker, Math.max(0, delay))
  }

  #stop(key: string): void {
    const worker = this.#workers.get(key)
    worker?.timer?.cancel()
    worker?.ended.abort()
    this.#workers.delete(key)
  }

  #schedule(worker: Worker, ms: number): void {
    worker.timer = this.#tools.clock.timer(ms, () => void this.#probe(worker))
  }

  async #probe(worker: Worker): Promise<void> {
    const probe = probeOf(worker.container, worker.type)!
    const period = probe.periodSeconds * 1000
    const startup = this.startup(worker.container, worker.containerId)
    // The others wait for the startup probe, and it has nothing left to do once it has succeeded.
    if (worker.type === 'startup' ? startup === 'success' : startup !== 'success') {
      if (worker.type !== 'startup') this.#schedule(worker, Math.min(period, 1_000))
      return
    }
    const result = await this.#withTimeout(worker, probe)
    if (worker.ended.signal.aborted) return
    this.#note(worker, probe, result)
    if (worker.type === 'startup' && worker.verdict === 'success') {
      this.#wakeOthers(worker.containerId)
      return
    }
    // A container that is to be killed for its probe need not be probed meanwhile.
    if (worker.verdict === 'failure' && worker.type !== 'readiness') return
    this.#schedule(worker, period)
  }

  /** The startup probe has succeeded: the others need not wait for their turn. */
  #wakeOthers(containerId: string): void {
    for (const type of ['liveness', 'readiness'] as const) {
      const worker = this.#workers.get(`${type} ${containerId}`)
      if (!worker) continue
      worker.timer?.cancel()
      this.#schedule(worker, 0)
    }
  }

  async #withTimeout(worker: Worker, probe: Probe): Promise<ProbeResult> {
    const { clock, cri } = this.#tools
    const deadline = new AbortController()
    const seconds = probe.timeoutSeconds || 1
    // The runtime ends commands itself and is given a moment to say so.
    const limit = probe.exec ? seconds * 1000 + 2_000 : seconds * 1000
    const timer = clock.timer(limit, () => deadline.abort(new Error('the probe took too long')))
    const target = { container: worker.container, containerId: worker.containerId, podIP: worker.podIP }
    // A command is left to end by itself: containerd's shim can lock up when one is given up while its container is stopped.
    const signal = probe.exec ? deadline.signal : anySignal(deadline.signal, worker.ended.signal)
    try {
      return await probeOnce(probe, target, cri, signal, seconds)
    } catch (error) {
      return { result: deadline.signal.aborted ? 'failure' : 'unknown', output: (error as Error).message }
    } finally {
      timer.cancel()
      deadline.abort()
    }
  }

  #note(worker: Worker, probe: Probe, { result, output }: ProbeResult): void {
    const { events } = this.#tools
    const { pod, container, type } = worker
    const title = TITLES[type]
    if (result === 'unknown') {
      events.warning(pod, container, 'Unhealthy', `${title} probe errored and resulted in unknown state: ${output}`)
      return
    }
    if (result === 'failure') events.warning(pod, container, 'Unhealthy', `${title} probe failed: ${output}`)
    if (result === 'warning') events.warning(pod, container, 'ProbeWarning', `${title} probe warning: ${output}`)
    const outcome = result === 'failure' ? 'failure' : 'success'
    worker.run = worker.last === outcome ? worker.run + 1 : 1
    worker.last = outcome
    const threshold = outcome === 'success' ? probe.successThreshold : probe.failureThreshold
    if (worker.run < threshold || worker.verdict === outcome) return
    worker.verdict = outcome
    this.#tools.onChange(uidOf(pod))
  }
}

/** What an earlier kubelet has found out about a container that still runs. */
function reportedVerdict({
  pod,
  type,
  containerId,
}: Pick<Worker, 'pod' | 'type' | 'containerId'>): 'success' | undefined {
  const all = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]
  const status = all.find(({ containerID }) => containerID === containerIdOf(containerId))
  return (type === 'readiness' && status?.ready) || (type === 'startup' && status?.started) ? 'success' : undefined
}
