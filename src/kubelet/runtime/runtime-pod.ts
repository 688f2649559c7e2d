import type { ContainerStatus } from '../cri/messages/container.ts'
import type { PodSandboxStatus } from '../cri/messages/sandbox.ts'
import { millis } from '../cri/protobuf.ts'
import { CONTAINER_NAME, readAnnotations } from './labels.ts'

/** A container as the runtime has it. Times are in milliseconds since the epoch, 0 when they have not come. */
export interface RuntimeContainer {
  readonly id: string
  readonly name: string
  readonly sandboxId: string
  readonly state: 'created' | 'running' | 'exited' | 'unknown'
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  readonly reason: string
  /** Last words: the termination message, or what the runtime says. */
  readonly message: string
  readonly image: string
  readonly imageRef: string
  readonly hash: string
  readonly restartCount: number
  readonly logPath: string
  readonly user: ContainerStatus['user']
}

/** What the runtime has of one pod. */
export interface RuntimePod {
  readonly uid: string
  readonly name: string
  readonly namespace: string
  /** Newest first. */
  readonly sandboxes: readonly PodSandboxStatus[]
  /** Newest first. */
  readonly containers: readonly RuntimeContainer[]
}

const STATES = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
} as const

export function runtimeContainer(status: ContainerStatus, sandboxId: string, message: string): RuntimeContainer {
  const { hash, restartCount } = readAnnotations(status.annotations)
  return {
    id: status.id,
    name: status.labels[CONTAINER_NAME] ?? status.metadata?.name ?? '',
    sandboxId,
    state: STATES[status.state],
    createdAt: millis(status.createdAt),
    startedAt: millis(status.startedAt),
    finishedAt: millis(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message,
    image: status.image?.image ?? '',
    imageRef: status.imageRef,
    hash,
    restartCount,
    logPath: status.logPath,
    user: status.user,
  }
}

/** The newest container of this name. */
export const newestOf = (pod: RuntimePod | undefined, name: string): RuntimeContainer | undefined =>
  pod?.containers.find(container => container.name === name)

/** The addresses of the pod's current sandbox. */
export function addressesOf(pod: RuntimePod | undefined): string[] {
  const network = pod?.sandboxes[0]?.state === 'SANDBOX_READY' ? pod.sandboxes[0].network : undefined
  if (!network?.ip) return []
  return [network.ip, ...network.additionalIps.map(({ ip }) => ip)]
}

/** Whether anything of the pod may still run. */
export const hasRunning = (pod: RuntimePod): boolean =>
  pod.containers.some(({ state }) => state === 'running' || state === 'unknown')
