import type { Container } from '../../api/core/pod/container.ts'
import { isSidecar } from '../../api/core/pod/container-rules.ts'
import type { Pod } from '../../api/core/pod.ts'
import { containerHash } from '../runtime/hash.ts'
import { addressesOf, newestOf, type RuntimeContainer, type RuntimePod } from '../runtime/runtime-pod.ts'
import { type ContainerPlace, containersOf } from './pod.ts'
import { shouldStart } from './restart.ts'

export interface KillAction {
  readonly container: RuntimeContainer
  /** Why, for the event. */
  readonly message: string
  readonly reason?: 'LivenessProbe' | 'StartupProbe'
}

/** What brings a pod from what runs to what its spec asks for. */
export interface PodActions {
  /** Everything of the pod is to be stopped first, its sandbox too. */
  readonly killPod: boolean
  readonly createSandbox: boolean
  /** The number of a new sandbox: 0 for the first. */
  readonly attempt: number
  readonly kill: readonly KillAction[]
  readonly start: readonly ContainerPlace[]
}

/** What probes say of running containers, by container id. */
export interface ProbeVerdicts {
  liveness(id: string): 'success' | 'failure'
  /** `unknown` until the startup probe has come to a result. Containers without one have `success`. */
  startup(container: Container, id: string): 'success' | 'failure' | 'unknown'
}

const NOTHING: PodActions = { killPod: false, createSandbox: false, attempt: 0, kill: [], start: [] }

/** Whether there is anything to do, besides ending a pod that has ended. */
export const hasActions = ({ createSandbox, kill, start }: PodActions): boolean =>
  createSandbox || kill.length > 0 || start.length > 0

/** Decides what to do for a pod that is to run (upstream kuberuntime computePodActions). */
export function podActions(pod: Pod, runtime: RuntimePod, probes: ProbeVerdicts): PodActions {
  const sandbox = sandboxState(pod, runtime)
  if (sandbox.changed) return withNewSandbox(pod, runtime, sandbox.attempt)

  const kill: KillAction[] = []
  const start: ContainerPlace[] = []
  const init = initActions(pod, runtime, probes)
  kill.push(...init.kill)
  start.push(...init.start)
  start.push(...ephemeralToStart(pod, runtime))
  if (init.failed) return { ...NOTHING, killPod: true }
  if (!init.done) return { ...NOTHING, kill, start }

  let kept = 0
  for (const place of containersOf(pod).filter(({ type }) => type === 'main')) {
    const { container } = place
    const last = newestOf(runtime, container.name)
    if (last?.state !== 'running') {
      if (!shouldStart(pod, container, last)) continue
      if (last?.state === 'unknown') {
        kill.push({
          container: last,
          message: `Container is in ${JSON.stringify(last.state)} state, try killing it before restart`,
        })
      }
      start.push(place)
      continue
    }
    const verdict = wantsRestart(container, last, probes)
    if (!verdict) {
      kept++
      continue
    }
    const restart = verdict.always || (container.restartPolicy ?? pod.spec.restartPolicy) !== 'Never'
    kill.push({
      container: last,
      message: restart ? `${verdict.message}, will be restarted` : verdict.message,
      reason: verdict.reason,
    })
    if (restart) start.push(place)
  }
  const mainToStart = start.some(({ type }) => type !== 'ephemeral' && !(type === 'init'))
  if (kept === 0 && !mainToStart && kill.length === init.kill.length) return { ...NOTHING, killPod: true }
  return { ...NOTHING, kill, start }
}

/** Whether a new sandbox is needed, and its number (upstream util.PodSandboxChanged). */
export function sandboxState(pod: Pod, runtime: RuntimePod): { changed: boolean; attempt: number } {
  const [newest] = runtime.sandboxes
  if (!newest) return { changed: true, attempt: 0 }
  const attempt = (newest.metadata?.attempt ?? 0) + 1
  const ready = runtime.sandboxes.filter(({ state }) => state === 'SANDBOX_READY')
  const hostNetwork = newest.linux?.namespaces?.options?.network === 'NODE'
  const changed =
    ready.length > 1 ||
    newest.state !== 'SANDBOX_READY' ||
    hostNetwork !== (pod.spec.hostNetwork ?? false) ||
    (!hostNetwork && addressesOf(runtime).length === 0)
  return { changed, attempt }
}

