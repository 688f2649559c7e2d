import { isSidecar } from '../../api/core/pod/container-rules.ts'
import type { ContainerStatus } from '../../api/core/pod/container-status.ts'
import type { PodCondition } from '../../api/core/pod/status.ts'
import type { Pod } from '../../api/core/pod.ts'

export interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

const yes: Verdict = { status: 'True' }

/** Containers that should be ready: main ones and sidecars, with their statuses. */
function serving(pod: Pod, init: readonly ContainerStatus[], main: readonly ContainerStatus[]) {
  const of = (all: readonly ContainerStatus[], name: string) => all.find(status => status.name === name)
  return [
    ...(pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => ({ name, status: of(init, name) })),
    ...pod.spec.containers.map(({ name }) => ({ name, status: of(main, name) })),
  ]
}

/** Initialized: every init container has ended well, or has started where it is a sidecar. */
export function initialized(
  pod: Pod,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  phase: string,
): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  if (main.some(({ state, lastState }) => state.running || state.terminated || lastState.terminated)) return yes
  const incomplete = (pod.spec.initContainers ?? []).filter(container => {
    const status = init.find(({ name }) => name === container.name)
    return isSidecar(container) ? !status?.started : status?.state.terminated?.exitCode !== 0
  })
  if (incomplete.length === 0) return yes
  const names = incomplete.map(({ name }) => name).join(' ')
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names}]`,
  }
}

/** ContainersReady: every main container and sidecar is ready. */
export function containersReady(
  pod: Pod,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  phase: string,
): Verdict {
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const all = serving(pod, init, main)
  const unknown = all.filter(({ status }) => !status).map(({ name }) => name)
  const unready = all.filter(({ status }) => status && !status.ready).map(({ name }) => name)
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' }
  if (unknown.length === 0 && unready.length === 0) return yes
  const parts = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(' ')}]`] : []),
    ...(unready.length > 0 ? [`containers with unready status: [${unready.join(' ')}]`] : []),
  ]
  return { status: 'False', reason: 'ContainersNotReady', message: parts.join(', ') }
}

/** Ready: the containers are, and so say the readiness gates. */
export function ready(pod: Pod, containers: Verdict): Verdict {
  if (containers.status === 'False') return containers
  const problems = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status.conditions?.find(({ type }) => type === conditionType)
    if (!condition)
      return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`]
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${condition.status}`]
  })
  return problems.length > 0 ? { status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') } : yes
}

/** A condition with these words; the time changes only with the status. */
export function conditionOf(
  type: string,
  { status, reason, message }: Verdict,
  before: readonly PodCondition[],
  now: string,
  observedGeneration: number | undefined,
): PodCondition {
  const previous = before.find(condition => condition.type === type)
  return {
    type,
    ...(observedGeneration !== undefined && { observedGeneration }),
    status,
    lastProbeTime: undefined,
    lastTransitionTime: previous?.status === status ? previous.lastTransitionTime : now,
    ...(reason && { reason }),
    ...(message && { message }),
  }
}
