import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, inline, int32, list, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { age, column } from '../columns.ts'
import { typedLocalObjectReference } from '../core/references.ts'
import { addressesOf, hostsOf } from './ingress-columns.ts'
import {
  validateBackend,
  validateIngress,
  validateIngressCreate,
  validateIngressStatus,
  validatePath,
  validateRule,
  validateTLS,
} from './ingress-rules.ts'

export const serviceBackendPort = message(
  'k8s.io.api.networking.v1.ServiceBackendPort',
  {
    name: string(1).doc('Its name.'),
    number: int32(2).doc('Its number.'),
  },
  {
    atomic: true,
    doc: 'A port of a Service, by name or by number.',
  },
)
export interface ServiceBackendPort extends Infer<typeof serviceBackendPort> {}

export const ingressServiceBackend = message(
  'k8s.io.api.networking.v1.IngressServiceBackend',
  {
    name: string(1).present().doc('Name of the Service.'),
    port: ref(2, serviceBackendPort).always().doc('The port.'),
  },
  {
    doc: 'A port of a Service.',
  },
)
export interface IngressServiceBackend extends Infer<typeof ingressServiceBackend> {}

export const ingressBackend = message(
  'k8s.io.api.networking.v1.IngressBackend',
  {
    service: ref(4, ingressServiceBackend).doc('A Service.'),
    resource: ref(3, typedLocalObjectReference).doc('An object that the controller knows.'),
  },
  {
    doc: 'What requests are sent to; exactly one is set.',
    validate(backend, at) {
      validateBackend(backend, at)
    },
  },
)
export interface IngressBackend extends Infer<typeof ingressBackend> {}

export const httpIngressPath = message(
  'k8s.io.api.networking.v1.HTTPIngressPath',
  {
    path: string(1).doc('The path.'),
    pathType: string(3).present().pointer().doc('Exact, Prefix, or ImplementationSpecific: up to the controller.'),
    backend: ref(2, ingressBackend).present().doc('What requests are sent to.'),
  },
  {
    doc: 'A path, and what requests to it are sent to.',
    validate(path, at) {
      validatePath(path, at)
    },
  },
)
export interface HTTPIngressPath extends Infer<typeof httpIngressPath> {}

export const httpIngressRuleValue = message(
  'k8s.io.api.networking.v1.HTTPIngressRuleValue',
  {
    paths: list(1, httpIngressPath).required().atomic().doc('The paths.'),
  },
  {
    doc: 'Paths of a host.',
  },
)
export interface HTTPIngressRuleValue extends Infer<typeof httpIngressRuleValue> {}

/** What a rule says; at most one is set. */
export const ingressRuleValueFields = {
  http: ref(1, httpIngressRuleValue).doc('Paths of the host.'),
}

export const ingressRule = message(
  'k8s.io.api.networking.v1.IngressRule',
  {
    host: string(1).doc('The host, or *.domain; all hosts when not given.'),
    ...inline(2, ingressRuleValueFields),
  },
  {
    doc: 'What happens with requests to a host.',
    validate(rule, at) {
      validateRule(rule, at)
    },
  },
)
export interface IngressRule extends Infer<typeof ingressRule> {}

export const ingressTLS = message(
  'k8s.io.api.networking.v1.IngressTLS',
  {
    hosts: list(1, types.string).atomic().doc('The hosts.'),
    secretName: string(2).format(isDNS1123Subdomain).doc('The Secret with certificate and key.'),
  },
  {
    doc: 'A certificate, and the hosts it is for.',
    validate(tls, at) {
      validateTLS(tls, at)
    },
  },
)
export interface IngressTLS extends Infer<typeof ingressTLS> {}

export const ingressSpec = message(
  'k8s.io.api.networking.v1.IngressSpec',
  {
    ingressClassName: string(4)
      .pointer()
      .format(isDNS1123Subdomain)
      .doc('The class, which says what controller serves it.'),
    defaultBackend: ref(1, ingressBackend).doc('What requests are sent to that no rule takes.'),
    tls: list(2, ingressTLS).atomic().doc('Certificates, by host.'),
    rules: list(3, ingressRule).atomic().doc('What happens with requests, by host.'),
  },
  {
    doc: 'How requests from outside reach Services.',
  },
)
export interface IngressSpec extends Infer<typeof ingressSpec> {}

export const ingressPortStatus = message(
  'k8s.io.api.networking.v1.IngressPortStatus',
  {
    port: int32(1).present().doc('The port.'),
    protocol: string(2).present().doc('Its protocol.'),
    error: string(3).pointer().doc('What is wrong, as one CamelCase word.'),
  },
  {
    doc: 'A port, and what is wrong with it.',
  },
)
export interface IngressPortStatus extends Infer<typeof ingressPortStatus> {}

export const ingressLoadBalancerIngress = message(
  'k8s.io.api.networking.v1.IngressLoadBalancerIngress',
  {
    ip: string(1).doc('Its address.'),
    hostname: string(2).doc('Its DNS name.'),
    ports: list(4, ingressPortStatus).atomic().doc('Its ports, where there is something to say about them.'),
  },
  {
    doc: 'A point at which an Ingress is reached.',
  },
)
export interface IngressLoadBalancerIngress extends Infer<typeof ingressLoadBalancerIngress> {}

export const ingressLoadBalancerStatus = message(
  'k8s.io.api.networking.v1.IngressLoadBalancerStatus',
  {
    ingress: list(1, ingressLoadBalancerIngress).atomic().doc('The points.'),
  },
  {
    doc: 'Where an Ingress is reached.',
  },
)
export interface IngressLoadBalancerStatus extends Infer<typeof ingressLoadBalancerStatus> {}

export const ingressStatus = message(
  'k8s.io.api.networking.v1.IngressStatus',
  {
    loadBalancer: ref(1, ingressLoadBalancerStatus).always().doc('Where it is reached.'),
  },
  {
    doc: 'What is known of an Ingress.',
  },
)
export interface IngressStatus extends Infer<typeof ingressStatus> {}

const fields = {
  spec: ref(2, ingressSpec).always().doc('How requests reach Services.'),
  status: ref(3, ingressStatus).always().doc('What is known of it.'),
}
export interface Ingress extends ObjectOf<typeof fields> {}

const columns: readonly Column<Ingress>[] = [
  column('Class', ({ spec }) => spec.ingressClassName ?? '<none>', 'Its class.'),
  column('Hosts', hostsOf, 'The hosts it is for.'),
  column('Address', addressesOf, 'Where it is reached.'),
  column('Ports', ({ spec }) => (spec.tls ? '80, 443' : '80'), 'Its ports.'),
  age,
]

export const ingress = kind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Leads HTTP requests from outside to Services, by host and path.',
  fields,
  validate(ingress, at) {
    validateIngress(ingress.spec, at.child('spec'))
  },
  validateCreate(ingress, at) {
    validateIngressCreate(ingress, at)
  },
  validateStatusUpdate(ingress, old, at) {
    validateIngressStatus(ingress, old, at)
  },
  warnings: ({ metadata }) =>
    metadata.annotations?.['kubernetes.io/ingress.class'] === undefined
      ? []
      : ['annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead'],
  columns,
})
