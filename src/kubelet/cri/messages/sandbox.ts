import {
  bool,
  boxed,
  type Infer,
  type Input,
  int32,
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
import { linuxContainerResources } from './resources.ts'
import { linuxSandboxSecurityContext, namespaceOption } from './security.ts'

export const podSandboxMetadata = message({ name: string(1), uid: string(2), namespace: string(3), attempt: uint32(4) })
export interface PodSandboxMetadata extends Infer<typeof podSandboxMetadata> {}

const dnsConfig = message({ servers: list(1, string), searches: list(2, string), options: list(3, string) })

const portMapping = message({
  protocol: oneOf('TCP', 'UDP', 'SCTP')(1),
  containerPort: int32(2),
  hostPort: int32(3),
  hostIp: string(4),
})

const linuxPodSandboxConfig = message({
  cgroupParent: string(1),
  securityContext: ref(2, linuxSandboxSecurityContext),
  sysctls: map(3),
  overhead: ref(4, linuxContainerResources),
  resources: ref(5, linuxContainerResources),
})

/** What a pod's sandbox is made from. Leave `hostname` out for pods on the host's network. */
export const podSandboxConfig = message({
  metadata: ref(1, podSandboxMetadata),
  hostname: string(2),
  logDirectory: string(3),
  dnsConfig: ref(4, dnsConfig),
  portMappings: listOf(5, portMapping),
  labels: map(6),
  annotations: map(7),
  linux: ref(8, linuxPodSandboxConfig),
})
export interface PodSandboxConfig extends Input<Infer<typeof podSandboxConfig>> {}

const podSandboxState = oneOf('SANDBOX_READY', 'SANDBOX_NOTREADY')

const podSandboxNetworkStatus = message({ ip: string(1), additionalIps: listOf(2, message({ ip: string(1) })) })

const linuxPodSandboxStatus = message({ namespaces: ref(1, message({ options: ref(2, namespaceOption) })) })

export const podSandboxStatus = message({
  id: string(1),
  metadata: ref(2, podSandboxMetadata),
  state: podSandboxState(3),
  createdAt: nanos(4),
  network: ref(5, podSandboxNetworkStatus),
  linux: ref(6, linuxPodSandboxStatus),
  labels: map(7),
  annotations: map(8),
  runtimeHandler: string(9),
})
export interface PodSandboxStatus extends Infer<typeof podSandboxStatus> {}

const podSandbox = message({
  id: string(1),
  metadata: ref(2, podSandboxMetadata),
  state: podSandboxState(3),
  createdAt: nanos(4),
  labels: map(5),
  annotations: map(6),
  runtimeHandler: string(7),
})
export interface PodSandbox extends Infer<typeof podSandbox> {}

const podSandboxFilter = message({ id: string(1), state: boxed(2, podSandboxState), labelSelector: map(3) })

export const runPodSandboxRequest = message({ config: ref(1, podSandboxConfig), runtimeHandler: string(2) })
export const runPodSandboxResponse = message({ podSandboxId: string(1) })
export const podSandboxRequest = message({ podSandboxId: string(1) })
export const podSandboxStatusRequest = message({ podSandboxId: string(1), verbose: bool(2) })
export const listPodSandboxRequest = message({ filter: ref(1, podSandboxFilter) })
export const listPodSandboxResponse = message({ items: listOf(1, podSandbox) })
