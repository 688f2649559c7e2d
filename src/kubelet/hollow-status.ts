import type { Container } from '../api/core/pod/container.ts'
import { isSidecar } from '../api/core/pod/container-rules.ts'
import type { ContainerState, ContainerStatus } from '../api/core/pod/container-status.ts'
import { podQOS } from '../api/core/pod/qos.ts'
import type { PodStatus } from '../api/core/pod/status.ts'
import type { Pod } from '../api/core/pod.ts'
import { conditionOf, containersReady, ready, type Verdict } from './status/conditions.ts'

/** The status of a pod that runs, or has ended well, in name only. `now` is RFC 3339. */
export function hollowPodStatus(
  pod: Pod,
  phase: 'Running' | 'Succeeded',
  { hostIP, podIP }: { hostIP: string; podIP: string },
  now: string,
): PodStatus {
  const { spec, status, metadata } = pod
  const done: Verdict = { status: 'False', reason: 'PodCompleted' }
  const yes: Verdict = { status: 'True' }
  const ended = phase === 'Succeeded'
  const running: ContainerState = { running: { startedAt: status.startTime ?? now } }
  const completed: ContainerState = {
    terminated: { exitCode: 0, reason: 'Completed', startedAt: status.startTime ?? now, finishedAt: now },
  }
  const statusOf =
    (state: ContainerState, ready: boolean) =>
    (container: Container): ContainerStatus => ({
      name: container.name,
      state,
      lastState: {},
      ready,
      restartCount: 0,
      image: container.image ?? '',
      imageID: '',
      containerID: `hollow://${metadata.uid}/${container.name}`,
      started: !ended,
    })
  const init = (spec.initContainers ?? []).map(container =>
    isSidecar(container) && !ended ? statusOf(running, true)(container) : statusOf(completed, true)(container),
  )
  const main = spec.containers.map(ended ? statusOf(completed, false) : statusOf(running, true))
  const before = status.conditions ?? []
  const condition = (type: string, verdict: Verdict) => conditionOf(type, verdict, before, now, metadata.generation)
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    phase,
    conditions: [
      condition('PodReadyToStartContainers', ended ? { status: 'False' } : yes),
      condition('Initialized', ended ? { status: 'True', reason: 'PodCompleted' } : yes),
      condition('Ready', ended ? done : ready(pod, yes)),
      condition('ContainersReady', ended ? done : yes),
      condition('PodScheduled', yes),
    ],
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: status.startTime ?? now,
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: main,
    qosClass: status.qosClass ?? podQOS(spec),
  }
}

/** The status of a running pod with its readiness as its containers and gates have it, whatever others have written there. */
export function withReadiness(pod: Pod, now: string): PodStatus {
  const { status, metadata } = pod
  const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = status
  const verdict = containersReady(pod, initContainerStatuses, containerStatuses, status.phase ?? '')
  const condition = (type: string, verdict: Verdict) => conditionOf(type, verdict, conditions, now, metadata.generation)
  return { ...status, conditions: [condition('ContainersReady', verdict), condition('Ready', ready(pod, verdict))] }
}

/** The status of a pod whose containers were stopped because it is deleted: they are killed. */
export function stopped(pod: Pod, now: string): PodStatus {
  const { status, metadata } = pod
  const condition = (type: string) =>
    conditionOf(type, { status: 'False', reason: 'PodFailed' }, status.conditions ?? [], now, metadata.generation)
  const end = (container: ContainerStatus): ContainerStatus => ({
    ...container,
    ready: false,
    started: false,
    state: container.state?.terminated
      ? container.state
      : { terminated: { exitCode: 137, reason: 'Error', finishedAt: now } },
  })
  return {
    ...status,
    phase: 'Failed',
    conditions: [condition('ContainersReady'), condition('Ready')],
    ...(status.containerStatuses && { containerStatuses: status.containerStatuses.map(end) }),
  }
}
