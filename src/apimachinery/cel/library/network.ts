import { canonicalIP, cidrContains, ipBits, ipFamily, ipFromBits, parseCIDR } from '../../validation/ip.ts'
import { EvaluationError } from '../errors.ts'
import { type Declaration, declare, evaluating } from '../functions.ts'
import { ArrayList, MapLiteral, type MapValue, OpaqueValue } from '../values.ts'

/** URLs, IP addresses and CIDRs, as Kubernetes offers them to expressions (apiserver cel/library). */

class URLValue extends OpaqueValue {
  readonly type = 'kubernetes.URL'
  readonly text: string
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string

  constructor(text: string) {
    super()
    const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:[^/?#@]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(text)
    this.text = text
    this.scheme = (parts?.[1] ?? '').toLowerCase()
    this.host = parts?.[2] ?? ''
    this.path = parts?.[3] ?? ''
    this.query = parts?.[4] ?? ''
  }
  equals(other: URLValue): boolean {
    return this.text === other.text
  }
  get hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
  }
  get port(): string {
    return /:(\d*)$/.exec(this.host.replace(/^\[.*\]/, ''))?.[1] ?? ''
  }
}

/** Reads a URL as Go's url.ParseRequestURI: absolute, or an absolute path. Throws Error in its words. */
export function parseURL(text: string): URLValue {
  const fail = (why: string): never => {
    throw new Error(`parse ${JSON.stringify(text)}: ${why}`)
  }
  if (text === '') fail('empty url')
  if (/[\p{Cc}]/u.test(text)) fail('net/url: invalid control character in URL')
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(text)
  if (!scheme && !text.startsWith('/')) fail('invalid URI for request')
  if (text.startsWith(':')) fail('missing protocol scheme')
  const malformed = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text.split('?')[0]!)
  if (malformed) fail(`invalid URL escape ${JSON.stringify(malformed[0])}`)
  const value = new URLValue(text)
  if (/ /.test(value.host)) fail('invalid character " " in host name')
  const port = /:([^:\]]*)$/.exec(value.host.replace(/^\[.*\]/, ''))
  if (port && !/^\d*$/.test(port[1]!)) fail(`invalid port ${JSON.stringify(`:${port[1]}`)} after host`)
  return value
}

function escapedPath({ path }: URLValue): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, c => encodeURIComponent(c))
}

function queryOf({ query }: URLValue): MapValue {
  const values = new Map<string, string[]>()
  for (const [key, value] of new URLSearchParams(query)) values.set(key, [...(values.get(key) ?? []), value])
  return new MapLiteral([...values].map(([key, all]) => [key, new ArrayList(all)]))
}

class IPValue extends OpaqueValue {
  readonly type = 'net.IP'
  readonly address: string
  readonly family: 4 | 6

  constructor(text: string) {
    super()
    const family = ipFamily(text)
    if (!family) {
      const why = text.includes('%')
        ? `IP address ${JSON.stringify(text)} with zone value is not allowed`
        : `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`
      throw new EvaluationError(why)
    }
    if (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(text) || (family === 6 && ipBits(text) >> 32n === 0xffffn)) {
      throw new EvaluationError(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
    }
    this.family = family
    this.address = canonicalIP(text)
  }
  equals(other: IPValue): boolean {
    return this.address === other.address
  }
  in(...cidrs: string[]): boolean {
    return cidrs.some(cidr => cidrContains(cidr, this.address))
  }
}

class CIDRValue extends OpaqueValue {
  readonly type = 'net.CIDR'
  readonly ip: IPValue
  readonly prefix: number

