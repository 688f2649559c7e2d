import { type Node, node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import type { Endpoint, EndpointPort } from '../../api/discovery/endpointslice.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { isReady } from '../shared/pods.ts'
import { hasEndpoint, hostnameIn, isHeadless, targetOf, targetPortIn } from './service-pods.ts'

const ZONE = 'topology.kubernetes.io/zone'

export type Family = 'IPv4' | 'IPv6'

/** Endpoints with the same ports and kind of address: they can share slices. */
export interface Group {
  readonly family: Family
  readonly ports: readonly EndpointPort[]
  readonly endpoints: Endpoint[]
}

export const familyOf = (ip: string): Family => (ip.includes(':') ? 'IPv6' : 'IPv4')
const familiesOf = ({ spec }: Service) => (spec.ipFamilies?.length ? (spec.ipFamilies as Family[]) : ['IPv4' as const])

/** What a Service's slices should hold, by `groupKey`. */
export function groupsOf(service: Service, pods: readonly Pod[], context: ReconcileContext): Map<string, Group> {
  const groups = new Map<string, Group>()
  const families = familiesOf(service)
  for (const pod of pods) {
    if (!hasEndpoint(pod)) continue
    const ports = portsFor(service, pod)
    if (ports.length === 0 && !isHeadless(service)) continue
    const onNode = pod.spec.nodeName ? context.informer(node).get(pod.spec.nodeName) : undefined
    for (const family of families) {
      const address = addressOf(pod, family)
      if (!address) continue
      const key = groupKey(family, ports)
      const group = groups.get(key) ?? { family, ports, endpoints: [] }
      groups.set(key, group)
      group.endpoints.push(endpointOf(service, pod, address, onNode))
    }
  }
  return groups
}

export const groupKey = (family: string, ports: readonly EndpointPort[]): string =>
  JSON.stringify([family, ...ports.map(p => [p.name ?? '', p.protocol, p.port, p.appProtocol])])

/** Tells endpoints of one Service apart. */
export const endpointKey = ({ targetRef, addresses }: Endpoint): string => `${targetRef?.uid ?? ''} ${addresses[0]}`

function addressOf({ status }: Pod, family: Family): string | undefined {
  const ips = status.podIPs?.map(({ ip }) => ip) ?? (status.podIP ? [status.podIP] : [])
  return ips.find(ip => familyOf(ip) === family)
}

function portsFor(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = []
  for (const port of service.spec.ports ?? []) {
    const number = targetPortIn(pod, port)
    if (number === undefined) continue
    const { name = '', protocol, appProtocol } = port
    ports.push({ name, port: number, protocol, ...(appProtocol && { appProtocol }) })
  }
  return ports
}

function endpointOf(service: Service, pod: Pod, address: string, onNode: Node | undefined): Endpoint {
  const serving = isReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = !!service.spec.publishNotReadyAddresses || (serving && !terminating)
  const zone = onNode?.metadata.labels?.[ZONE]
  const hostname = hostnameIn(pod, service)
  const hints = ready ? hintsFor(service, zone, pod.spec.nodeName) : undefined
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: targetOf(pod),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
    ...(hints && { hints }),
  }
}

/** Who should use the endpoint, as the Service's trafficDistribution wants it (KEP-4444, KEP-3015). */
function hintsFor({ spec }: Service, zone: string | undefined, nodeName: string | undefined): Endpoint['hints'] {
  const { trafficDistribution } = spec
  if (!trafficDistribution) return undefined
  const forZones = zone ? [{ name: zone }] : undefined
  if (trafficDistribution === 'PreferSameNode') {
    return nodeName ? { ...(forZones && { forZones }), forNodes: [{ name: nodeName }] } : undefined
  }
  return forZones && { forZones }
}
