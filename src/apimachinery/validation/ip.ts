import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { Messages } from './names.ts'

/** IP addresses and CIDRs: their forms, in upstream's words (apimachinery util/validation/ip.go). */

const INVALID_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const INVALID_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** An IPv4 address as older Kubernetes took it: numbers may have leading zeros. */
const sloppyIPv4 = (value: string) =>
  /^\d{1,9}(\.\d{1,9}){3}$/.test(value) && value.split('.').every(part => Number(part) <= 255)

export type IPFamily = 4 | 6
/** Which family an address is of; undefined when it is not an address. */
export function ipFamily(value: string): IPFamily | undefined {
  if (isIPv4(value)) return 4
  return isIPv6(value) && !value.includes('%') ? 6 : undefined
}

/** The address in the one form it should be written in (RFC 5952 for IPv6). Give it a valid address. */
export function canonicalIP(value: string): string {
  if (sloppyIPv4(value)) return value.split('.').map(Number).join('.')
  const mapped = MAPPED.exec(value)
  if (mapped) return mapped[1]!
  return new SocketAddress({ address: value, family: 'ipv6' }).address
}

/** For fields that take any spelling of an address. */
export function isIP(value: string): Messages {
  if (ipFamily(value) === undefined) return [sloppyIPv4(value) ? 'must not have leading 0s' : INVALID_IP]
  return MAPPED.test(value) ? ['must not be an IPv4-mapped IPv6 address'] : []
}

/** For fields that take only the canonical spelling. */
export function isCanonicalIP(value: string): Messages {
  const messages = isIP(value)
  if (messages.length > 0) return messages
  const canonical = canonicalIP(value)
  return canonical === value ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`]
}

export interface CIDR {
  readonly address: string
  readonly prefix: number
  readonly family: IPFamily
}

/** Takes `10.0.0.0/8` apart; undefined when it is not a CIDR. */
export function parseCIDR(value: string): CIDR | undefined {
  const [address = '', length = '', ...rest] = value.split('/')
  const family = ipFamily(address)
  if (rest.length > 0 || family === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined
  const prefix = Number(length)
  return prefix <= (family === 4 ? 32 : 128) ? { address, prefix, family } : undefined
}

const v4Bits = (address: string) => address.split('.').reduce((bits, part) => bits * 256n + BigInt(part), 0n)
function v6Bits(address: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const hex = dotted
    ? `${dotted[1]}${(v4Bits(dotted[2]!) >> 16n).toString(16)}:${(v4Bits(dotted[2]!) & 0xffffn).toString(16)}`
    : address
  const [head = '', tail] = hex.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return groups.reduce((bits, group) => bits * 65536n + BigInt(`0x${group}`), 0n)
}

/** The number an address stands for. */
export const ipBits = (address: string): bigint => (isIPv4(address) ? v4Bits(address) : v6Bits(address))

/** The address a number stands for. */
export function ipFromBits(bits: bigint, family: IPFamily): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map(shift => (bits >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  return canonicalIP(groups.join(':'))
}

/** The first address of a CIDR. */
function network({ address, prefix, family }: CIDR): bigint {
  const host = BigInt((family === 4 ? 32 : 128) - prefix)
  return (ipBits(address) >> host) << host
}

/** The CIDR in canonical form, host bits cleared. Give it a valid CIDR. */
export function canonicalCIDR(value: string): string {
  const cidr = parseCIDR(value)!
  return `${ipFromBits(network(cidr), cidr.family)}/${cidr.prefix}`
}

export function isCIDR(value: string): Messages {
  const cidr = parseCIDR(value)
  if (!cidr) {
    const [address = '', length = ''] = value.split('/')
    const sloppy = (sloppyIPv4(address) || ipFamily(address)) && /^\d{1,4}$/.test(length)
    const limit = sloppyIPv4(address) ? 32 : 128
    return [sloppy && Number(length) <= limit ? 'must not have leading 0s in IP or prefix length' : INVALID_CIDR]
  }
  if (MAPPED.test(cidr.address)) return ['must not have an IPv4-mapped IPv6 address']
  return network(cidr) === ipBits(cidr.address) ? [] : ['must not have bits set beyond the prefix length']
}

/** Whether an address lies inside a CIDR of its family. */
export function cidrContains(value: string, address: string): boolean {
  const cidr = parseCIDR(value)
  if (!cidr || ipFamily(address) !== cidr.family) return false
  const list = new BlockList()
  list.addSubnet(cidr.address, cidr.prefix, cidr.family === 4 ? 'ipv4' : 'ipv6')
  return list.check(address, cidr.family === 4 ? 'ipv4' : 'ipv6')
}
