import type { Ingress } from './ingress.ts'

const MAX_HOSTS = 3

/** The first few hosts, and how many more rules there are. */
export function hostsOf({ spec: { rules = [] } }: Ingress): string {
  const hosts = rules
    .slice(0, MAX_HOSTS)
    .map(({ host }) => host ?? '')
    .filter(Boolean)
  if (hosts.length === 0) return '*'
  const shown = hosts.join(',')
  return hosts.length === MAX_HOSTS && rules.length > MAX_HOSTS
    ? `${shown} + ${rules.length - MAX_HOSTS} more...`
    : shown
}

/** Where it is reached. */
export function addressesOf({ status }: Ingress): string {
  const all = (status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter(Boolean)
  return [...new Set(all)].sort().join(',')
}
