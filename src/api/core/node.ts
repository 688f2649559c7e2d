import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  bool,
  type Infer,
  int32,
  int64,
  list,
  map,
  message,
  ref,
  string,
  time,
  types,
} from '../../apimachinery/schema/types.ts'
import { age, column, wide } from '../columns.ts'
import { addressOf, rolesOf, statusOf } from './node-columns.ts'
import { alignPodCIDRs, validateNode, validateNodeUpdate, validateTaint } from './node-rules.ts'

export const taint = message(
  'k8s.io.api.core.v1.Taint',
  {
    key: string(1).present().doc('A label key.'),
    value: string(2).doc('A label value.'),
    effect: string(3).present().doc('NoSchedule, PreferNoSchedule or NoExecute, which evicts running pods too.'),
    timeAdded: time(4).pointer().doc('When it was added.'),
  },
  {
    doc: 'Keeps pods that do not tolerate it off a node.',
    validate(taint, at) {
      validateTaint(taint, at)
    },
  },
)
export interface Taint extends Infer<typeof taint> {}

export const configMapNodeConfigSource = message(
  'k8s.io.api.core.v1.ConfigMapNodeConfigSource',
  {
    namespace: string(1).present().doc('No longer used.'),
    name: string(2).present().doc('No longer used.'),
    uid: string(3).doc('No longer used.'),
    resourceVersion: string(4).doc('No longer used.'),
    kubeletConfigKey: string(5).present().doc('No longer used.'),
  },
  {
    doc: 'No longer used.',
  },
)
export interface ConfigMapNodeConfigSource extends Infer<typeof configMapNodeConfigSource> {}

export const nodeConfigSource = message(
  'k8s.io.api.core.v1.NodeConfigSource',
  {
    configMap: ref(2, configMapNodeConfigSource).doc('No longer used.'),
  },
  {
    doc: 'No longer used.',
  },
)
export interface NodeConfigSource extends Infer<typeof nodeConfigSource> {}

export const nodeConfigStatus = message(
  'k8s.io.api.core.v1.NodeConfigStatus',
  {
    assigned: ref(1, nodeConfigSource).doc('No longer used.'),
    active: ref(2, nodeConfigSource).doc('No longer used.'),
    lastKnownGood: ref(3, nodeConfigSource).doc('No longer used.'),
    error: string(4).doc('No longer used.'),
  },
  {
    doc: 'No longer used.',
  },
)
export interface NodeConfigStatus extends Infer<typeof nodeConfigStatus> {}

export const nodeSpec = message(
  'k8s.io.api.core.v1.NodeSpec',
  {
    podCIDR: string(1).doc('The addresses that its pods get.'),
    podCIDRs: list(7, types.string).set().patchMerge().doc('The same, one range per address family.'),
    providerID: string(3).doc('Its name at the cloud provider.'),
    unschedulable: bool(4).doc('Whether new pods stay away (cordoned).'),
    taints: list(5, taint).atomic().doc('What keeps pods off it.'),
    configSource: ref(6, nodeConfigSource).doc('No longer used.'),
    externalID: string(2).doc('No longer used.'),
  },
  {
    doc: 'What a node is to be like.',
    defaults(spec) {
      alignPodCIDRs(spec)
    },
  },
)
export interface NodeSpec extends Infer<typeof nodeSpec> {}

