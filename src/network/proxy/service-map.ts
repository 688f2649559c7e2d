import type { Service, ServicePort } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpointslice.ts'

/** Where connections to an address and port of a Service go, on one node. */
export interface Rule {
  readonly address: string
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  readonly endpoints: readonly Endpoint[]
  /** Seconds a client stays with its endpoint; 0 for not at all. */
  readonly affinitySeconds: number
  /** `cluster`: only clients outside the pods' range need another source address; `always`; `never` keeps the client's. */
  readonly masquerade: 'cluster' | 'always' | 'never'
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

interface Candidate extends Endpoint {
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly local: boolean
}

const DEFAULT_AFFINITY_SECONDS = 10_800

/** The rules for one Service on a node (upstream pkg/proxy: service change tracker, topology.go). */
export function rulesOf(
  service: Service,
  slices: readonly EndpointSlice[],
  nodeName: string,
  nodeAddress: string,
): Rule[] {
  const { spec, metadata } = service
  if (spec.type === 'ExternalName' || !spec.clusterIP || spec.clusterIP === 'None') return []
  const affinitySeconds =
    spec.sessionAffinity === 'ClientIP'
      ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
      : 0
  const rules: Rule[] = []
  for (const port of spec.ports ?? []) {
    const protocol = port.protocol.toLowerCase() as Rule['protocol']
    const candidates = candidatesOf(slices, port, nodeName, !!spec.publishNotReadyAddresses)
    const cluster = choose(candidates, spec.internalTrafficPolicy === 'Local')
    const base = { protocol, affinitySeconds }
    rules.push({ ...base, address: spec.clusterIP, port: port.port, endpoints: cluster, masquerade: 'cluster' })
    const local = spec.externalTrafficPolicy === 'Local'
    const external = choose(candidates, local)
    const masquerade = local ? 'never' : 'always'
    if (port.nodePort)
      rules.push({ ...base, address: nodeAddress, port: port.nodePort, endpoints: external, masquerade })
    const balancers = (service.status?.loadBalancer?.ingress ?? [])
      .filter(i => i.ip && i.ipMode !== 'Proxy')
      .map(i => i.ip!)
    for (const address of new Set([...(spec.externalIPs ?? []), ...balancers])) {
      rules.push({ ...base, address, port: port.port, endpoints: external, masquerade })
    }
  }
  return metadata.deletionTimestamp ? [] : rules
}

function candidatesOf(
  slices: readonly EndpointSlice[],
  port: ServicePort,
  nodeName: string,
  publishAll: boolean,
): Candidate[] {
  const out = new Map<string, Candidate>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const found = slice.ports?.find(
      p => (p.name ?? '') === (port.name ?? '') && (p.protocol ?? 'TCP') === port.protocol,
    )
    if (!found?.port) continue
    for (const { addresses, conditions = {}, nodeName: where } of slice.endpoints) {
      const [address] = addresses
      if (!address) continue
      const ready = publishAll || conditions.ready !== false
      const candidate = {
        address,
        port: found.port,
        ready,
        serving: conditions.serving ?? ready,
        terminating: conditions.terminating ?? false,
        local: where === nodeName,
      }
      const key = `${address}:${found.port}`
      if (!out.get(key)?.ready) out.set(key, candidate)
    }
  }
  return [...out.values()].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port))
}

/** Ready endpoints; where there are none, those that still serve while they end (KEP-1669). */
function choose(candidates: readonly Candidate[], localOnly: boolean): Endpoint[] {
  const eligible = localOnly ? candidates.filter(c => c.local) : candidates
  const ready = eligible.filter(c => c.ready && !c.terminating)
  const usable = ready.length > 0 ? ready : eligible.filter(c => c.serving && c.terminating)
  return usable.map(({ address, port }) => ({ address, port }))
}
