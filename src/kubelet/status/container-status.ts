import { isSidecar } from '../../api/core/pod/container-rules.ts'
import type { ContainerState, ContainerStatus } from '../../api/core/pod/container-status.ts'
import type { Pod } from '../../api/core/pod.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import type { ContainerPlace } from '../pods/pod.ts'
import type { RuntimeContainer } from '../runtime/runtime-pod.ts'

export interface ContainerFacts {
  readonly reason?: { readonly reason: string; readonly message: string }
  readonly started: boolean
  readonly ready: boolean
  /** The status as it was last reported. */
  readonly previous: ContainerStatus | undefined
}

export const containerIdOf = (id: string): string => `containerd://${id}`

/** The status of one container. `incarnations` are all that the runtime has of it, newest first. */
export function containerStatus(
  pod: Pod,
  { container, type }: ContainerPlace,
  incarnations: readonly RuntimeContainer[],
  facts: ContainerFacts,
  waiting: string,
): ContainerStatus {
  const [newest, before] = incarnations
  const { reason, previous } = facts
  const state = newest ? stateOf(newest) : { waiting: { reason: waiting } }
  const status: ContainerStatus = {
    name: container.name,
    state,
    lastState: before ? stateOf(before) : (previous?.lastState ?? {}),
    ready: facts.ready,
    restartCount: newest?.restartCount ?? previous?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: newest?.imageRef ?? '',
    ...(newest && { containerID: containerIdOf(newest.id) }),
    started: facts.started,
    ...mountsOf(container.volumeMounts),
    ...resourcesOf(container, type),
    ...userOf(newest),
  }
  if (newest && newest.state !== 'running' && reason) {
    status.state = { waiting: reason }
    status.lastState = newest.state === 'exited' ? stateOf(newest) : status.lastState
  } else if (!newest && reason) status.state = { waiting: reason }
  else if (!newest && previous?.containerID) vanished(pod, status, previous)
  return status
}

/** A container that ran and of which the runtime has nothing left. */
function vanished(pod: Pod, status: ContainerStatus, previous: ContainerStatus): void {
  if (previous.state.terminated) {
    status.state = previous.state
    status.containerID = previous.containerID
    status.imageID = previous.imageID
    return
  }
  if (!previous.state.running) return
  const terminated = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    containerID: previous.containerID,
  }
  if (pod.metadata.deletionTimestamp || pod.spec.restartPolicy === 'Never') status.state = { terminated }
  else status.lastState = { terminated: { ...terminated, message: 'The container could not be located' } }
}

function stateOf(container: RuntimeContainer): ContainerState {
  const { state, startedAt, finishedAt, exitCode, reason, message, id } = container
  if (state === 'running') return { running: { startedAt: rfc3339(startedAt) } }
  if (state === 'created') return { waiting: { reason: 'ContainerCreating' } }
  return {
    terminated: {
      exitCode: state === 'unknown' ? 137 : exitCode,
      ...(state === 'unknown' ? { reason: 'ContainerStatusUnknown' } : reason && { reason }),
      ...(message && { message }),
      startedAt: rfc3339(startedAt),
      finishedAt: rfc3339(finishedAt),
      containerID: containerIdOf(id),
    },
  }
}

function mountsOf(mounts: ContainerPlace['container']['volumeMounts']): Partial<ContainerStatus> {
  if (!mounts?.length) return {}
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
      name,
      mountPath,
      ...(readOnly && { readOnly, recursiveReadOnly: recursiveReadOnly === 'Enabled' ? 'Enabled' : 'Disabled' }),
    })),
  }
}

function resourcesOf(
  { resources }: ContainerPlace['container'],
  type: ContainerPlace['type'],
): Partial<ContainerStatus> {
  if (type === 'ephemeral') return {}
  const { requests, limits } = resources
  return {
    ...(requests && { allocatedResources: requests }),
    resources: { ...(limits && { limits }), ...(requests && { requests }) },
  }
}

function userOf(container: RuntimeContainer | undefined): Partial<ContainerStatus> {
  const linux = container?.user?.linux
  if (!linux) return {}
  const { uid, gid, supplementalGroups } = linux
  return { user: { linux: { uid, gid, ...(supplementalGroups.length > 0 && { supplementalGroups }) } } }
}

/** Whether a container counts for the pod's readiness: main containers and sidecars do. */
export const countsForReadiness = ({ type, container }: ContainerPlace): boolean =>
  type === 'main' || (type === 'init' && isSidecar(container))
