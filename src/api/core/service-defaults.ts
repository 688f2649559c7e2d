import type { Service } from './service.ts'
import { isExternallyAccessible } from './service-kind.ts'

const AFFINITY_SECONDS = 10_800

/** Defaults of a Service that depend on its other fields (upstream's SetDefaults_Service). */
export function defaultService({ spec }: Service): void {
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {}
    spec.sessionAffinityConfig.clientIP ??= {}
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= AFFINITY_SECONDS
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ??= 'Cluster'
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
}
