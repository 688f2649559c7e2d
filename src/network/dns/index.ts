import { namespace as namespaceKind } from '../../api/core/namespace.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { endpointSlice as sliceKind } from '../../api/discovery/endpointslice.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { NetworkOptions } from '../options.ts'
import { forwarder, nameservers } from './forward.ts'
import { listenDns } from './server.ts'
import { Zone, type ZoneSource } from './zone.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'
const PORT = 53

export interface DnsOptions extends NetworkOptions {
  /** The cluster's domain, as `cluster.local`. */
  readonly domain: string
}

/**
 * The cluster's DNS on one node: answers from the node's own caches, and offers itself as an endpoint of the kube-dns
 * Service, which leads each node's pods to their own node's. Resolves once it answers.
 */
export async function startDns(options: DnsOptions): Promise<void> {
  const { informers, signal, nodeAddress, domain } = options
  const source = sourceOf(options)
  await Promise.all(
    [serviceKind, sliceKind, namespaceKind].map(kind => informers.of(kind as typeof serviceKind).whenSynced()),
  )
  const zone = new Zone(domain, source)
  const forward = forwarder(await nameservers(nodeAddress), options.clock)
  await listenDns(nodeAddress, PORT, { zone, domain, forward }, signal)
  await publish(options)
}

function sourceOf({ informers }: DnsOptions): ZoneSource {
  const services = informers.of(serviceKind)
  const slices = informers.of(sliceKind)
  const namespaces = informers.of(namespaceKind)
  services.addIndex('address', s => (s.spec.clusterIPs ?? []).filter(ip => ip !== 'None'))
  slices.addIndex('service', ({ metadata: { namespace, labels } }) =>
    labels?.[SERVICE_NAME] ? [`${namespace}/${labels[SERVICE_NAME]}`] : [],
  )
  slices.addIndex('address', s => (s.metadata.labels?.[SERVICE_NAME] ? s.endpoints.flatMap(e => e.addresses) : []))
  return {
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    slices: (namespace, service) => slices.byIndex('service', `${namespace}/${service}`),
    namespaceExists: name => namespaces.get(name) !== undefined,
    serviceByAddress: address => services.byIndex('address', address)[0],
    slicesByAddress: address =>
      slices.byIndex('address', address).filter(slice => {
        const { namespace, labels } = slice.metadata
        return services.get(`${namespace}/${labels![SERVICE_NAME]}`)?.spec.clusterIP === 'None'
      }),
  }
}

/** Makes this node an endpoint of kube-dns. */
async function publish({ client, nodeName, nodeAddress }: DnsOptions): Promise<void> {
  const metadata = { name: `kube-dns-${nodeName}`, namespace: 'kube-system' }
  const wanted = {
    endpoints: [{ addresses: [nodeAddress], nodeName, conditions: { ready: true, serving: true, terminating: false } }],
    ports: [
      { name: 'dns', port: PORT, protocol: 'UDP' },
      { name: 'dns-tcp', port: PORT, protocol: 'TCP' },
    ],
  }
  try {
    const present = await client.get(sliceKind, metadata)
    if (deepEqual(present.endpoints, wanted.endpoints)) return
    await client.patch(sliceKind, metadata, 'merge', wanted)
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
    const labels = { [SERVICE_NAME]: 'kube-dns', 'endpointslice.kubernetes.io/managed-by': 'tsukube-dns' }
    await client.create(sliceKind, { metadata: { ...metadata, labels }, addressType: 'IPv4', ...wanted })
  }
}
