import { namespace as namespaceKind } from '../../api/core/namespace.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { type EndpointSlice, endpointSlice as sliceKind } from '../../api/discovery/endpointslice.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import type { NetworkOptions } from '../options.ts'
import { SERVICE_INDEX, SERVICE_NAME, serviceOfSlice } from '../slices.ts'
import { forwarder, nameservers } from './forward.ts'
import { listenDns } from './server.ts'
import { Zone, type ZoneSource } from './zone.ts'

const PORT = 53

export interface DnsOptions extends NetworkOptions {
  /** The cluster's domain, as `cluster.local`. */
  readonly domain: string
}

/**
 * The cluster's DNS on one node: answers from the node's own caches, and offers itself as an endpoint of the kube-dns
 * Service, which leads each node's pods to their own node's. Resolves once it answers; throws MachineError when its port is
 * taken.
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
  void keepPublished(options)
}

function sourceOf({ informers }: DnsOptions): ZoneSource {
  const services = informers.of(serviceKind)
  const slices = informers.of(sliceKind)
  const namespaces = informers.of(namespaceKind)
  services.addIndex('address', s => (s.spec.clusterIPs ?? []).filter(ip => ip !== 'None'))
  slices.addIndex(SERVICE_INDEX, serviceOfSlice)
  slices.addIndex('address', s => (serviceOfSlice(s).length > 0 ? (s.endpoints ?? []).flatMap(e => e.addresses) : []))
  return {
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    slices: (namespace, service) => slices.byIndex(SERVICE_INDEX, `${namespace}/${service}`),
    namespaceExists: name => namespaces.get(name) !== undefined,
    serviceByAddress: address => services.byIndex('address', address)[0],
    slicesByAddress: address =>
      slices
        .byIndex('address', address)
        .filter(slice => serviceOfSlice(slice).some(key => services.get(key)?.spec.clusterIP === 'None')),
  }
}

/** Keeps this node an endpoint of kube-dns, also when somebody takes it away. */
async function keepPublished(options: DnsOptions): Promise<void> {
  const { informers, clock, signal, log, nodeName } = options
  const name = sliceNameOf(nodeName)
  const queue = new WorkQueue(clock)
  signal.addEventListener('abort', () => queue.close(), { once: true })
  informers.of(sliceKind).onChange((object, previous) => {
    if ((object ?? previous)!.metadata.name === name) queue.add(name)
  })
  queue.add(name)
  for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
    try {
      await publish(options)
      queue.forget(key)
    } catch (error) {
      if (!signal.aborted) log(`DNS: this node cannot be made an endpoint of kube-dns: ${(error as Error).message}`)
      queue.addRateLimited(key)
    } finally {
      queue.done(key)
    }
  }
}

const sliceNameOf = (nodeName: string) => `kube-dns-${nodeName}`

async function publish({ client, informers, nodeName, nodeAddress }: DnsOptions): Promise<void> {
  const metadata = { name: sliceNameOf(nodeName), namespace: 'kube-system' }
  const labels = { [SERVICE_NAME]: 'kube-dns', 'endpointslice.kubernetes.io/managed-by': 'tsukube-dns' }
  const wanted = {
    endpoints: [{ addresses: [nodeAddress], nodeName, conditions: { ready: true, serving: true, terminating: false } }],
    ports: [
      { name: 'dns', port: PORT, protocol: 'UDP' },
      { name: 'dns-tcp', port: PORT, protocol: 'TCP' },
    ],
  }
  const present = informers.of(sliceKind).get(`${metadata.namespace}/${metadata.name}`)
  const same = (slice: EndpointSlice) =>
    deepEqual(slice.endpoints, wanted.endpoints) && deepEqual(slice.ports, wanted.ports)
  if (present && same(present) && present.metadata.labels?.[SERVICE_NAME] === labels[SERVICE_NAME]) return
  try {
    await client.patch(sliceKind, metadata, 'merge', { metadata: { labels }, ...wanted })
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
    await client.create(sliceKind, { metadata: { ...metadata, labels }, addressType: 'IPv4', ...wanted })
  }
}
