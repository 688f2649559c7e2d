import { BlockList, isIP } from 'node:net'

/** Addresses that are nobody's in particular, or this machine's own. */
const NOT_UNICAST = new BlockList()
NOT_UNICAST.addAddress('0.0.0.0')
NOT_UNICAST.addSubnet('127.0.0.0', 8)
NOT_UNICAST.addSubnet('169.254.0.0', 16)
NOT_UNICAST.addSubnet('224.0.0.0', 4)
NOT_UNICAST.addAddress('255.255.255.255')
NOT_UNICAST.addAddress('::', 'ipv6')
NOT_UNICAST.addAddress('::1', 'ipv6')
NOT_UNICAST.addSubnet('fe80::', 10, 'ipv6')
NOT_UNICAST.addSubnet('ff00::', 8, 'ipv6')

/** Whether requests may be passed on to an IP address: neither loopback nor link-local nor multicast (upstream proxy/util). */
export function isProxyable(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && !NOT_UNICAST.check(address, family === 6 ? 'ipv6' : 'ipv4')
}
