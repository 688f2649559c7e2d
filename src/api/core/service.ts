import { formatLabels } from '../../apimachinery/labels.ts'
import { condition } from '../../apimachinery/meta/condition.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  bool,
  type Infer,
  int32,
  intOrString,
  list,
  map,
  message,
  ref,
  string,
  types,
} from '../../apimachinery/schema/types.ts'
import { isQualifiedName, nameIsDNSLabel } from '../../apimachinery/validation/names.ts'
import { age, column, wide } from '../columns.ts'
import { validateLoadBalancer } from './loadbalancer-rules.ts'
import { externalAddresses, portList } from './service-columns.ts'
import { defaultService } from './service-defaults.ts'
import { prepareService } from './service-prepare.ts'
import { validateService, validateServicePort } from './service-rules.ts'
import { validateServiceUpdate } from './service-update-rules.ts'
import { serviceWarnings } from './service-warnings.ts'

export const servicePort = message(
  'k8s.io.api.core.v1.ServicePort',
  {
    name: string(1).doc('Its name; needed when there are several.'),
    protocol: string(2).default('TCP').oneOf('TCP', 'UDP', 'SCTP').doc('TCP, UDP or SCTP.'),
    appProtocol: string(6).pointer().format(isQualifiedName).doc('What is spoken on it, as kubernetes.io/h2c.'),
    port: int32(3).present().doc('The port of the Service.'),
    targetPort: intOrString(4).always().doc('The port of the pods, by number or by name; the same port by default.'),
    nodePort: int32(5).doc('The port on every node; chosen by the server if not given.'),
  },
  {
    doc: 'One port of a Service.',
    defaults(port) {
      port.targetPort ||= port.port
    },
    validate(port, at) {
      validateServicePort(port, at)
    },
  },
)
export interface ServicePort extends Infer<typeof servicePort> {}

export const clientIPConfig = message(
  'k8s.io.api.core.v1.ClientIPConfig',
  {
    timeoutSeconds: int32(1).pointer().doc('Seconds until a client that was not seen is forgotten, 86400 at most.'),
  },
  {
    doc: "Session affinity by the client's address.",
  },
)
export interface ClientIPConfig extends Infer<typeof clientIPConfig> {}

export const sessionAffinityConfig = message(
  'k8s.io.api.core.v1.SessionAffinityConfig',
  {
    clientIP: ref(1, clientIPConfig).doc("By the client's address."),
  },
  {
    doc: 'How session affinity works.',
  },
)
export interface SessionAffinityConfig extends Infer<typeof sessionAffinityConfig> {}

export const serviceSpec = message(
  'k8s.io.api.core.v1.ServiceSpec',
  {
    ports: list(1, servicePort).mapKeys('port', 'protocol').patchMerge('port').doc('Its ports.'),
    selector: map(2, types.string)
      .atomic()
      .doc('Labels of the pods behind it; without it the endpoints come from elsewhere.'),
    clusterIP: string(3).doc(
      'Its address in the cluster; None for a headless Service; chosen by the server if not given.',
    ),
    clusterIPs: list(18, types.string).atomic().doc('The same, one address per family.'),
    type: string(4)
      .default('ClusterIP')
      .oneOf('ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort')
      .doc('ClusterIP, NodePort, LoadBalancer or ExternalName.'),
    externalIPs: list(5, types.string)
      .atomic()
      .doc('Further addresses, routed to the nodes by others, at which it is reached.'),
    sessionAffinity: string(7)
      .default('None')
      .oneOf('ClientIP', 'None')
      .doc('ClientIP keeps a client with one pod; None does not.'),
    loadBalancerIP: string(8).doc('The address asked for at the load balancer; not all heed it.'),
    loadBalancerSourceRanges: list(9, types.string)
      .atomic()
      .doc('The clients that the load balancer lets through, as CIDRs.'),
    externalName: string(10).doc('For ExternalName: the DNS name it stands for.'),
    externalTrafficPolicy: string(11).doc(
      "Cluster spreads traffic from outside over all pods; Local keeps it on the node, and the client's address with it.",
    ),
    healthCheckNodePort: int32(12).doc('For Local: the port at which nodes tell whether they have pods.'),
    publishNotReadyAddresses: bool(13).doc('Whether pods that are not ready count as ready.'),
    sessionAffinityConfig: ref(14, sessionAffinityConfig).doc('How session affinity works.'),
    ipFamilies: list(19, types.string).atomic().doc('IPv4, IPv6 or both; decides which addresses it gets.'),
    ipFamilyPolicy: string(17)
      .pointer()
      .oneOf('PreferDualStack', 'RequireDualStack', 'SingleStack')
      .doc('SingleStack, PreferDualStack or RequireDualStack.'),
    allocateLoadBalancerNodePorts: bool(20).pointer().doc('For LoadBalancer: whether it gets node ports too.'),
    loadBalancerClass: string(21).pointer().doc('For LoadBalancer: which implementation serves it.'),
    internalTrafficPolicy: string(22)
      .pointer()
      .oneOf('Cluster', 'Local')
      .doc('Cluster, or Local to reach only pods of the same node.'),
    trafficDistribution: string(23)
      .pointer()
      .oneOf('PreferClose', 'PreferSameZone', 'PreferSameNode')
      .doc('Which pods are preferred: PreferSameZone or PreferSameNode.'),
  },
  {
    doc: 'What a Service leads to, and how.',
  },
)
export interface ServiceSpec extends Infer<typeof serviceSpec> {}

