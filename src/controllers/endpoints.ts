import { type EndpointAddress, type EndpointPort, type EndpointSubset, endpoints } from '../api/core/endpoints.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { type Service, service } from '../api/core/service.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { controller, watching } from '../client/controller.ts'
import { keyOf, splitKey } from '../client/informer.ts'
import {
  hasEndpoint,
  hostnameIn,
  indexByLabel,
  isHeadless,
  podsOf,
  selectsPods,
  servicesOf,
  targetOf,
  targetPortIn,
} from './endpoints/service-pods.ts'
import { familyOf } from './endpoints/slice-endpoints.ts'
import { isReady } from './shared/pods.ts'
import { isNamespaceTerminating } from './shared/replicas.ts'
import { sameStored } from './shared/same.ts'

const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'
const OURS = 'endpoint-controller'
const HEADLESS = 'service.kubernetes.io/headless'
/** More addresses than this are left out. */
const MAX_ADDRESSES = 1000

/** Keeps the Endpoints of Services that select pods, for clients that do not read EndpointSlices (upstream pkg/controller/endpoint). */
export const endpointsController = controller({
  name: 'endpoint',
  for: service,
  watches: [
    watching(pod, servicesOf),
    watching(endpoints, (object, previous, { informer }) => {
      const changed = (object ?? previous)!
      const isOurs = changed.metadata.labels?.[MANAGED_BY] === OURS
      // Those that somebody made before their Service are left alone.
      return isOurs || informer(service).get(keyOf(changed)) ? [keyOf(changed)] : []
    }),
  ],
  writes: [{ kind: endpoints as unknown as Kind, verbs: ['create', 'update', 'delete'] }],

  setup(context) {
    indexByLabel(context)
  },

  async reconcile(object: Service, context) {
    if (!selectsPods(object) || object.metadata.deletionTimestamp) return
    const { subsets, truncated } = withinCapacity(subsetsOf(object, podsOf(object, context)))
    const existing = context.informer(endpoints).get(keyOf(object))
    const { [OVER_CAPACITY]: _, ...others } = existing?.metadata.annotations ?? {}
    const metadata = {
      ...existing?.metadata,
      name: object.metadata.name!,
      namespace: object.metadata.namespace,
      labels: labelsFor(object),
      annotations: truncated ? { ...others, [OVER_CAPACITY]: 'truncated' } : others,
    }
    const wanted = { ...existing, metadata, subsets }
    if (existing && sameStored(wanted, existing)) return
    try {
      await (existing ? context.client.update(endpoints, wanted) : context.client.create(endpoints, wanted))
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error
    }
  },

  async deleted(key, { client, informer }) {
    const { namespace, name } = splitKey(key)
    if (!informer(endpoints).get(key)) return
    try {
      await client.delete(endpoints, { namespace, name })
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
  },
})

function labelsFor(owner: Service): Record<string, string> {
  const { [HEADLESS]: _, ...own } = owner.metadata.labels ?? {}
  return { ...own, ...(isHeadless(owner) && { [HEADLESS]: '' }), [MANAGED_BY]: OURS }
}

/** The addresses of the pods, grouped by the ports they have, sorted. */
export function subsetsOf(owner: Service, pods: readonly Pod[]): EndpointSubset[] {
  const family = owner.spec.ipFamilies?.[0] ?? 'IPv4'
  const { publishNotReadyAddresses: lenient = false } = owner.spec
  const byPorts = new Map<string, { ready: EndpointAddress[]; notReady: EndpointAddress[]; ports: EndpointPort[] }>()
  for (const pod of pods) {
    if (!hasEndpoint(pod) || (pod.metadata.deletionTimestamp && !lenient)) continue
    const ips = pod.status.podIPs?.map(({ ip }) => ip) ?? [pod.status.podIP!]
    const ip = ips.find(candidate => familyOf(candidate) === family)
    const ports = portsFor(owner, pod)
    if (!ip || (ports.length === 0 && !isHeadless(owner))) continue
    const key = JSON.stringify(ports)
    const subset = byPorts.get(key) ?? { ready: [], notReady: [], ports }
    byPorts.set(key, subset)
    const hostname = hostnameIn(pod, owner)
    const { nodeName } = pod.spec
    const address = { ip, ...(hostname && { hostname }), ...(nodeName && { nodeName }), targetRef: targetOf(pod) }
    if (lenient || isReady(pod)) subset.ready.push(address)
    else subset.notReady.push(address)
  }
  return [...byPorts.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ready, notReady, ports }]) => ({
      ...(ready.length > 0 && { addresses: ready.sort(byAddress) }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byAddress) }),
      ...(ports.length > 0 && { ports }),
    }))
}

const byAddress = (a: EndpointAddress, b: EndpointAddress): number => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0)

function portsFor({ spec }: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = []
  for (const port of spec.ports ?? []) {
    const number = targetPortIn(pod, port)
    if (number === undefined) continue
    const { name, protocol, appProtocol } = port
    ports.push({ ...(name && { name }), port: number, protocol, ...(appProtocol && { appProtocol }) })
  }
  return ports
}

/** Leaves out what is too much, addresses that are not ready first. */
function withinCapacity(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (key: 'addresses' | 'notReadyAddresses') =>
    subsets.reduce((total, subset) => total + (subset[key]?.length ?? 0), 0)
  const ready = count('addresses')
  if (ready + count('notReadyAddresses') <= MAX_ADDRESSES) return { subsets, truncated: false }
  let left = Math.min(ready, MAX_ADDRESSES)
  let leftNotReady = MAX_ADDRESSES - left
  const cut = subsets.map(({ addresses = [], notReadyAddresses = [], ports }) => {
    const kept = addresses.slice(0, left)
    const keptNotReady = notReadyAddresses.slice(0, leftNotReady)
    left -= kept.length
    leftNotReady -= keptNotReady.length
    return { addresses: kept, notReadyAddresses: keptNotReady, ports }
  })
  return { subsets: cut, truncated: true }
}
