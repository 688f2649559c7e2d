import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, int32, list, map, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { objectReference } from '../core/references.ts'
import { firstFew, validateEndpointSlice } from './endpointslice-rules.ts'

export const endpointConditions = message(
  'k8s.io.api.discovery.v1.EndpointConditions',
  {
    ready: bool(1).pointer().doc('Whether it takes traffic; not given counts as yes.'),
    serving: bool(2).pointer().doc('Whether it could, even while ending.'),
    terminating: bool(3).pointer().doc('Whether it is ending.'),
  },
  {
    doc: 'The state of an endpoint.',
  },
)
export interface EndpointConditions extends Infer<typeof endpointConditions> {}

export const forZone = message(
  'k8s.io.api.discovery.v1.ForZone',
  {
    name: string(1).present().doc('The zone.'),
  },
  {
    doc: 'A zone that is to use an endpoint.',
  },
)
export interface ForZone extends Infer<typeof forZone> {}

export const forNode = message(
  'k8s.io.api.discovery.v1.ForNode',
  {
    name: string(1).present().doc('The node.'),
  },
  {
    doc: 'A node that is to use an endpoint.',
  },
)
export interface ForNode extends Infer<typeof forNode> {}

export const endpointHints = message(
  'k8s.io.api.discovery.v1.EndpointHints',
  {
    forZones: list(1, forZone).atomic().doc('The zones, 8 at most.'),
    forNodes: list(2, forNode).atomic().doc('The nodes, 8 at most.'),
  },
  {
    doc: 'Who is to use an endpoint.',
  },
)
export interface EndpointHints extends Infer<typeof endpointHints> {}

export const endpoint = message(
  'k8s.io.api.discovery.v1.Endpoint',
  {
    addresses: list(1, types.string).present().set().doc('Its addresses; clients use the first.'),
    conditions: ref(2, endpointConditions).always().doc('Its state.'),
    hostname: string(3).pointer().doc('Its host name.'),
    targetRef: ref(4, objectReference).doc('The pod behind it.'),
    deprecatedTopology: map(5, types.string).doc('No longer used.'),
    nodeName: string(6).pointer().doc('The node it is on.'),
    zone: string(7).pointer().doc('The zone it is in.'),
    hints: ref(8, endpointHints).doc('Who is to use it.'),
  },
  {
    doc: 'One pod or machine behind a Service.',
  },
)
export interface Endpoint extends Infer<typeof endpoint> {}

export const endpointPort = message(
  'k8s.io.api.discovery.v1.EndpointPort',
  {
    name: string(1).pointer().default('').doc("Name of the Service's port."),
    protocol: string(2).pointer().default('TCP').oneOf('TCP', 'UDP', 'SCTP').doc('TCP, UDP or SCTP.'),
    port: int32(3).pointer().doc('The port; not given means all.'),
    appProtocol: string(4).pointer().doc('What is spoken on it.'),
  },
  {
    atomic: true,
    doc: 'One port of the endpoints.',
  },
)
export interface EndpointPort extends Infer<typeof endpointPort> {}

const fields = {
  addressType: string(4).required().oneOf('FQDN', 'IPv4', 'IPv6').immutable().doc('IPv4, IPv6 or FQDN.'),
  endpoints: list(2, endpoint).always().atomic().doc('The endpoints, 1000 at most.'),
  ports: list(3, endpointPort).always().atomic().doc('The ports of each of them.'),
}
export interface EndpointSlice extends ObjectOf<typeof fields> {}

const columns: readonly Column<EndpointSlice>[] = [
  column('AddressType', ({ addressType }) => addressType, 'What the addresses are.'),
  column(
    'Ports',
    ({ ports = [] }) => firstFew(ports.map(({ port, name }) => (port !== undefined ? String(port) : name || '*'))),
    'The ports.',
  ),
  column(
    'Endpoints',
    ({ endpoints = [] }) => firstFew(endpoints.flatMap(({ addresses }) => addresses)),
    'The addresses.',
  ),
  age,
]

export const endpointSlice = kind({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  scope: 'Namespaced',
  doc: 'A part of the endpoints behind a Service.',
  fields,
  tracksGeneration: true,
  validate(slice, at) {
    validateEndpointSlice(slice, at)
  },
  columns,
})
