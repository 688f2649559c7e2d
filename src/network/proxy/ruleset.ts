import type { RuleChange } from './claims.ts'
import { balancerOf, type Element, elementsOf, MAPS, SHARED } from './elements.ts'
import type { Rule } from './service-map.ts'

export const TABLE = 'tsukube-proxy'
/** Elements in one command; nft reads long lists slowly. */
const CHUNK = 2000
/**
 * Numbers of endpoints that the table has chains for from the start, so that the usual change needs no new one: without
 * affinity, and for each timeout of affinity that is in use.
 */
const READY_MADE = 64
const READY_MADE_STICKY = 32
const USUAL_AFFINITY_SECONDS = 10_800

/** Connection marks by which the way out knows what to do with the source address. */
const MARKS = { always: '0x4000', never: '0x8000' }

/** The balancers that a table with these rules has: one for each number of endpoints and timeout of affinity. */
function balancersOf(rules: Iterable<Rule>): Set<string> {
  const out = new Set(Array.from({ length: READY_MADE }, (_, i) => balancerOf(0, i + 1)))
  const timeouts = new Set([USUAL_AFFINITY_SECONDS])
  for (const rule of rules) {
    if (rule.affinitySeconds > 0) timeouts.add(rule.affinitySeconds)
    for (const balancer of balancersNeededBy(rule)) out.add(balancer)
  }
  for (const seconds of timeouts) for (let n = 1; n <= READY_MADE_STICKY; n++) out.add(balancerOf(seconds, n))
  return out
}

const balancersNeededBy = ({ endpoints, inside = [], affinitySeconds }: Rule): string[] =>
  [endpoints.length, inside.length].filter(n => n > 0).map(n => balancerOf(affinitySeconds, n))

const DESTINATION = 'ip daddr . meta l4proto . th dport'
const CLIENT = `ip saddr . ${DESTINATION}`
const TO = `meta l4proto { tcp, udp, sctp } dnat ip addr . port to ${DESTINATION}`

/** The chains for one number of endpoints: choose one, and before that remember what becomes of the source address. */
function balancerChains(balancer: string): string {
  const [count, seconds] = balancer.split('-')
  const choose = ({ endpoints, slots }: (typeof MAPS)['everybody' | 'inside']) =>
    seconds
      ? [
          `meta mark set ${CLIENT} map @clients jump stick-${seconds}`,
          // Still here: the client is new, or its endpoint is gone.
          `delete @clients { ${CLIENT} : meta mark }`,
          `meta mark set ${DESTINATION} . numgen random mod ${count} map @${slots} goto stick-${seconds}`,
        ]
      : [`${TO} . numgen random mod ${count} map @${endpoints}`]
  return (
    chain(`cluster-${balancer}`, choose(MAPS.everybody)) +
    chain(`inside-${balancer}`, choose(MAPS.inside)) +
    Object.entries(MARKS)
      .map(([kind, mark]) => chain(`${kind}-${balancer}`, [`ct mark set ${mark} goto cluster-${balancer}`]))
      .join('')
  )
}

/** Remembers the client's endpoint for so long, and leads there if it is still one. */
const stickChain = (seconds: string) =>
  chain(`stick-${seconds}`, [
    `update @clients { ${CLIENT} timeout ${seconds}s : meta mark }`,
    `${TO} . meta mark map @sticky`,
  ])

const chain = (name: string, rules: readonly string[]) =>
  `add chain ip ${TABLE} ${name}\n${rules.map(rule => `add rule ip ${TABLE} ${name} ${rule}\n`).join('')}`

/** The table without chains for balancers and without elements. `clusterCidr` is the range of all pods. */
const head = (clusterCidr: string) => `add table ip ${TABLE}
delete table ip ${TABLE}
table ip ${TABLE} {
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  map endpoints { typeof ${DESTINATION} . numgen random mod 2 : ip daddr . th dport; }
  map slots { typeof ${DESTINATION} . numgen random mod 2 : meta mark; }
  map inside { type ipv4_addr . inet_proto . inet_service : verdict; }
  map inside-endpoints { typeof ${DESTINATION} . numgen random mod 2 : ip daddr . th dport; }
  map inside-slots { typeof ${DESTINATION} . numgen random mod 2 : meta mark; }
  map sticky { typeof ${DESTINATION} . meta mark : ip daddr . th dport; }
  map clients { typeof ${CLIENT} : meta mark; flags dynamic,timeout; timeout 3h; size 65536; }
  set hairpin { type ipv4_addr . ipv4_addr; }
  set addresses { type ipv4_addr; }
  set refused { type ipv4_addr . inet_proto . inet_service; }
  set firewalled { type ipv4_addr . inet_proto . inet_service; }
  set allowed { type ipv4_addr . inet_proto . inet_service . ipv4_addr; flags interval; }
  chain dispatch { ${DESTINATION} vmap @services; }
  chain dispatch-inside { ${DESTINATION} vmap @inside; }
  chain prerouting { type nat hook prerouting priority dstnat; ip saddr ${clusterCidr} jump dispatch-inside; jump dispatch; }
  chain output { type nat hook output priority -100; jump dispatch-inside; jump dispatch; }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ct status & dnat == 0 return
    ct mark ${MARKS.never} ip saddr . ip daddr != @hairpin return
    ct mark ${MARKS.always} masquerade fully-random
    ip saddr != ${clusterCidr} masquerade fully-random
    ip saddr . ip daddr @hairpin masquerade fully-random
  }
  chain arrival {
    type filter hook prerouting priority raw;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
    ${DESTINATION} @firewalled ${DESTINATION} . ip saddr != @allowed drop
  }
  chain refuse { ip daddr @addresses jump refusal; ${DESTINATION} @refused jump refusal; }
  chain refusal { meta l4proto tcp reject with tcp reset; reject; }
  chain input { type filter hook input priority filter; ct state new jump refuse; }
  chain forward { type filter hook forward priority filter; ct state new jump refuse; }
  chain local { type filter hook output priority filter; ct state new jump refuse; }
}
`

