import type { Service, ServiceSpec } from '../api/core/service.ts'
import type { EndpointSlice } from '../api/discovery/endpointslice.ts'
import type { Ingress } from '../api/networking/ingress.ts'

/** Objects for this floor's tests, as the API server gives them out. All are in the namespace `dev`. */

type Spec = Omit<Partial<ServiceSpec>, 'ports'> & { ports?: Partial<NonNullable<ServiceSpec['ports']>[number]>[] }

/** A Service with one TCP port 80 unless said otherwise. */
export function serviceOf(name: string, { ports, ...spec }: Spec = {}, status: object = {}): Service {
  const clusterIP = spec.clusterIP ?? '10.96.0.1'
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'dev', uid: `uid-${name}`, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      clusterIP,
      clusterIPs: [clusterIP],
      ports: (ports ?? [{ port: 80 }]).map(port => ({ protocol: 'TCP', targetPort: 80, ...port })),
      ...spec,
    },
    status: { loadBalancer: {}, ...status },
  } as unknown as Service
}

type Endpoint = Partial<EndpointSlice['endpoints'][number]>

/** A slice of a Service; an endpoint may be just its address. */
export function sliceOf(
  service: string,
  endpoints: readonly (string | Endpoint)[],
  ports: readonly object[] = [{ port: 8080 }],
  more: object = {},
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${service}-1`, namespace: 'dev', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: ports.map(port => ({ name: '', protocol: 'TCP', ...port })),
    endpoints: endpoints.map(e => (typeof e === 'string' ? { addresses: [e], conditions: { ready: true } } : e)),
    ...more,
  } as unknown as EndpointSlice
}

type Path = { path?: string; pathType?: string; service?: string; port?: number | string }

/** An Ingress with paths of one host. Backends are port 80 of the Service `web` unless said otherwise. */
export function ingressOf(
  name: string,
  host: string,
  paths: readonly Path[],
  { annotations = {}, ...more }: { annotations?: Record<string, string>; metadata?: object; spec?: object } = {},
): Ingress {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value])
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      namespace: 'dev',
      uid: `uid-${name}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: Object.fromEntries(prefixed),
      ...more.metadata,
    },
    spec: {
      rules: paths.length > 0 ? [{ host, http: { paths: paths.map(pathOf) } }] : undefined,
      ...more.spec,
    },
    status: { loadBalancer: {} },
  } as unknown as Ingress
}

const pathOf = ({ path = '/', pathType = 'Prefix', service = 'web', port = 80 }: Path) => ({
  path,
  pathType,
  backend: { service: { name: service, port: typeof port === 'number' ? { number: port } : { name: port } } },
})