function withNewSandbox(pod: Pod, runtime: RuntimePod, attempt: number): PodActions {
  const hadSandbox = runtime.sandboxes.length > 0
  const isDone = (place: ContainerPlace) => {
    const last = newestOf(runtime, place.container.name)
    return last?.state === 'exited' && !shouldStart(pod, place.container, last)
  }
  const main = containersOf(pod).filter(({ type }) => type === 'main')
  const initFailed =
    pod.spec.restartPolicy === 'Never' &&
    (pod.spec.initContainers ?? []).some(container => {
      const last = newestOf(runtime, container.name)
      return !isSidecar(container) && last?.state === 'exited' && last.exitCode !== 0
    })
  const start = main.filter(place => !isDone(place))
  if (attempt > 0 && runtime.containers.length > 0) {
    const never = pod.spec.restartPolicy === 'Never' && !main.some(({ container }) => container.restartPolicy)
    if (never || start.length === 0 || initFailed) return { ...NOTHING, killPod: hadSandbox }
  }
  const [first] = containersOf(pod).filter(({ type }) => type === 'init')
  return { killPod: hadSandbox, createSandbox: true, attempt, kill: [], start: first ? [first] : start }
}

interface InitActions {
  readonly kill: KillAction[]
  readonly start: ContainerPlace[]
  /** The main containers may start. */
  readonly done: boolean
  /** An init container has failed for good. */
  readonly failed: boolean
}

/** Init containers run one after another; sidecars among them keep running, and only have to have started. */
function initActions(pod: Pod, runtime: RuntimePod, probes: ProbeVerdicts): InitActions {
  const kill: KillAction[] = []
  const start: ContainerPlace[] = []
  const sandboxId = runtime.sandboxes[0]?.id
  const here = (name: string) => {
    const last = newestOf(runtime, name)
    return last?.sandboxId === sandboxId ? last : undefined
  }
  // Once a main container has run in this sandbox, what is left of init containers no longer matters.
  const initialized = pod.spec.containers.some(({ name }) => here(name) !== undefined)
  for (const place of containersOf(pod).filter(({ type }) => type === 'init')) {
    const { container } = place
    const last = here(container.name)
    const progress = isSidecar(container) ? sidecar(place, last) : initialized ? 'go on' : plain(place, last)
    if (progress === 'failed') return { kill, start, done: false, failed: true }
    if (progress === 'wait' && !initialized) return { kill, start, done: false, failed: false }
  }
  return { kill, start, done: true, failed: false }

  function sidecar(place: ContainerPlace, last: RuntimeContainer | undefined): 'go on' | 'wait' {
    if (last?.state !== 'running') {
      start.push(place)
      return 'wait'
    }
    const verdict = wantsRestart(place.container, last, probes)
    if (verdict) {
      kill.push({ container: last, message: `${verdict.message}, will be restarted`, reason: verdict.reason })
      start.push(place)
      return 'wait'
    }
    return probes.startup(place.container, last.id) === 'success' ? 'go on' : 'wait'
  }

  function plain(place: ContainerPlace, last: RuntimeContainer | undefined): 'go on' | 'wait' | 'failed' {
    if (last?.state === 'running') return 'wait'
    if (last?.state === 'exited' && last.exitCode === 0) return 'go on'
    if (last?.state === 'exited' && pod.spec.restartPolicy === 'Never') return 'failed'
    if (last?.state === 'unknown')
      kill.push({
        container: last,
        message: `Init container is in ${JSON.stringify(last.state)} state, try killing it before restart`,
      })
    start.push(place)
    return 'wait'
  }
}

/** Ephemeral containers start once and are never restarted. */
function ephemeralToStart(pod: Pod, runtime: RuntimePod): ContainerPlace[] {
  return containersOf(pod).filter(({ type, container }) => type === 'ephemeral' && !newestOf(runtime, container.name))
}

function wantsRestart(container: Container, running: RuntimeContainer, probes: ProbeVerdicts) {
  const { name } = container
  if (running.hash && running.hash !== containerHash(container)) {
    return { message: `Container ${name} definition changed`, always: true, reason: undefined }
  }
  if (probes.liveness(running.id) === 'failure') {
    return { message: `Container ${name} failed liveness probe`, always: false, reason: 'LivenessProbe' as const }
  }
  if (probes.startup(container, running.id) === 'failure') {
    return { message: `Container ${name} failed startup probe`, always: false, reason: 'StartupProbe' as const }
  }
  return undefined
}
