import type { Service } from './service.ts'

/** What is to be said of settings that do nothing, or not for long any more (upstream pkg/api/service/warnings.go). */
export function serviceWarnings({ metadata, spec }: Service): string[] {
  const { type, externalIPs = [] } = spec
  const headless = type === 'ClusterIP' && spec.clusterIP === 'None'
  const named = type === 'ExternalName'
  const said: readonly (readonly [boolean, string])[] = [
    [
      metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] !== undefined,
      'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
    ],
    [headless && Boolean(spec.loadBalancerIP), 'spec.loadBalancerIP is ignored for headless services'],
    [headless && externalIPs.length > 0, 'spec.externalIPs is ignored for headless services'],
    [headless && (spec.sessionAffinity ?? 'None') !== 'None', 'spec.SessionAffinity is ignored for headless services'],
    [
      !headless && !named && externalIPs.length > 0,
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ],
    [named && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!named && Boolean(spec.externalName), 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [
      spec.trafficDistribution === 'PreferClose',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ]
  return said.flatMap(([holds, text]) => (holds ? [text] : []))
}
