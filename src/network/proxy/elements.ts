import { keyOfRule, type Rule } from './service-map.ts'

/** An element of one of the table's sets or maps; sets have no values. */
export interface Element {
  readonly set: string
  readonly key: string
  readonly value: string
}

/** The table's maps, from a connection to where it goes: for everybody, and for clients inside the cluster. */
export const MAPS = {
  everybody: { services: 'services', endpoints: 'endpoints', slots: 'slots' },
  inside: { services: 'inside', endpoints: 'inside-endpoints', slots: 'inside-slots' },
} as const

/** Sets whose elements several rules may have in common. */
export const SHARED = new Set(['hairpin', 'addresses'])

/** What one rule puts into the table. */
export function elementsOf(rule: Rule): Element[] {
  const key = keyOfRule(rule)
  const out = routes(rule, rule.endpoints, rule.masquerade, MAPS.everybody)
  if (rule.inside) out.push(...routes(rule, rule.inside, 'cluster', MAPS.inside))
  if (rule.affinitySeconds > 0) {
    for (const [slot, target] of slotsOf([...rule.endpoints, ...(rule.inside ?? [])]))
      out.push({ set: 'sticky', key: `${key} . ${slot}`, value: target })
  }
  for (const address of new Set([...rule.endpoints, ...(rule.inside ?? [])].map(e => e.address)))
    out.push({ set: 'hairpin', key: `${address} . ${address}`, value: '' })
  if (rule.virtual) out.push({ set: 'addresses', key: rule.address, value: '' })
  else if (rule.endpoints.length === 0) out.push({ set: 'refused', key, value: '' })
  if (rule.sources) {
    out.push({ set: 'firewalled', key, value: '' })
    for (const range of rule.sources) out.push({ set: 'allowed', key: `${key} . ${range}`, value: '' })
  }
  return out
}

type Maps = (typeof MAPS)[keyof typeof MAPS]

function routes(rule: Rule, endpoints: Rule['endpoints'], masquerade: string, maps: Maps): Element[] {
  if (endpoints.length === 0) return []
  const key = keyOfRule(rule)
  const balancer = balancerOf(rule.affinitySeconds, endpoints.length)
  const chain = maps === MAPS.inside ? `inside-${balancer}` : `${masquerade}-${balancer}`
  const out: Element[] = [{ set: maps.services, key, value: `goto ${chain}` }]
  if (rule.affinitySeconds > 0) {
    for (const [i, slot] of [...slotsOf(endpoints).keys()].entries())
      out.push({ set: maps.slots, key: `${key} . ${i}`, value: slot })
  } else {
    for (const [i, { address, port }] of endpoints.entries())
      out.push({ set: maps.endpoints, key: `${key} . ${i}`, value: `${address} . ${port}` })
  }
  return out
}

/** `3` for three endpoints, `3-60` with 60 seconds of affinity. */
export const balancerOf = (affinitySeconds: number, count: number): string =>
  affinitySeconds > 0 ? `${count}-${affinitySeconds}` : `${count}`

/**
 * The number by which the kernel remembers a client's endpoint. It is the endpoint's own, whatever others come and go, so
 * that a client is never led astray; an endpoint that is gone is missed in the map.
 */
function slotsOf(endpoints: Rule['endpoints']): Map<string, string> {
  const out = new Map<string, string>()
  for (const { address, port } of endpoints) {
    const target = `${address} . ${port}`
    let number = hash(target)
    while ((out.get(hex(number)) ?? target) !== target) number++
    out.set(hex(number), target)
  }
  return out
}

/** The bits that packet marks of CNI plugins and of other proxies use are left alone. */
const hex = (number: number) => `0x${(number & 0xffff0fff).toString(16).replace('-', '')}`

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value & 0x7fffffff
}
