import { type Infer, int64, list, map, message, ref, string, time, types } from '../../../apimachinery/schema/types.ts'
import { containerStatus } from './container-status.ts'
import { alignPodIPs } from './pod-ips.ts'
import { resourceRequirements } from './resources.ts'

export const podCondition = message(
  'k8s.io.api.core.v1.PodCondition',
  {
    type: string(1).present().doc('What is observed: PodScheduled, Initialized, ContainersReady, Ready, ...'),
    observedGeneration: int64(7).doc('The generation of the pod that it was made at.'),
    status: string(2).present().doc('True, False or Unknown.'),
    lastProbeTime: time(3).doc('When it was last looked at.'),
    lastTransitionTime: time(4).doc('When the status last changed.'),
    reason: string(5).doc('Why it last changed, as one CamelCase word.'),
    message: string(6).doc('The same for human readers.'),
  },
  {
    doc: 'One observation about a pod.',
  },
)
export interface PodCondition extends Infer<typeof podCondition> {}

export const hostIP = message(
  'k8s.io.api.core.v1.HostIP',
  {
    ip: string(1).present().doc('The address.'),
  },
  {
    doc: "An address of the pod's node.",
  },
)
export interface HostIP extends Infer<typeof hostIP> {}

export const podIP = message(
  'k8s.io.api.core.v1.PodIP',
  {
    ip: string(1).present().doc('The address.'),
  },
  {
    doc: 'An address of a pod.',
  },
)
export interface PodIP extends Infer<typeof podIP> {}

export const podResourceClaimStatus = message(
  'k8s.io.api.core.v1.PodResourceClaimStatus',
  {
    name: string(1).present().doc('Its name in the pod.'),
    resourceClaimName: string(2).pointer().doc('The claim made for it; none if none was needed.'),
  },
  {
    doc: 'The claim behind an entry of resourceClaims.',
  },
)
export interface PodResourceClaimStatus extends Infer<typeof podResourceClaimStatus> {}

export const containerExtendedResourceRequest = message(
  'k8s.io.api.core.v1.ContainerExtendedResourceRequest',
  {
    containerName: string(1).present().doc('The container.'),
    resourceName: string(2).present().doc('The resource.'),
    requestName: string(3).present().doc('The request in the claim.'),
  },
  {
    doc: "A container's extended resource, and the request that stands for it.",
  },
)
export interface ContainerExtendedResourceRequest extends Infer<typeof containerExtendedResourceRequest> {}

export const podExtendedResourceClaimStatus = message(
  'k8s.io.api.core.v1.PodExtendedResourceClaimStatus',
  {
    requestMappings: list(1, containerExtendedResourceRequest)
      .present()
      .atomic()
      .doc('Which request stands for which resource.'),
    resourceClaimName: string(2).present().doc('The claim.'),
  },
  {
    doc: 'The claim that backs extended resources.',
  },
)
export interface PodExtendedResourceClaimStatus extends Infer<typeof podExtendedResourceClaimStatus> {}

export const nodeAllocatableResourceClaimStatus = message(
  'k8s.io.api.core.v1.NodeAllocatableResourceClaimStatus',
  {
    resourceClaimName: string(1).present().doc('The claim.'),
    containers: list(2, types.string).set().doc('The containers that use it.'),
    resources: map(3, types.quantity).present().doc('What is taken, by resource.'),
  },
  {
    doc: 'Resources of the node that a claim takes.',
  },
)
export interface NodeAllocatableResourceClaimStatus extends Infer<typeof nodeAllocatableResourceClaimStatus> {}

export const podStatus = message(
  'k8s.io.api.core.v1.PodStatus',
  {
    observedGeneration: int64(17).doc('The generation that was last acted upon.'),
    phase: string(1).doc('Pending, Running, Succeeded, Failed or Unknown.'),
    conditions: list(2, podCondition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
    message: string(3).doc('Why it is in this phase, for human readers.'),
    reason: string(4).doc('The same as one CamelCase word, as Evicted.'),
    nominatedNodeName: string(11).doc('The node on which pods are being preempted for it.'),
    hostIP: string(5).doc('Address of its node.'),
    hostIPs: list(16, hostIP).atomic().patchMerge('ip').doc('All addresses of its node, one per family.'),
    podIP: string(6).doc('Its address.'),
    podIPs: list(12, podIP).mapKeys('ip').patchMerge('ip').doc('All its addresses, one per family.'),
    startTime: time(7).pointer().doc('When the kubelet took it up.'),
    initContainerStatuses: list(10, containerStatus).atomic().doc('The init containers.'),
    containerStatuses: list(8, containerStatus).atomic().doc('The containers.'),
    qosClass: string(9).doc('Guaranteed, Burstable or BestEffort.'),
    ephemeralContainerStatuses: list(13, containerStatus).atomic().doc('The ephemeral containers.'),
    resize: string(14).doc('No longer used; see the conditions.'),
    resourceClaimStatuses: list(15, podResourceClaimStatus)
      .mapKeys('name')
      .patchMerge('name', 'retainKeys')
      .doc('The claims behind resourceClaims.'),
    extendedResourceClaimStatus: ref(18, podExtendedResourceClaimStatus).doc(
      'The claim that backs extended resources.',
    ),
    allocatedResources: map(19, types.quantity).doc('What the node keeps for the pod as a whole.'),
    resources: ref(20, resourceRequirements).doc('The pod-level limits and requests in force.'),
    nodeAllocatableResourceClaimStatuses: list(21, nodeAllocatableResourceClaimStatus)
      .atomic()
      .doc('Resources of the node that its claims take.'),
  },
  {
    doc: 'What is known of a pod; the kubelet keeps it.',
    defaults(status) {
      alignPodIPs(status)
    },
  },
)
export interface PodStatus extends Infer<typeof podStatus> {}
