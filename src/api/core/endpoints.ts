import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, list, message, ref, string } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { showEndpoints } from './endpoints-columns.ts'
import { validateEndpointAddress, validateEndpointPort, validateEndpointSubset } from './endpoints-rules.ts'
import { objectReference } from './references.ts'

export const endpointAddress = message(
  'k8s.io.api.core.v1.EndpointAddress',
  {
    ip: string(1).present().doc('The address.'),
    hostname: string(3).doc('Its host name.'),
    nodeName: string(4).pointer().doc('The node it is on.'),
    targetRef: ref(2, objectReference).doc('The pod behind it.'),
  },
  {
    atomic: true,
    doc: 'One address behind a Service.',
    validate(address, at) {
      validateEndpointAddress(address, at)
    },
  },
)
export interface EndpointAddress extends Infer<typeof endpointAddress> {}

export const endpointPort = message(
  'k8s.io.api.core.v1.EndpointPort',
  {
    name: string(1).doc("Name of the Service's port."),
    port: int32(2).present().doc('The port.'),
    protocol: string(3).default('TCP').oneOf('TCP', 'UDP', 'SCTP').doc('TCP, UDP or SCTP.'),
    appProtocol: string(4).pointer().doc('What is spoken on it.'),
  },
  {
    atomic: true,
    doc: 'One port behind a Service.',
    validate(port, at) {
      validateEndpointPort(port, at)
    },
  },
)
export interface EndpointPort extends Infer<typeof endpointPort> {}

export const endpointSubset = message(
  'k8s.io.api.core.v1.EndpointSubset',
  {
    addresses: list(1, endpointAddress).atomic().doc('Addresses that are ready.'),
    notReadyAddresses: list(2, endpointAddress).atomic().doc('Addresses that are not.'),
    ports: list(3, endpointPort).atomic().doc('The ports at each of them.'),
  },
  {
    doc: 'Addresses with the same ports.',
    validate(subset, at) {
      validateEndpointSubset(subset, at)
    },
  },
)
export interface EndpointSubset extends Infer<typeof endpointSubset> {}

const fields = {
  subsets: list(2, endpointSubset).atomic().doc('The addresses, grouped by ports.'),
}
export interface Endpoints extends ObjectOf<typeof fields> {}

const columns: readonly Column<Endpoints>[] = [
  column('Endpoints', endpoints => showEndpoints(endpoints.subsets), 'The addresses that are ready.'),
  age,
]

export const endpoints = kind({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  scope: 'Namespaced',
  doc: 'The addresses behind a Service, in the older form; see EndpointSlice.',
  fields,
  singular: 'endpoints',
  tracksGeneration: false,
  deprecated: { warning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice' },
  columns,
})
