import { isIPv4 } from 'node:net'
import type { Service } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpointslice.ts'
import { type Candidate, candidatesOf, clusterWide, type Endpoint, onNode } from './endpoints.ts'
import { disjoint } from './ranges.ts'

/** The node that rules are made for. */
export interface Place {
  readonly nodeName: string
  /** Its `topology.kubernetes.io/zone`. */
  readonly zone?: string
  /** Addresses at which node ports are served. */
  readonly addresses: readonly string[]
}

/** Where connections to an address and port of a Service go, on one node. */
export interface Rule {
  readonly address: string
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  readonly endpoints: readonly Endpoint[]
  /** Where connections of pods and of the node itself go instead, if that differs: externalTrafficPolicy is not for them. */
  readonly inside?: readonly Endpoint[]
  /** Seconds a client stays with its endpoint; 0 for not at all. */
  readonly affinitySeconds: number
  /** `cluster`: only clients outside the pods' range need another source address; `always`; `never` keeps the client's. */
  readonly masquerade: 'cluster' | 'always' | 'never'
  /** Ranges of the clients that are let through; all where left out. */
  readonly sources?: readonly string[]
  /** A ClusterIP: nothing but its Service's ports is there. */
  readonly virtual?: boolean
}

const DEFAULT_AFFINITY_SECONDS = 10_800
const LOOPBACK = /^127\./

/** Address, protocol and port of a rule, as nftables writes them. */
export const keyOfRule = ({ address, protocol, port }: Rule): string => `${address} . ${protocol} . ${port}`

/** The rules for one Service on a node (upstream pkg/proxy: service change tracker, topology.go). */
export function rulesOf(service: Service, slices: readonly EndpointSlice[], place: Place): Rule[] {
  const { spec } = service
  if (spec.type === 'ExternalName') return []
  const addresses = (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter(ip => isIPv4(ip))
  if (addresses.length === 0) return []
  return (spec.ports ?? []).flatMap(port => {
    const candidates = candidatesOf(slices, port, place.nodeName)
    const base = {
      protocol: port.protocol.toLowerCase() as Rule['protocol'],
      port: port.port,
      affinitySeconds: affinityOf(service),
    }
    const endpoints =
      spec.internalTrafficPolicy === 'Local' ? onNode(candidates) : clusterWide(candidates, place.nodeName, place.zone)
    const internal = addresses.map(
      (address): Rule => ({ ...base, address, endpoints, masquerade: 'cluster', virtual: true }),
    )
    const external = externalTraffic(service, candidates, place)
    const nodePorts = port.nodePort
      ? place.addresses.map(address => ({ ...base, ...external(address), port: port.nodePort! }))
      : []
    const sources = disjoint(spec.loadBalancerSourceRanges ?? [])
    const balanced = balancerAddresses(service).map(address => ({
      ...base,
      ...external(address),
      ...(sources?.length && { sources }),
    }))
    const further = (spec.externalIPs ?? []).filter(ip => isIPv4(ip) && !balanced.some(b => b.address === ip))
    return [...internal, ...nodePorts, ...balanced, ...further.map(ip => ({ ...base, ...external(ip) }))]
  })
}

/** How connections from outside the cluster to an address are led. */
function externalTraffic({ spec }: Service, candidates: readonly Candidate[], { nodeName, zone }: Place) {
  const everywhere = clusterWide(candidates, nodeName, zone)
  const here = onNode(candidates)
  return (address: string) => {
    // Only the node itself is behind its loopback address, and no packet from there may leave the node unchanged.
    if (spec.externalTrafficPolicy !== 'Local' || LOOPBACK.test(address))
      return { address, endpoints: everywhere, masquerade: 'always' as const }
    return { address, endpoints: here, inside: everywhere, masquerade: 'never' as const }
  }
}

function affinityOf({ spec }: Service): number {
  if (spec.sessionAffinity !== 'ClientIP') return 0
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS
}

function balancerAddresses({ spec, status }: Service): string[] {
  if (spec.type !== 'LoadBalancer') return []
  const points = status?.loadBalancer?.ingress ?? []
  return [...new Set(points.flatMap(({ ip, ipMode }) => (ip && isIPv4(ip) && ipMode !== 'Proxy' ? [ip] : [])))]
}
