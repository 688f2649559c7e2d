import type { Rule } from './service-map.ts'

/** The elements of the ruleset's sets and maps: name of the set to element to value (empty in sets). */
export type Elements = Map<string, Map<string, string>>

export const TABLE = 'tsukube-proxy'
/** Elements in one command; nft reads long lists slowly. */
const CHUNK = 2000

/** Chains that every table has from the start, so that the usual change needs no new one. */
const READY_MADE = Array.from({ length: 64 }, (_, i) => String(i + 1))

/** What the rules put into the sets and maps, and which chains they need. */
export interface Ruleset {
  readonly elements: Elements
  /** `3` for three endpoints, `3-60` with 60 seconds of affinity. */
  readonly balancers: ReadonlySet<string>
}

/** Turns rules into elements. One map from address, protocol, port and random index to an endpoint serves all Services. */
export function rulesetOf(rules: Iterable<Rule>): Ruleset {
  const elements: Elements = new Map(
    ['endpoints', 'sticky', 'services', 'hairpin', 'addresses'].map(n => [n, new Map()]),
  )
  const put = (set: string, element: string, value = '') => elements.get(set)!.set(element, value)
  const balancers = new Set(READY_MADE)
  for (const rule of rules) {
    const key = `${rule.address} . ${rule.protocol} . ${rule.port}`
    if (rule.masquerade === 'cluster') put('addresses', rule.address)
    const count = rule.endpoints.length
    if (count === 0) continue
    const balancer = rule.affinitySeconds > 0 ? `${count}-${rule.affinitySeconds}` : `${count}`
    balancers.add(balancer)
    put('services', key, `goto ${rule.masquerade}-${balancer}`)
    for (const [i, { address, port }] of rule.endpoints.entries()) {
      put(rule.affinitySeconds > 0 ? 'sticky' : 'endpoints', `${key} . ${i}`, `${address} . ${port}`)
      put('hairpin', `${address} . ${address}`)
    }
  }
  return { elements, balancers }
}

/** Connection marks by which the way out knows what to do with the source address. */
const MARKS = { always: '0x4000', never: '0x8000' }

/** The chains for one number of endpoints: choose one, and before that remember what becomes of the source address. */
function balancerChains(balancer: string): string {
  const [count, seconds] = balancer.split('-')
  const name = `cluster-${balancer}`
  const to = 'meta l4proto { tcp, udp, sctp } dnat ip addr . port to ip daddr . meta l4proto . th dport'
  const chain = (chainName: string, ...rules: string[]) =>
    [`add chain ip ${TABLE} ${chainName}`, ...rules.map(rule => `add rule ip ${TABLE} ${chainName} ${rule}`), ''].join(
      '\n',
    )
  const marked = Object.entries(MARKS)
    .map(([kind, mark]) => chain(`${kind}-${balancer}`, `ct mark set ${mark} goto ${name}`))
    .join('')
  if (!seconds) return chain(name, `${to} . numgen random mod ${count} map @endpoints`) + marked
  const client = 'ip saddr . ip daddr . meta l4proto . th dport'
  const stick = `stick-${balancer}`
  return (
    chain(stick, `update @clients { ${client} timeout ${seconds}s : meta mark }`, `${to} . meta mark map @sticky`) +
    chain(
      name,
      `meta mark set ${client} map @clients goto ${stick}`,
      `meta mark set numgen random mod ${count} goto ${stick}`,
    ) +
    marked
  )
}

/** The whole table, replacing what is there in one transaction. `clusterCidr` is the range of all pods. */
export function fullScript(ruleset: Ruleset, clusterCidr: string): string {
  const head = `add table ip ${TABLE}
delete table ip ${TABLE}
table ip ${TABLE} {
  map endpoints { typeof ip daddr . meta l4proto . th dport . numgen random mod 2 : ip daddr . th dport; }
  map sticky { typeof ip daddr . meta l4proto . th dport . meta mark : ip daddr . th dport; }
  map clients { typeof ip saddr . ip daddr . meta l4proto . th dport : meta mark; flags dynamic,timeout; timeout 3h; size 65536; }
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  set hairpin { type ipv4_addr . ipv4_addr; }
  set addresses { type ipv4_addr; }
  chain dispatch { ip daddr . meta l4proto . th dport vmap @services; }
  chain prerouting { type nat hook prerouting priority dstnat; jump dispatch; }
  chain output { type nat hook output priority -100; jump dispatch; }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ct status & dnat == 0 return
    ct mark ${MARKS.never} ip saddr . ip daddr != @hairpin return
    ct mark ${MARKS.always} masquerade fully-random
    ip saddr != ${clusterCidr} masquerade fully-random
    ip saddr . ip daddr @hairpin masquerade fully-random
  }
  chain refuse { ip daddr @addresses jump refusal; }
  chain refusal { meta l4proto tcp reject with tcp reset; meta l4proto != icmp reject; }
  chain forward { type filter hook forward priority filter; jump refuse; }
  chain local { type filter hook output priority filter; jump refuse; }
}
`
  const chains = [...ruleset.balancers].map(balancerChains).join('')
  return head + chains + [...ruleset.elements].map(([set, elements]) => change('add', set, [...elements])).join('')
}

/** Whether every chain that `to` needs is there already, so that a change of elements is enough. */
export const reaches = (from: Ruleset, to: Ruleset): boolean =>
  [...to.balancers].every(balancer => from.balancers.has(balancer))

/**
 * The commands that lead from one ruleset to another that it reaches; empty when they are the same. They add no rules: nft
 * reads all rules back before it adds one, and (as of 1.0.6) fails on its own dnat rules.
 */
export function changeScript(from: Ruleset, to: Ruleset): string {
  let script = ''
  for (const [set, wanted] of to.elements) {
    const present = from.elements.get(set)!
    const gone = [...present].filter(([element, value]) => wanted.get(element) !== value)
    const fresh = [...wanted].filter(([element, value]) => present.get(element) !== value)
    script += change('delete', set, gone) + change('add', set, fresh)
  }
  return script
}

function change(verb: 'add' | 'delete', set: string, elements: readonly [string, string][]): string {
  let script = ''
  for (let i = 0; i < elements.length; i += CHUNK) {
    const part = elements
      .slice(i, i + CHUNK)
      .map(([element, value]) => (value && verb === 'add' ? `${element} : ${value}` : element))
    script += `${verb} element ip ${TABLE} ${set} { ${part.join(', ')} }\n`
  }
  return script
}
