import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { intOrString, ref, string } from '../../apimachinery/schema/types.ts'
import { typedLocalObjectReference } from '../core/references.ts'
import type { Ingress, IngressBackend } from '../networking/index.ts'
import { ingress, ingressClass, networkPolicy } from '../networking/index.ts'
import { oldVersion } from './old-version.ts'

/** Ingresses of networking.k8s.io/v1beta1 and extensions/v1beta1 (upstream's pkg/apis/networking/v1beta1/conversion.go). */

interface OldBackend {
  serviceName?: string
  servicePort?: number | string
  resource?: IngressBackend['resource']
}
interface OldIngress extends KubeObject {
  spec: { backend?: OldBackend; rules?: { http?: { paths: { backend: OldBackend }[] } }[] }
}

function toBackend({ serviceName, servicePort, resource }: OldBackend): IngressBackend {
  if (!serviceName && servicePort === undefined) return { ...(resource && { resource }) }
  const port = typeof servicePort === 'number' ? { number: servicePort } : { name: servicePort ?? '' }
  return { ...(resource && { resource }), service: { name: serviceName ?? '', port } }
}

function fromBackend({ service, resource }: IngressBackend): OldBackend {
  if (!service) return { ...(resource && { resource }) }
  return {
    ...(resource && { resource }),
    serviceName: service.name,
    servicePort: service.port.name || (service.port.number ?? 0),
  }
}

function toCurrent(object: KubeObject): KubeObject {
  const { spec } = object as OldIngress
  const { backend, rules, ...rest } = spec
  const now = {
    ...rest,
    ...(backend && { defaultBackend: toBackend(backend) }),
    ...(rules && { rules: rules.map(rule => withBackends(rule, toBackend)) }),
  }
  return Object.assign(object, { spec: now })
}

function fromCurrent(object: KubeObject): KubeObject {
  const { defaultBackend, rules, ...rest } = (object as Ingress).spec
  const old = {
    ...rest,
    ...(defaultBackend && { backend: fromBackend(defaultBackend) }),
    ...(rules && { rules: rules.map(rule => withBackends(rule, fromBackend)) }),
  }
  return Object.assign(object, { spec: old })
}

function withBackends<B, C>(
  rule: { http?: { paths: { backend: B }[] } },
  change: (backend: B) => C,
): { http?: { paths: { backend: C }[] } } {
  if (!rule.http) return rule as { http?: never }
  return { ...rule, http: { paths: rule.http.paths.map(path => ({ ...path, backend: change(path.backend) })) } }
}

const oldIngress = {
  removed: '1.22',
  version: 'v1beta1',
  messages: {
    IngressBackend: {
      fields: () => ({
        serviceName: string(1).doc('Name of the Service.'),
        servicePort: intOrString(2).doc('Its port, by number or by name.'),
        resource: ref(3, typedLocalObjectReference).doc('An object that the controller knows.'),
      }),
    },
    HTTPIngressPath: {
      fields: fields => ({
        ...fields,
        pathType: string(3)
          .pointer()
          .default('ImplementationSpecific')
          .doc('Exact, Prefix, or ImplementationSpecific: up to the controller.'),
      }),
    },
    IngressSpec: {
      fields: ({ defaultBackend, ...fields }) => ({
        backend: defaultBackend!,
        ...fields,
      }),
    },
  },
  toCurrent,
  fromCurrent,
} satisfies Omit<Parameters<typeof oldVersion>[1], 'deprecated'>

/** networking.k8s.io/v1beta1, and its forerunners in extensions/v1beta1. */
export const oldNetworking = [
  oldVersion(ingress, { ...oldIngress, group: 'extensions', deprecated: '1.14' }),
  oldVersion(ingress, { ...oldIngress, deprecated: '1.19' }),
  oldVersion(ingressClass, { version: 'v1beta1', deprecated: '1.19', removed: '1.22' }),
  oldVersion(networkPolicy, { group: 'extensions', version: 'v1beta1', deprecated: '1.9', removed: '1.16' }),
]
