import type { At } from '../../apimachinery/validation/at.ts'
import { canonicalIP, cidrContains, ipFamily } from '../../apimachinery/validation/ip.ts'

const RANGES = [
  {
    cidrs: ['127.0.0.0/8', '::1/128'],
    message: 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  },
  {
    cidrs: ['169.254.0.0/16', 'fe80::/10'],
    message: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  },
  {
    cidrs: ['224.0.0.0/24', 'ff02::/16'],
    message: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
]

/** An address that something in the cluster can be reached at: none that only means something on one machine. */
export function validateEndpointIP(ip: string, at: At): void {
  if (!ipFamily(ip)) {
    at.invalid(ip, 'must be a valid IP address')
    return
  }
  const canonical = canonicalIP(ip)
  if (canonical === '0.0.0.0' || canonical === '::') at.invalid(ip, `may not be unspecified (${ip})`)
  for (const { cidrs, message } of RANGES) {
    if (cidrs.some(cidr => cidrContains(cidr, canonical))) at.invalid(ip, message)
  }
}
