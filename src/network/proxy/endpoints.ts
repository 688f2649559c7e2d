import { isIPv4 } from 'node:net'
import type { ServicePort } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpointslice.ts'

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** An endpoint that a Service's port may lead to, with what decides whether it does. */
export interface Candidate extends Endpoint {
  readonly ready: boolean
  /** Is ending, and still able to answer. */
  readonly draining: boolean
  readonly local: boolean
  readonly forNodes: readonly string[]
  readonly forZones: readonly string[]
}

/** All endpoints of a Service's port, in a stable order. What several slices have is taken once, from where it is ready. */
export function candidatesOf(slices: readonly EndpointSlice[], port: ServicePort, nodeName: string): Candidate[] {
  const out = new Map<string, Candidate>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const found = slice.ports?.find(
      p => (p.name ?? '') === (port.name ?? '') && (p.protocol ?? 'TCP') === port.protocol,
    )
    if (!found?.port) continue
    for (const endpoint of slice.endpoints ?? []) {
      const [address] = endpoint.addresses
      if (!address || !isIPv4(address)) continue
      const key = `${address}:${found.port}`
      if (!out.get(key)?.ready) out.set(key, candidateOf(endpoint, address, found.port, nodeName))
    }
  }
  return [...out.values()].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port))
}

function candidateOf(
  { conditions = {}, nodeName: where, hints }: EndpointSlice['endpoints'][number],
  address: string,
  port: number,
  nodeName: string,
): Candidate {
  const ready = conditions.ready !== false
  return {
    address,
    port,
    ready,
    draining: (conditions.serving ?? ready) && conditions.terminating === true,
    local: where === nodeName,
    forNodes: (hints?.forNodes ?? []).map(n => n.name),
    forZones: (hints?.forZones ?? []).map(z => z.name),
  }
}

/** Those of this node that are ready; where there are none, those that still serve while they end (KEP-1669). */
export function onNode(candidates: readonly Candidate[]): Endpoint[] {
  const local = candidates.filter(c => c.local)
  return usable(
    local.filter(c => c.ready),
    local,
  )
}

/** Those of the whole cluster, kept near where the endpoints' hints say so (KEP-2433, KEP-3015). */
export function clusterWide(candidates: readonly Candidate[], nodeName: string, zone?: string): Endpoint[] {
  const ready = candidates.filter(c => c.ready)
  const near = (hinted: (c: Candidate) => readonly string[], here: string | undefined) =>
    here !== undefined && ready.every(c => hinted(c).length > 0) ? ready.filter(c => hinted(c).includes(here)) : []
  const sameNode = near(c => c.forNodes, nodeName)
  const sameZone = near(c => c.forZones, zone)
  return usable(sameNode.length > 0 ? sameNode : sameZone.length > 0 ? sameZone : ready, candidates)
}

const usable = (ready: readonly Candidate[], all: readonly Candidate[]): Endpoint[] =>
  (ready.length > 0 ? ready : all.filter(c => c.draining)).map(({ address, port }) => ({ address, port }))
