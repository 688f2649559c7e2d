import net, { type Socket } from 'node:net'
import { service as serviceKind } from '../../api/core/service.ts'
import { endpointSlice } from '../../api/discovery/endpointslice.ts'
import { serviceUnavailable } from '../../apimachinery/errors.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { NodeDialer } from '../node-dialer.ts'
import type { Resources } from '../registry/resources.ts'

/** Where one of a service's ready endpoints listens, any of them. */
export interface ServiceEndpoint {
  readonly host: string
  readonly port: number
}

interface Sources {
  readonly resources: Resources
  readonly random: Random
}

/**
 * A ready endpoint of a service's port, by name or number; of the first port where none is given. Throws ServiceUnavailable
 * where the service, its port or its endpoints are missing.
 */
export function serviceEndpoint(
  { resources, random }: Sources,
  namespace: string,
  name: string,
  port: string,
): ServiceEndpoint {
  const service = resources.of(serviceKind).cacher.get(`${namespace}/${name}`)?.object
  if (!service) throw serviceUnavailable(`service ${JSON.stringify(name)} not found`)
  const wanted = service.spec.ports?.find(p => (port ? p.name === port || String(p.port) === port : true))
  if (!wanted) {
    throw serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`)
  }
  const endpoints: ServiceEndpoint[] = []
  for (const { object: slice } of resources.of(endpointSlice).cacher.scan(`${namespace}/`)) {
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue
    const slicePort = slice.ports?.find(p => (p.name ?? '') === (wanted.name ?? ''))?.port
    if (!slicePort) continue
    for (const { addresses, conditions } of slice.endpoints) {
      if (conditions?.ready !== false) endpoints.push({ host: addresses[0]!, port: slicePort })
    }
  }
  const chosen = endpoints[Math.floor(random.next() * endpoints.length)]
  if (!chosen) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  return chosen
}

/**
 * A connection to a service: to one of its endpoints through the nodes, or, for an ExternalName, to that host from this process.
 * Rejects with ServiceUnavailable where there is none.
 */
export async function dialService(
  around: Sources & { readonly nodes: NodeDialer },
  namespace: string,
  name: string,
  port: number,
): Promise<Socket> {
  const service = around.resources.of(serviceKind).cacher.get(`${namespace}/${name}`)?.object
  if (service?.spec.type === 'ExternalName') {
    const host = service.spec.externalName!
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port }, () => resolve(socket))
      socket.once('error', reject)
    })
  }
  const endpoint = serviceEndpoint(around, namespace, name, String(port))
  return around.nodes.dial(endpoint.host, endpoint.port)
}
