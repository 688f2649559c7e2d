import { runTool } from './nft.ts'
import { keyOfRule, type Rule } from './service-map.ts'

/** A flow that the kernel remembers. */
export interface Flow {
  /** Where its client sends. */
  readonly to: string
  readonly toPort: string
  /** Who answers. */
  readonly from: string
  readonly fromPort: string
}

const FLOW = /src=\S+ dst=(\S+) sport=\d+ dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+) /

/** The flows in what `conntrack -L` prints. */
export function flowsIn(text: string): Flow[] {
  return text.split('\n').flatMap(line => {
    const [, to, toPort, from, fromPort] = FLOW.exec(line) ?? []
    return to && toPort && from && fromPort ? [{ to, toPort, from, fromPort }] : []
  })
}

/** The flows to addresses of these rules that lead to something else than one of their endpoints. */
export function staleFlows(flows: readonly Flow[], rules: ReadonlyMap<string, Rule['endpoints']>): Flow[] {
  const stale = new Map<string, Flow>()
  for (const flow of flows) {
    const endpoints = rules.get(`${flow.to} . udp . ${flow.toPort}`)
    if (!endpoints || endpoints.some(e => e.address === flow.from && String(e.port) === flow.fromPort)) continue
    // Flows that were never translated are what they should be while there is nowhere to lead them.
    if (endpoints.length === 0 && flow.from === flow.to) continue
    stale.set(Object.values(flow).join(' '), flow)
  }
  return [...stale.values()]
}

/**
 * Ends the kernel's memory of UDP flows that no longer go where they should: without this a client that keeps sending
 * would go on reaching an endpoint that its Service has lost, or none (upstream pkg/proxy/conntrack). Rules without
 * endpoints stand for addresses that are no longer served. Rejects when conntrack does not work.
 */
export async function forgetStaleFlows(rules: Iterable<Rule>): Promise<void> {
  const udp = new Map<string, Rule['endpoints']>()
  for (const rule of rules)
    if (rule.protocol === 'udp') udp.set(keyOfRule(rule), [...rule.endpoints, ...(rule.inside ?? [])])
  if (udp.size === 0) return
  const flows = flowsIn(await runTool('conntrack', ['-L', '-p', 'udp']))
  for (const { to, toPort, from, fromPort } of staleFlows(flows, udp)) {
    const flow = ['--orig-dst', to, '--orig-port-dst', toPort, '--reply-src', from, '--reply-port-src', fromPort]
    // It fails when the flow has ended meanwhile, which is as good.
    await runTool('conntrack', ['-D', '-p', 'udp', ...flow]).catch(() => {})
  }
}
