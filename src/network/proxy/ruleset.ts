import type { Rule } from './service-map.ts'

/** The elements of the ruleset's sets and maps: name of the set to element to value (empty in sets). */
export type Elements = Map<string, Map<string, string>>

export const TABLE = 'tsukube-proxy'
/** Elements in one command; nft reads long lists slowly. */
const CHUNK = 2000

/** What the rules put into the sets and maps, and which chains they need. */
export interface Ruleset {
  readonly elements: Elements
  /** `3` for three endpoints, `3-60` with 60 seconds of affinity. */
  readonly balancers: ReadonlySet<string>
}

/** Turns rules into elements. One map from address, protocol, port and random index to an endpoint serves all Services. */
export function rulesetOf(rules: Iterable<Rule>): Ruleset {
  const elements: Elements = new Map(
    ['endpoints', 'sticky', 'services', 'always', 'never', 'hairpin', 'addresses'].map(n => [n, new Map()]),
  )
  const put = (set: string, element: string, value = '') => elements.get(set)!.set(element, value)
  const balancers = new Set<string>()
  for (const rule of rules) {
    const key = `${rule.address} . ${rule.protocol} . ${rule.port}`
    if (rule.masquerade === 'cluster') put('addresses', rule.address)
    else put(rule.masquerade, key)
    const count = rule.endpoints.length
    if (count === 0) continue
    const balancer = rule.affinitySeconds > 0 ? `${count}-${rule.affinitySeconds}` : `${count}`
    balancers.add(balancer)
    put('services', key, `goto ${chainOf(balancer)}`)
    for (const [i, { address, port }] of rule.endpoints.entries()) {
      put(rule.affinitySeconds > 0 ? 'sticky' : 'endpoints', `${key} . ${i}`, `${address} . ${port}`)
      put('hairpin', `${address} . ${address}`)
    }
  }
  return { elements, balancers }
}

const chainOf = (balancer: string) => `balance-${balancer}`

function balancerChain(balancer: string): string {
  const [count, seconds] = balancer.split('-')
  const name = chainOf(balancer)
  const to = 'meta l4proto { tcp, udp, sctp } dnat ip addr . port to ip daddr . meta l4proto . th dport'
  if (!seconds)
    return `add chain ip ${TABLE} ${name}\nadd rule ip ${TABLE} ${name} ${to} . numgen random mod ${count} map @endpoints\n`
  const client = 'ip saddr . ip daddr . meta l4proto . th dport'
  const stick = `${name}-stick`
  return [
    `add chain ip ${TABLE} ${stick}`,
    `add rule ip ${TABLE} ${stick} update @clients { ${client} timeout ${seconds}s : meta mark }`,
    `add rule ip ${TABLE} ${stick} ${to} . meta mark map @sticky`,
    `add chain ip ${TABLE} ${name}`,
    `add rule ip ${TABLE} ${name} meta mark set ${client} map @clients goto ${stick}`,
    `add rule ip ${TABLE} ${name} meta mark set numgen random mod ${count} goto ${stick}`,
    '',
  ].join('\n')
}

/** The whole table, replacing what is there in one transaction. `clusterCidr` is the range of all pods. */
export function fullScript(ruleset: Ruleset, clusterCidr: string): string {
  const original = 'ct original ip daddr . meta l4proto . ct original proto-dst'
  const head = `add table ip ${TABLE}
delete table ip ${TABLE}
table ip ${TABLE} {
  map endpoints { typeof ip daddr . meta l4proto . th dport . numgen random mod 2 : ip daddr . th dport; }
  map sticky { typeof ip daddr . meta l4proto . th dport . meta mark : ip daddr . th dport; }
  map clients { typeof ip saddr . ip daddr . meta l4proto . th dport : meta mark; flags dynamic,timeout; timeout 3h; size 65536; }
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  set always { type ipv4_addr . inet_proto . inet_service; }
  set never { type ipv4_addr . inet_proto . inet_service; }
  set hairpin { type ipv4_addr . ipv4_addr; }
  set addresses { type ipv4_addr; }
  chain dispatch { ip daddr . meta l4proto . th dport vmap @services; }
  chain prerouting { type nat hook prerouting priority dstnat; jump dispatch; }
  chain output { type nat hook output priority -100; jump dispatch; }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ct status & dnat == 0 return
    ${original} @never ip saddr . ip daddr != @hairpin return
    ${original} @always masquerade fully-random
    ip saddr != ${clusterCidr} masquerade fully-random
    ip saddr . ip daddr @hairpin masquerade fully-random
  }
  chain refuse { ip daddr @addresses jump refusal; }
  chain refusal { meta l4proto tcp reject with tcp reset; meta l4proto != icmp reject; }
  chain forward { type filter hook forward priority filter; jump refuse; }
  chain local { type filter hook output priority filter; jump refuse; }
}
`
  const chains = [...ruleset.balancers].map(balancerChain).join('')
  return head + chains + [...ruleset.elements].map(([set, elements]) => change('add', set, [...elements])).join('')
}

/** The commands that lead from one ruleset to another; empty when they are the same. */
export function changeScript(from: Ruleset, to: Ruleset): string {
  let script = ''
  for (const balancer of to.balancers) if (!from.balancers.has(balancer)) script += balancerChain(balancer)
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
