import type { Service } from './service.ts'

/** Where a Service is reached from outside. */
export function externalAddresses({ spec, status }: Service): string {
  const own = spec.externalIPs ?? []
  if (spec.type === 'ExternalName') return spec.externalName ?? ''
  if (spec.type !== 'LoadBalancer') return own.join(',') || '<none>'
  const given = (status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter(Boolean)
  return [...new Set(given)].sort().concat(own).join(',') || '<pending>'
}

/** As 80:30080/TCP. */
export function portList({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  )
  return ports.join(',') || '<none>'
}