  constructor(ip: IPValue, prefix: number) {
    super()
    this.ip = ip
    this.prefix = prefix
  }
  equals(other: CIDRValue): boolean {
    return this.prefix === other.prefix && this.ip.equals(other.ip)
  }
  get text(): string {
    return `${this.ip.address}/${this.prefix}`
  }
  get masked(): CIDRValue {
    const host = BigInt((this.ip.family === 4 ? 32 : 128) - this.prefix)
    const bits = (ipBits(this.ip.address) >> host) << host
    return new CIDRValue(new IPValue(ipFromBits(bits, this.ip.family)), this.prefix)
  }
  contains(ip: IPValue): boolean {
    return ip.family === this.ip.family && cidrContains(this.text, ip.address)
  }
  covers(other: CIDRValue): boolean {
    return other.prefix >= this.prefix && this.contains(other.masked.ip)
  }
}

function toCIDR(text: string): CIDRValue {
  const read = parseCIDR(text)
  if (!read) {
    const why = `netip.ParsePrefix(${JSON.stringify(text)}): no '/'`
    throw new EvaluationError(`network address parse error during conversion from string: ${why}`)
  }
  return new CIDRValue(new IPValue(read.address), read.prefix)
}

function succeeds(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch {
    return false
  }
}

function isGlobal(ip: IPValue): boolean {
  const special = ['0.0.0.0/32', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32']
  return !ip.in(...special, '::/128', '::1/128', 'fe80::/10', 'ff00::/8')
}

export const NETWORK: readonly Declaration[] = [
  declare(
    'url',
    (text: string) =>
      evaluating(() => {
        try {
          return parseURL(text)
        } catch (error) {
          throw new Error(`URL parse error during conversion from string: ${(error as Error).message}`)
        }
      }),
    'string_to_url: (string) kubernetes.URL',
  ),
  declare('isURL', (text: string) => succeeds(() => parseURL(text)), 'is_url_string: (string) bool'),
  declare('getScheme', (url: URLValue) => url.scheme, 'url_get_scheme: kubernetes.URL.() string'),
  declare('getHost', (url: URLValue) => url.host, 'url_get_host: kubernetes.URL.() string'),
  declare('getHostname', (url: URLValue) => url.hostname, 'url_get_hostname: kubernetes.URL.() string'),
  declare('getPort', (url: URLValue) => url.port, 'url_get_port: kubernetes.URL.() string'),
  declare('getEscapedPath', escapedPath, 'url_get_escaped_path: kubernetes.URL.() string'),
  declare('getQuery', queryOf, 'url_get_query: kubernetes.URL.() map<string, list<string>>'),

  declare('ip', (text: string) => new IPValue(text), 'string_to_ip: (string) net.IP'),
  declare('ip', (cidr: CIDRValue) => cidr.ip, 'cidr_ip: net.CIDR.() net.IP'),
  declare('isIP', (text: string) => succeeds(() => new IPValue(text)), 'is_ip: (string) bool'),
  declare('ip.isCanonical', (text: string) => new IPValue(text).address === text, 'ip_is_canonical: (string) bool'),
  declare('family', (ip: IPValue) => BigInt(ip.family), 'ip_family: net.IP.() int'),
  declare('isUnspecified', (ip: IPValue) => ip.in('0.0.0.0/32', '::/128'), 'ip_is_unspecified: net.IP.() bool'),
  declare('isLoopback', (ip: IPValue) => ip.in('127.0.0.0/8', '::1/128'), 'ip_is_loopback: net.IP.() bool'),
  declare(
    'isLinkLocalMulticast',
    (ip: IPValue) => ip.in('224.0.0.0/24', 'ff02::/16', 'ff12::/16', 'ff22::/16', 'ff32::/16'),
    'ip_is_link_local_multicast: net.IP.() bool',
  ),
  declare(
    'isLinkLocalUnicast',
    (ip: IPValue) => ip.in('169.254.0.0/16', 'fe80::/10'),
    'ip_is_link_local_unicast: net.IP.() bool',
  ),
  declare('isGlobalUnicast', isGlobal, 'ip_is_global_unicast: net.IP.() bool'),
  declare('string', (ip: IPValue) => ip.address, 'ip_to_string: (net.IP) string'),

  declare('cidr', toCIDR, 'string_to_cidr: (string) net.CIDR'),
  declare('isCIDR', (text: string) => succeeds(() => toCIDR(text)), 'is_cidr: (string) bool'),
  declare(
    'containsIP',
    (cidr: CIDRValue, ip: string) => cidr.contains(new IPValue(ip)),
    'cidr_contains_ip_string: net.CIDR.(string) bool',
  ),
  declare(
    'containsIP',
    (cidr: CIDRValue, ip: IPValue) => cidr.contains(ip),
    'cidr_contains_ip_ip: net.CIDR.(net.IP) bool',
  ),
  declare(
    'containsCIDR',
    (cidr: CIDRValue, other: string) => cidr.covers(toCIDR(other)),
    'cidr_contains_cidr_string: net.CIDR.(string) bool',
  ),
  declare(
    'containsCIDR',
    (cidr: CIDRValue, other: CIDRValue) => cidr.covers(other),
    'cidr_contains_cidr: net.CIDR.(net.CIDR) bool',
  ),
  declare('prefixLength', (cidr: CIDRValue) => BigInt(cidr.prefix), 'cidr_prefix_length: net.CIDR.() int'),
  declare('masked', (cidr: CIDRValue) => cidr.masked, 'cidr_masked: net.CIDR.() net.CIDR'),
  declare('string', (cidr: CIDRValue) => cidr.text, 'cidr_to_string: (net.CIDR) string'),
]
