import type { At } from '../../apimachinery/validation/at.ts'
import { ipFamily, isIP } from '../../apimachinery/validation/ip.ts'
import { isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import type { LoadBalancerStatus } from './service.ts'

const IP_MODES = ['Proxy', 'VIP']

/** Where a load balancer says that it is reached; addresses that were there before are let be. */
export function validateLoadBalancer(
  type: string,
  { ingress = [] }: LoadBalancerStatus,
  old: LoadBalancerStatus,
  at: At,
): void {
  const place = at.child('ingress')
  if (type !== 'LoadBalancer' && ingress.length > 0) {
    place.forbidden("may only be used when `spec.type` is 'LoadBalancer'")
    return
  }
  const known = new Set(old.ingress?.map(({ ip }) => ip))
  ingress.forEach(({ ip, ipMode, hostname }, i) => {
    const point = place.index(i)
    if (ip && !known.has(ip)) point.child('ip').invalidEach(ip, isIP(ip))
    const modeAt = point.child('ipMode')
    if (ipMode === undefined) {
      if (ip) modeAt.required('must be specified when `ip` is set')
    } else if (!ip) {
      modeAt.forbidden('may not be specified when `ip` is not set')
    } else if (!IP_MODES.includes(ipMode)) {
      modeAt.notSupported(ipMode, IP_MODES)
    }
    if (!hostname) return
    point.child('hostname').invalidEach(hostname, isDNS1123Subdomain(hostname))
    if (ipFamily(hostname)) point.child('hostname').invalid(hostname, 'must be a DNS name, not an IP address')
  })
}
