import {
  bool,
  boxed,
  bytes,
  type Infer,
  type Input,
  int32,
  int64,
  list,
  listOf,
  map,
  message,
  nanos,
  oneOf,
  ref,
  string,
  uint32,
} from '../protobuf.ts'
import { imageSpec } from './image.ts'
import { linuxContainerResources } from './resources.ts'
import { podSandboxConfig, podSandboxStatus } from './sandbox.ts'
import { linuxContainerSecurityContext } from './security.ts'
import { signal } from './signal.ts'

export const containerMetadata = message({ name: string(1), attempt: uint32(2) })
export interface ContainerMetadata extends Infer<typeof containerMetadata> {}

/** `value` is bytes in the newest CRI and was a string before; both look the same on the wire. */
const keyValue = message({ key: string(1), value: string(2) })

const mount = message({
  containerPath: string(1),
  hostPath: string(2),
  readonly: bool(3),
  selinuxRelabel: bool(4),
  propagation: oneOf('PROPAGATION_PRIVATE', 'PROPAGATION_HOST_TO_CONTAINER', 'PROPAGATION_BIDIRECTIONAL')(5),
  recursiveReadOnly: bool(8),
  image: ref(9, imageSpec),
  imageSubPath: string(10),
})
export interface Mount extends Infer<typeof mount> {}

const device = message({ containerPath: string(1), hostPath: string(2), permissions: string(3) })
export interface Device extends Infer<typeof device> {}

const linuxContainerConfig = message({
  resources: ref(1, linuxContainerResources),
  securityContext: ref(2, linuxContainerSecurityContext),
})

export const containerConfig = message({
  metadata: ref(1, containerMetadata),
  image: ref(2, imageSpec),
  command: list(3, string),
  args: list(4, string),
  workingDir: string(5),
  envs: listOf(6, keyValue),
  mounts: listOf(7, mount),
  devices: listOf(8, device),
  labels: map(9),
  annotations: map(10),
  logPath: string(11),
  stdin: bool(12),
  stdinOnce: bool(13),
  tty: bool(14),
  linux: ref(15, linuxContainerConfig),
  stopSignal: signal(18),
})
export interface ContainerConfig extends Input<Infer<typeof containerConfig>> {}

const containerState = oneOf('CONTAINER_CREATED', 'CONTAINER_RUNNING', 'CONTAINER_EXITED', 'CONTAINER_UNKNOWN')

const container = message({
  id: string(1),
  podSandboxId: string(2),
  metadata: ref(3, containerMetadata),
  image: ref(4, imageSpec),
  imageRef: string(5),
  state: containerState(6),
  createdAt: nanos(7),
  labels: map(8),
  annotations: map(9),
  imageId: string(10),
})
export interface Container extends Infer<typeof container> {}

const containerUser = message({
  linux: ref(1, message({ uid: int64(1), gid: int64(2), supplementalGroups: list(3, int64) })),
})

const containerStatus = message({
  id: string(1),
  metadata: ref(2, containerMetadata),
  state: containerState(3),
  createdAt: nanos(4),
  startedAt: nanos(5),
  finishedAt: nanos(6),
  exitCode: int32(7),
  image: ref(8, imageSpec),
  imageRef: string(9),
  reason: string(10),
  message: string(11),
  labels: map(12),
  annotations: map(13),
  mounts: listOf(14, mount),
  logPath: string(15),
  resources: ref(16, message({ linux: ref(1, linuxContainerResources) })),
  imageId: string(17),
  user: ref(18, containerUser),
  stopSignal: signal(19),
})
export interface ContainerStatus extends Infer<typeof containerStatus> {}

const containerFilter = message({
  id: string(1),
  state: boxed(2, containerState),
  podSandboxId: string(3),
  labelSelector: map(4),
})

export const createContainerRequest = message({
  podSandboxId: string(1),
  config: ref(2, containerConfig),
  sandboxConfig: ref(3, podSandboxConfig),
})
export const createContainerResponse = message({ containerId: string(1) })
export const containerRequest = message({ containerId: string(1) })
/** `timeout` in seconds before the kill; 0 kills at once. */
export const stopContainerRequest = message({ containerId: string(1), timeout: int64(2) })
export const listContainersRequest = message({ filter: ref(1, containerFilter) })
export const listContainersResponse = message({ containers: listOf(1, container) })
export const containerStatusRequest = message({ containerId: string(1), verbose: bool(2) })
export const containerStatusResponse = message({ status: ref(1, containerStatus), info: map(2) })
export const updateContainerResourcesRequest = message({
  containerId: string(1),
  linux: ref(2, linuxContainerResources),
  annotations: map(4),
})
/** `timeout` in seconds; 0 waits for ever. */
export const execSyncRequest = message({ containerId: string(1), cmd: list(2, string), timeout: int64(3) })
export const execSyncResponse = message({ stdout: bytes(1), stderr: bytes(2), exitCode: int32(3) })
export const execRequest = message({
  containerId: string(1),
  cmd: list(2, string),
  tty: bool(3),
  stdin: bool(4),
  stdout: bool(5),
  stderr: bool(6),
})
export const attachRequest = message({
  containerId: string(1),
  stdin: bool(2),
  tty: bool(3),
  stdout: bool(4),
  stderr: bool(5),
})
export const portForwardRequest = message({ podSandboxId: string(1), port: list(2, int32) })
/** Where a streaming server waits; the address is one of the node's own network namespace. */
export const streamResponse = message({ url: string(1) })

/** `containersStatuses` and `timestamp` come from runtimes that implement GetContainerEvents. */
export const podSandboxStatusResponse = message({
  status: ref(1, podSandboxStatus),
  info: map(2),
  containersStatuses: listOf(3, containerStatus),
  timestamp: nanos(4),
})

export const containerEventResponse = message({
  containerId: string(1),
  containerEventType: oneOf(
    'CONTAINER_CREATED_EVENT',
    'CONTAINER_STARTED_EVENT',
    'CONTAINER_STOPPED_EVENT',
    'CONTAINER_DELETED_EVENT',
  )(2),
  createdAt: nanos(3),
  podSandboxStatus: ref(4, podSandboxStatus),
  containersStatuses: listOf(5, containerStatus),
})
