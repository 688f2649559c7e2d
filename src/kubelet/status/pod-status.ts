import { isSidecar } from '../../api/core/pod/container-rules.ts'
import type { ContainerStatus } from '../../api/core/pod/container-status.ts'
import { podQOS } from '../../api/core/pod/qos.ts'
import type { PodStatus } from '../../api/core/pod/status.ts'
import type { Pod } from '../../api/core/pod.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { type ContainerPlace, containersOf } from '../pods/pod.ts'
import type { WaitReasons } from '../pods/pod-syncer.ts'
import { addressesOf, type RuntimeContainer, type RuntimePod } from '../runtime/runtime-pod.ts'
import { conditionOf, containersReady, initialized, ready, type Verdict } from './conditions.ts'
import { containerStatus, countsForReadiness } from './container-status.ts'
import { podPhase } from './pod-phase.ts'

/** What a pod's status is made from, besides the pod and what runs. */
export interface StatusFacts {
  readonly reasons: WaitReasons
  readonly hostIPs: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** When the kubelet took the pod up, in milliseconds since the epoch. */
  readonly startedAt: number
  /** Nothing of the pod will be started again. */
  readonly terminal: boolean
  /** Why the pod was ended by the node, as Evicted or DeadlineExceeded. */
  readonly verdict?: { readonly reason: string; readonly message: string }
  /** What probes say of a running container. */
  isStarted(place: ContainerPlace, container: RuntimeContainer): boolean
  isReady(place: ContainerPlace, container: RuntimeContainer): boolean
}

/** The status of a pod on its node (upstream kubelet generateAPIPodStatus). Conditions of others are not in it. */
export function podStatus(pod: Pod, runtime: RuntimePod, facts: StatusFacts): PodStatus {
  const { hostIPs, now, startedAt, terminal, verdict } = facts
  const before = pod.status.conditions ?? []
  const statuses = containersOf(pod).map(place => ({ place, status: statusOf(place) }))
  const ofType = (type: ContainerPlace['type']) =>
    statuses.filter(({ place }) => place.type === type).map(({ status }) => status)
  const init = ofType('init')
  const main = ofType('main')
  const ephemeral = ofType('ephemeral')
  const phase = verdict ? 'Failed' : podPhase(pod, init, main, terminal)
  if (phase === 'Failed' || phase === 'Succeeded') {
    for (const status of [...init, ...main]) if (!status.state.running) status.started = false
  }
  const generation = pod.metadata.generation
  const condition = (type: string, what: Verdict) => conditionOf(type, what, before, rfc3339(now), generation)
  const containers = containersReady(pod, init, main, phase)
  const hasSandbox = runtime.sandboxes[0]?.state === 'SANDBOX_READY'
  const ips = podIPs()
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: [
      condition('PodReadyToStartContainers', { status: hasSandbox && ips.length > 0 ? 'True' : 'False' }),
      condition('Initialized', initialized(pod, init, main, phase)),
      condition('Ready', ready(pod, containers)),
      condition('ContainersReady', containers),
      condition('PodScheduled', { status: 'True' }),
    ],
    ...(verdict && { reason: verdict.reason, message: verdict.message }),
    ...(hostIPs[0] && { hostIP: hostIPs[0], hostIPs: hostIPs.map(ip => ({ ip })) }),
    ...(ips[0] && { podIP: ips[0], podIPs: ips.map(ip => ({ ip })) }),
    startTime: rfc3339(startedAt),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: main,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status.qosClass ?? podQOS(pod.spec),
  }

  function podIPs(): readonly string[] {
    if (pod.spec.hostNetwork) return hasSandbox ? hostIPs : (pod.status.podIPs ?? []).map(({ ip }) => ip)
    const current = addressesOf(runtime)
    // A pod that has ended keeps showing where it was.
    return current.length > 0 || !terminal ? current : (pod.status.podIPs ?? []).map(({ ip }) => ip)
  }

  function statusOf(place: ContainerPlace): ContainerStatus {
    const { container, type } = place
    const incarnations = runtime.containers.filter(({ name }) => name === container.name)
    const newest = incarnations[0]
    const running = newest?.state === 'running'
    const started = running && facts.isStarted(place, newest)
    const plainInit = type === 'init' && !isSidecar(container)
    const isReady = plainInit
      ? newest?.state === 'exited' && newest.exitCode === 0
      : running && started && (!countsForReadiness(place) || facts.isReady(place, newest))
    const previous = [
      ...(pod.status.containerStatuses ?? []),
      ...(pod.status.initContainerStatuses ?? []),
      ...(pod.status.ephemeralContainerStatuses ?? []),
    ].find(({ name }) => name === container.name)
    const hasInit = (pod.spec.initContainers ?? []).length > 0
    return containerStatus(
      pod,
      place,
      incarnations,
      { reason: terminal ? undefined : facts.reasons.get(container.name), started, ready: isReady, previous },
      hasInit ? 'PodInitializing' : 'ContainerCreating',
    )
  }
}
