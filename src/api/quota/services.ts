import type { Service } from '../core/service.ts'
import type { Usage } from './usage.ts'

/** What a service uses of quotas (upstream quota evaluator core/services). */
export function serviceUsage({ spec }: Service): Usage {
  const ports = String(spec.ports?.length ?? 0)
  const usage: Record<string, string> = {
    'count/services': '1',
    services: '1',
    'services.loadbalancers': '0',
    'services.nodeports': '0',
  }
  if (spec.type === 'NodePort') usage['services.nodeports'] = ports
  if (spec.type === 'LoadBalancer') {
    usage['services.loadbalancers'] = '1'
    const allocated = (spec.ports ?? []).filter(({ nodePort }) => nodePort).length
    usage['services.nodeports'] = spec.allocateLoadBalancerNodePorts === false ? String(allocated) : ports
  }
  return usage
}