export const portStatus = message(
  'k8s.io.api.core.v1.PortStatus',
  {
    port: int32(1).present().doc('The port.'),
    protocol: string(2).present().doc('Its protocol.'),
    error: string(3).pointer().doc('What is wrong, as one CamelCase word.'),
  },
  {
    doc: 'A port of a load balancer, and what is wrong with it.',
  },
)
export interface PortStatus extends Infer<typeof portStatus> {}

export const loadBalancerIngress = message(
  'k8s.io.api.core.v1.LoadBalancerIngress',
  {
    ip: string(1).doc('Its address.'),
    hostname: string(2).doc('Its DNS name.'),
    ipMode: string(3).pointer().doc('VIP when packets reach the nodes with the address on them, Proxy when not.'),
    ports: list(4, portStatus).atomic().doc('Its ports, where there is something to say about them.'),
  },
  {
    doc: 'A point at which a load balancer is reached.',
    defaults(ingress) {
      if (ingress.ip) ingress.ipMode ??= 'VIP'
    },
  },
)
export interface LoadBalancerIngress extends Infer<typeof loadBalancerIngress> {}

export const loadBalancerStatus = message(
  'k8s.io.api.core.v1.LoadBalancerStatus',
  {
    ingress: list(1, loadBalancerIngress).atomic().doc('Where it is reached.'),
  },
  {
    doc: 'What is known of a load balancer.',
  },
)
export interface LoadBalancerStatus extends Infer<typeof loadBalancerStatus> {}

export const serviceStatus = message(
  'k8s.io.api.core.v1.ServiceStatus',
  {
    loadBalancer: ref(1, loadBalancerStatus).always().doc('Its load balancer.'),
    conditions: list(2, condition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
  },
  {
    doc: 'What is known of a Service.',
  },
)
export interface ServiceStatus extends Infer<typeof serviceStatus> {}

const fields = {
  spec: ref(2, serviceSpec).always().doc('What it leads to, and how.'),
  status: ref(3, serviceStatus).always().doc('What is known of it.'),
}
export interface Service extends ObjectOf<typeof fields> {}

const columns: readonly Column<Service>[] = [
  column('Type', service => service.spec.type, 'How it is reached.'),
  column('Cluster-IP', service => service.spec.clusterIPs?.[0] ?? '<none>', 'Its address in the cluster.'),
  column('External-IP', externalAddresses, 'Its addresses from outside.'),
  column('Port(s)', portList, 'Its ports, with those on the nodes.'),
  age,
  wide('Selector', service => formatLabels(service.spec.selector), 'Labels of the pods behind it.'),
]

export const service = kind({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'A stable address in front of a set of pods.',
  fields,
  nameFormat: nameIsDNSLabel,
  tracksGeneration: false,
  defaults(service) {
    defaultService(service)
  },
  prepareForCreate(service) {
    prepareService(service)
  },
  prepareForUpdate(service, old) {
    prepareService(service, old)
  },
  validate(service, at) {
    validateService(service, at)
  },
  validateUpdate(service, old, at) {
    validateServiceUpdate(service, old, at)
  },
  validateStatusUpdate(service, old, at) {
    validateLoadBalancer(
      service.spec.type,
      service.status.loadBalancer,
      old.status.loadBalancer,
      at.child('status', 'loadBalancer'),
    )
  },
  warnings: serviceWarnings,
  selectableFields: {
    'spec.clusterIP': service => service.spec.clusterIP ?? '',
    'spec.type': service => service.spec.type,
  },
  columns,
})
