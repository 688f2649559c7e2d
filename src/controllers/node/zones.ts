import type { Node } from '../../api/core/node.ts'
import { readiness } from './conditions.ts'

/** How bad it is in a zone (upstream nodelifecycle ComputeZoneState). */
export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption'

export interface EvictionRates {
  /** Nodes of a zone whose pods are driven out, a second (--node-eviction-rate). */
  readonly normal: number
  /** The same where much of a large zone is lost (--secondary-node-eviction-rate). */
  readonly secondary: number
  /** A zone with so many nodes is large; in a smaller one nothing is driven out then (--large-cluster-size-threshold). */
  readonly largeZone: number
  /** Share of lost nodes that is much (--unhealthy-zone-threshold). */
  readonly unhealthyShare: number
}

export const DEFAULT_RATES: EvictionRates = { normal: 0.1, secondary: 0.01, largeZone: 50, unhealthyShare: 0.55 }

export const zoneOf = ({ metadata: { labels } }: Node): string =>
  `${labels?.['topology.kubernetes.io/region'] ?? ''}/${labels?.['topology.kubernetes.io/zone'] ?? ''}`

export function zoneState(nodes: readonly Node[], { unhealthyShare }: EvictionRates): ZoneState {
  const lost = nodes.filter(node => readiness(node) !== 'True').length
  if (lost > 0 && lost === nodes.length) return 'FullDisruption'
  return lost > 2 && lost / nodes.length >= unhealthyShare ? 'PartialDisruption' : 'Normal'
}

/** Drives pods out of the lost nodes of each zone one node after the other, lest a fault of the network empties the cluster. */
export class EvictionLimiter {
  readonly #rates: EvictionRates
  /** When the next node of a zone may have its turn, in ms. */
  readonly #next = new Map<string, number>()

  constructor(rates: EvictionRates = DEFAULT_RATES) {
    this.#rates = rates
  }

  /** Milliseconds until the pods of a node may be driven out: 0 takes the turn. Undefined: not before the zone is better. */
  wait(node: Node, all: readonly Node[], now: number): number | undefined {
    const zone = zoneOf(node)
    const nodes = all.filter(other => zoneOf(other) === zone)
    const rate = this.#rate(zoneState(nodes, this.#rates), nodes.length)
    if (rate === 0) return undefined
    const next = this.#next.get(zone) ?? now
    if (next > now) return next - now
    this.#next.set(zone, now + 1000 / rate)
    return 0
  }

  #rate(state: ZoneState, size: number): number {
    if (state !== 'PartialDisruption') return this.#rates.normal
    return size > this.#rates.largeZone ? this.#rates.secondary : 0
  }
}
