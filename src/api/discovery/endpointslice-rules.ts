import type { At } from '../../apimachinery/validation/at.ts'
import { ipFamily } from '../../apimachinery/validation/ip.ts'
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isPortNumber,
  isQualifiedName,
} from '../../apimachinery/validation/names.ts'
import { validateEndpointIP } from '../core/endpoint-ip.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from './endpointslice.ts'

/** The rules of EndpointSlices, after upstream's pkg/apis/discovery/validation. */

const MAX_SHOWN = 3

/** The first few of a list, and how many more there are. */
export function firstFew(values: readonly string[]): string {
  const shown = values.slice(0, MAX_SHOWN).join(',')
  if (values.length > MAX_SHOWN) return `${shown} + ${values.length - MAX_SHOWN} more...`
  return shown || '<unset>'
}

const MAX_ENDPOINTS = 1000
const MAX_ADDRESSES = 100
const MAX_PORTS = 20_000
const MAX_HINTS = 8

function validateFQDN(name: string, at: At): void {
  if (name === '') {
    at.required()
    return
  }
  const domain = name.replace(/\.$/, '')
  const messages = isDNS1123Subdomain(domain)
  if (messages.length > 0) at.invalid(domain, messages.join(','))
  else if (!domain.includes('.')) at.invalid(domain, 'should be a domain with at least two segments separated by dots')
  else {
    for (const label of domain.split('.')) {
      const problems = isDNS1123Label(label)
      if (problems.length > 0) at.invalid(label, problems.join(','))
    }
  }
}

function validateAddress(address: string, type: string, at: At): void {
  if (type === 'FQDN') {
    validateFQDN(address, at)
    return
  }
  const family = type === 'IPv4' ? 4 : 6
  if (ipFamily(address) !== family) at.invalid(address, `must be an IPv${family} address`)
  else validateEndpointIP(address, at)
}

function validateHints({ hints }: Endpoint, at: At): void {
  for (const field of ['forZones', 'forNodes'] as const) {
    const names = hints?.[field] ?? []
    const place = at.child(field)
    if (names.length > MAX_HINTS) {
      place.tooMany(names.length, MAX_HINTS)
      continue
    }
    const seen = new Set<string>()
    names.forEach(({ name }, i) => {
      const nameAt = place.index(i).child('name')
      nameAt.invalidEach(name, field === 'forZones' ? isLabelValue(name) : isDNS1123Subdomain(name))
      if (seen.has(name)) nameAt.duplicate(name)
      seen.add(name)
    })
  }
}

function validateEndpoint(endpoint: Endpoint, type: string, at: At): void {
  const { addresses, nodeName, zone, hostname } = endpoint
  if (addresses.length === 0) at.child('addresses').required('must contain at least 1 address')
  else if (addresses.length > MAX_ADDRESSES) at.child('addresses').tooMany(addresses.length, MAX_ADDRESSES)
  addresses.forEach((address, i) => {
    validateAddress(address, type, at.child('addresses').index(i))
  })
  if (nodeName !== undefined) at.child('nodeName').invalidEach(nodeName, isDNS1123Subdomain(nodeName))
  if (zone !== undefined) at.child('zone').invalidEach(zone, isLabelValue(zone))
  for (const key in endpoint.deprecatedTopology) {
    at.child('deprecatedTopology').key(key).invalidEach(key, isQualifiedName(key))
  }
  if (hostname !== undefined) at.child('hostname').invalidEach(hostname, isDNS1123Label(hostname))
  validateHints(endpoint, at.child('hints'))
}

function validatePorts(ports: readonly EndpointPort[], at: At): void {
  if (ports.length > MAX_PORTS) {
    at.tooMany(ports.length, MAX_PORTS)
    return
  }
  const names = new Set<string>()
  ports.forEach(({ name, port, appProtocol }, i) => {
    const place = at.index(i)
    if (name) place.child('name').invalidEach(name, isDNS1123Label(name))
    if (names.has(name)) place.child('name').duplicate(name)
    names.add(name)
    if (port !== undefined) place.child('port').invalidEach(port, isPortNumber(port))
    if (appProtocol !== undefined) place.child('appProtocol').invalidEach(appProtocol, isQualifiedName(appProtocol))
  })
}

export function validateEndpointSlice({ addressType, endpoints = [], ports = [] }: EndpointSlice, at: At): void {
  const place = at.child('endpoints')
  if (endpoints.length > MAX_ENDPOINTS) place.tooMany(endpoints.length, MAX_ENDPOINTS)
  else {
    endpoints.forEach((endpoint, i) => {
      validateEndpoint(endpoint, addressType, place.index(i))
    })
  }
  validatePorts(ports, at.child('ports'))
}
