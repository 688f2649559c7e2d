import type { ServiceSpec } from './service.ts'

/** No address of its own: DNS answers with those of the pods. */
export const isHeadless = ({ clusterIPs = [] }: Pick<ServiceSpec, 'clusterIPs'>): boolean =>
  clusterIPs.length === 1 && clusterIPs[0] === 'None'

/** Reached through the nodes or from further away. */
export const isExternallyAccessible = ({ type, externalIPs = [] }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0)

/** Its load balancer has to ask the nodes which of them have pods. */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
