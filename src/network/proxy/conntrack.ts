import { runTool } from './nft.ts'
import type { Rule } from './service-map.ts'

/**
 * Ends the kernel's memory of UDP flows to endpoints that a Service no longer has: without this a client that keeps
 * sending would go on reaching the old one (upstream pkg/proxy/conntrack).
 */
export async function forgetConnections(before: readonly Rule[], after: readonly Rule[]): Promise<void> {
  for (const rule of before) {
    if (rule.protocol !== 'udp') continue
    const now = after.find(r => r.address === rule.address && r.port === rule.port && r.protocol === 'udp')
    for (const { address, port } of rule.endpoints) {
      if (now?.endpoints.some(e => e.address === address && e.port === port)) continue
      const flow = ['--orig-dst', rule.address, '--orig-port-dst', String(rule.port), '--dst-nat', address]
      // conntrack fails when there is no such flow, which is as good.
      await runTool('conntrack', ['-D', '-p', 'udp', ...flow]).catch(() => {})
    }
  }
  for (const rule of after) {
    const old = before.find(r => r.address === rule.address && r.port === rule.port)
    const first = rule.endpoints.length > 0 && !old?.endpoints.length
    // Flows that began while there was no endpoint were never translated.
    if (rule.protocol === 'udp' && first && old) {
      await runTool('conntrack', [
        '-D',
        '-p',
        'udp',
        '--orig-dst',
        rule.address,
        '--orig-port-dst',
        String(rule.port),
      ]).catch(() => {})
    }
  }
}
