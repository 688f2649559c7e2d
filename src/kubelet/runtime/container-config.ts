import path from 'node:path'
import type { Pod } from '../../api/core/pod.ts'
import type { ContainerConfig, Device, Mount } from '../cri/messages/container.ts'
import type { Input } from '../cri/protobuf.ts'
import { expand } from '../env/expand.ts'
import type { ContainerPlace } from '../pods/pod.ts'
import { containerAnnotations, containerLabels } from './labels.ts'
import { containerResources } from './resources.ts'
import { containerSecurityContext, type ImageUser } from './security-context.ts'

export interface ContainerParts {
  readonly restartCount: number
  /** The image by its id, as pulled. */
  readonly imageRef: string
  readonly user: ImageUser
  readonly env: readonly EnvEntry[]
  readonly mounts: readonly Input<Mount>[]
  readonly devices: readonly Input<Device>[]
  readonly rootDir: string
  /** Id of the container whose processes an ephemeral one is to see. */
  readonly targetId?: string
  readonly node: { readonly memory: number; readonly unified: boolean }
}

export interface EnvEntry {
  readonly name: string
  readonly value: string
}

/** Path of a container's log below its pod's log folder. */
export const logPathOf = (name: string, restartCount: number): string => path.join(name, `${restartCount}.log`)

/** What a container is made from. */
export function containerConfig(pod: Pod, { container }: ContainerPlace, parts: ContainerParts): ContainerConfig {
  const values = new Map(parts.env.map(({ name, value }) => [name, value]))
  const expanded = (words: readonly string[] | undefined) => (words ?? []).map(word => expand(word, n => values.get(n)))
  const stopSignal = container.lifecycle?.stopSignal
  return {
    metadata: { name: container.name, attempt: parts.restartCount },
    image: { image: parts.imageRef, userSpecifiedImage: container.image },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir,
    envs: parts.env.map(({ name, value }) => ({ key: name, value })),
    mounts: parts.mounts,
    devices: parts.devices,
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, parts.restartCount),
    logPath: logPathOf(container.name, parts.restartCount),
    stdin: container.stdin,
    stdinOnce: container.stdinOnce,
    tty: container.tty,
    linux: {
      resources: containerResources(pod.spec, container.resources, parts.node),
      securityContext: containerSecurityContext(pod, container, parts),
    },
    ...(stopSignal && { stopSignal: `SIGNAL_${stopSignal}` }),
  }
}