/** What the kernel has been given, and the scripts that bring it up to date. */
export class Ruleset {
  readonly #clusterCidr: string
  #balancers: ReadonlySet<string> = new Set()
  /** How many rules an element of a shared set is for. */
  #shared = new Map<string, number>()

  /** `clusterCidr` is the range of all pods. */
  constructor(clusterCidr: string) {
    this.#clusterCidr = clusterCidr
  }

  /** The whole table, replacing what is there in one transaction. */
  full(rules: readonly Rule[]): string {
    this.#shared = new Map()
    this.#balancers = balancersOf(rules)
    const timeouts = new Set([...this.#balancers].flatMap(b => b.split('-')[1] ?? []))
    const chains = [...[...timeouts].map(stickChain), ...[...this.#balancers].map(balancerChains)]
    const { add } = this.#difference(rules.map(after => ({ before: undefined, after })))
    return head(this.#clusterCidr) + chains.join('') + commands('add', add)
  }

  /**
   * The commands for these changes; empty when there is nothing to do, undefined when only the whole table will do. They
   * add no rules: nft reads all rules back before it adds one, and (as of 1.0.6) fails on its own dnat rules.
   */
  change(changes: readonly RuleChange[]): string | undefined {
    const needed = changes.flatMap(({ after }) => (after ? balancersNeededBy(after) : []))
    if (!needed.every(balancer => this.#balancers.has(balancer))) return undefined
    const { add, remove } = this.#difference(changes)
    return commands('delete', remove) + commands('add', add)
  }

  #difference(changes: readonly RuleChange[]): { add: Element[]; remove: Element[] } {
    const [add, remove]: [Element[], Element[]] = [[], []]
    const shared = new Map<string, { element: Element; before: number }>()
    const count = (element: Element, by: number) => {
      const id = `${element.set} ${element.key}`
      const now = this.#shared.get(id) ?? 0
      if (!shared.has(id)) shared.set(id, { element, before: now })
      if (now + by > 0) this.#shared.set(id, now + by)
      else this.#shared.delete(id)
    }
    for (const { before, after } of changes) {
      const old = before ? elementsOf(before) : []
      const fresh = after ? elementsOf(after) : []
      for (const element of without(old, fresh)) SHARED.has(element.set) ? count(element, -1) : remove.push(element)
      for (const element of without(fresh, old)) SHARED.has(element.set) ? count(element, 1) : add.push(element)
    }
    for (const [id, { element, before }] of shared) {
      const now = this.#shared.get(id) ?? 0
      if (before === 0 && now > 0) add.push(element)
      if (before > 0 && now === 0) remove.push(element)
    }
    return { add, remove }
  }
}

function without(elements: readonly Element[], others: readonly Element[]): readonly Element[] {
  if (others.length === 0) return elements
  const idOf = ({ set, key, value }: Element) => `${set} ${key} ${value}`
  const known = new Set(others.map(idOf))
  return elements.filter(element => !known.has(idOf(element)))
}

function commands(verb: 'add' | 'delete', elements: readonly Element[]): string {
  const bySet = new Map<string, string[]>()
  for (const { set, key, value } of elements) {
    const text = value && verb === 'add' ? `${key} : ${value}` : key
    const list = bySet.get(set)
    if (list) list.push(text)
    else bySet.set(set, [text])
  }
  let script = ''
  for (const [set, texts] of bySet) {
    for (let i = 0; i < texts.length; i += CHUNK)
      script += `${verb} element ip ${TABLE} ${set} { ${texts.slice(i, i + CHUNK).join(', ')} }\n`
  }
  return script
}