export const nodeCondition = message(
  'k8s.io.api.core.v1.NodeCondition',
  {
    type: string(1).present().doc('What is observed: Ready, MemoryPressure, DiskPressure, PIDPressure, ...'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastHeartbeatTime: time(3).doc('When it was last confirmed.'),
    lastTransitionTime: time(4).doc('When the status last changed.'),
    reason: string(5).doc('Why it last changed, as one CamelCase word.'),
    message: string(6).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a node.',
  },
)
export interface NodeCondition extends Infer<typeof nodeCondition> {}

export const nodeAddress = message(
  'k8s.io.api.core.v1.NodeAddress',
  {
    type: string(1).present().doc('Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.'),
    address: string(2).present().doc('The address.'),
  },
  {
    doc: 'One address of a node.',
  },
)
export interface NodeAddress extends Infer<typeof nodeAddress> {}

export const daemonEndpoint = message(
  'k8s.io.api.core.v1.DaemonEndpoint',
  {
    Port: int32(1).present().doc('The port.'),
  },
  {
    doc: 'Where a daemon of the node listens.',
  },
)
export interface DaemonEndpoint extends Infer<typeof daemonEndpoint> {}

export const nodeDaemonEndpoints = message(
  'k8s.io.api.core.v1.NodeDaemonEndpoints',
  {
    kubeletEndpoint: ref(1, daemonEndpoint).always().doc('The kubelet.'),
  },
  {
    doc: 'Where the daemons of a node listen.',
  },
)
export interface NodeDaemonEndpoints extends Infer<typeof nodeDaemonEndpoints> {}

export const nodeSwapStatus = message(
  'k8s.io.api.core.v1.NodeSwapStatus',
  {
    capacity: int64(1).pointer().doc('How much there is, in bytes.'),
  },
  {
    doc: 'The swap memory of a node.',
  },
)
export interface NodeSwapStatus extends Infer<typeof nodeSwapStatus> {}

export const nodeSystemInfo = message(
  'k8s.io.api.core.v1.NodeSystemInfo',
  {
    machineID: string(1).present().doc('Id from /etc/machine-id.'),
    systemUUID: string(2).present().doc('Id of the hardware.'),
    bootID: string(3).present().doc('Id of this boot.'),
    kernelVersion: string(4).present().doc('Version of the kernel.'),
    osImage: string(5).present().doc('Name of the operating system, from /etc/os-release.'),
    containerRuntimeVersion: string(6).present().doc('The container runtime, as containerd://2.0.0.'),
    kubeletVersion: string(7).present().doc('Version of the kubelet.'),
    kubeProxyVersion: string(8).present().doc('No longer used.'),
    operatingSystem: string(9).present().doc('linux or windows.'),
    architecture: string(10).present().doc('Architecture, as amd64.'),
    swap: ref(11, nodeSwapStatus).doc('Its swap memory.'),
  },
  {
    doc: 'What a node is made of.',
  },
)
export interface NodeSystemInfo extends Infer<typeof nodeSystemInfo> {}

export const containerImage = message(
  'k8s.io.api.core.v1.ContainerImage',
  {
    names: list(1, types.string).always().atomic().doc('The names it goes by.'),
    sizeBytes: int64(2).doc('Its size.'),
  },
  {
    doc: 'An image on a node.',
  },
)
export interface ContainerImage extends Infer<typeof containerImage> {}

export const attachedVolume = message(
  'k8s.io.api.core.v1.AttachedVolume',
  {
    name: string(1).present().doc('Its name.'),
    devicePath: string(2).present().doc('Where it is on the node.'),
  },
  {
    doc: 'A volume attached to a node.',
  },
)
export interface AttachedVolume extends Infer<typeof attachedVolume> {}

export const nodeRuntimeHandlerFeatures = message(
  'k8s.io.api.core.v1.NodeRuntimeHandlerFeatures',
  {
    recursiveReadOnlyMounts: bool(1).pointer().doc('Whether read-only can hold for mounts below a mount.'),
    userNamespaces: bool(2).pointer().doc('Whether pods can have user namespaces.'),
  },
  {
    doc: 'What a runtime handler can do.',
  },
)
export interface NodeRuntimeHandlerFeatures extends Infer<typeof nodeRuntimeHandlerFeatures> {}

export const nodeRuntimeHandler = message(
  'k8s.io.api.core.v1.NodeRuntimeHandler',
  {
    name: string(1).always().doc('Its name; empty for the default one.'),
    features: ref(2, nodeRuntimeHandlerFeatures).doc('What it can do.'),
  },
  {
    doc: "One of the container runtime's handlers.",
  },
)
export interface NodeRuntimeHandler extends Infer<typeof nodeRuntimeHandler> {}

export const nodeFeatures = message(
  'k8s.io.api.core.v1.NodeFeatures',
  {
    supplementalGroupsPolicy: bool(1).pointer().doc('Whether it knows supplementalGroupsPolicy.'),
  },
  {
    doc: 'What the container runtime can do, whatever the handler.',
  },
)
export interface NodeFeatures extends Infer<typeof nodeFeatures> {}

export const nodeStatus = message(
  'k8s.io.api.core.v1.NodeStatus',
  {
    capacity: map(1, types.quantity).doc('All it has, by resource.'),
    allocatable: map(2, types.quantity).doc('What pods may use, by resource.'),
    phase: string(3).doc('No longer used.'),
    conditions: list(4, nodeCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
    addresses: list(5, nodeAddress).mapKeys('type').patchMerge('type').doc('Where it can be reached.'),
    daemonEndpoints: ref(6, nodeDaemonEndpoints).always().doc('Where its daemons listen.'),
    nodeInfo: ref(7, nodeSystemInfo).always().doc('What it is made of.'),
    images: list(8, containerImage).atomic().doc('The images on it.'),
    volumesInUse: list(9, types.string).atomic().doc('Attachable volumes that its pods use.'),
    volumesAttached: list(10, attachedVolume).atomic().doc('Volumes attached to it.'),
    config: ref(11, nodeConfigStatus).doc('No longer used.'),
    runtimeHandlers: list(12, nodeRuntimeHandler).atomic().doc('The handlers of its container runtime.'),
    features: ref(13, nodeFeatures).doc('What its container runtime can do.'),
    declaredFeatures: list(14, types.string).atomic().doc('Features of Kubernetes it says it has, sorted.'),
  },
  {
    doc: 'What is known of a node; the kubelet keeps it.',
  },
)
export interface NodeStatus extends Infer<typeof nodeStatus> {}

const fields = {
  spec: ref(2, nodeSpec).always().doc('What it is to be like.'),
  status: ref(3, nodeStatus).always().doc('What is known of it.'),
}
export interface Node extends ObjectOf<typeof fields> {}

const columns: readonly Column<Node>[] = [
  column('Status', statusOf, 'Whether it is ready and takes pods.'),
  column('Roles', rolesOf, 'Its roles, from its labels.'),
  age,
  column('Version', node => node.status.nodeInfo.kubeletVersion, 'Version of the kubelet.'),
  wide('Internal-IP', node => addressOf(node, 'InternalIP'), 'Its address inside the cluster.'),
  wide('External-IP', node => addressOf(node, 'ExternalIP'), 'Its address from outside.'),
  wide('OS-Image', node => node.status.nodeInfo.osImage || '<unknown>', 'Its operating system.'),
  wide('Kernel-Version', node => node.status.nodeInfo.kernelVersion || '<unknown>', 'Its kernel.'),
  wide(
    'Container-Runtime',
    node => node.status.nodeInfo.containerRuntimeVersion || '<unknown>',
    'Its container runtime.',
  ),
]

export const node = kind({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'A machine that runs pods.',
  fields,
  validate(node, at) {
    validateNode(node, at)
  },
  validateUpdate(node, old, at) {
    validateNodeUpdate(node, old, at)
  },
  validateStatusUpdate(node, old, at) {
    validateNodeUpdate(node, old, at)
  },
  warnings: ({ spec }) => [
    ...(spec.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
  ],
  selectableFields: { 'spec.unschedulable': node => String(node.spec.unschedulable ?? false) },
  columns,
})
