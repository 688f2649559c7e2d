import type { At } from '../../../apimachinery/validation/at.ts'
import { isIP } from '../../../apimachinery/validation/ip.ts'
import { isDNS1123Subdomain, isDNS1123SubdomainWithUnderscore } from '../../../apimachinery/validation/names.ts'
import type { HostAlias, PodDNSConfig } from './spec.ts'

const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_CHARACTERS = 2048

export function validateHostAlias(alias: HostAlias, at: At): void {
  at.child('ip').invalidEach(alias.ip, isIP(alias.ip))
  alias.hostnames?.forEach((name, i) => {
    at.child('hostnames').index(i).invalidEach(name, isDNS1123Subdomain(name))
  })
}

export function validateDNSConfig({ nameservers = [], searches = [], options = [] }: PodDNSConfig, at: At): void {
  if (nameservers.length > MAX_NAMESERVERS) {
    at.child('nameservers').invalid(nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`)
  }
  nameservers.forEach((address, i) => {
    at.child('nameservers').index(i).invalidEach(address, isIP(address))
  })
  const place = at.child('searches')
  if (searches.length > MAX_SEARCHES) place.invalid(searches, `must not have more than ${MAX_SEARCHES} search paths`)
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    place.invalid(
      searches,
      `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
    )
  }
  searches.forEach((search, i) => {
    if (search === '.') return
    const name = search.replace(/\.$/, '')
    place.index(i).invalidEach(name, isDNS1123SubdomainWithUnderscore(name))
  })
  options.forEach(({ name }, i) => {
    if (!name) at.child('options').index(i).required('must not be empty')
  })
}

/** With dnsPolicy None the pod has to bring name servers itself. */
export function validateDNSPolicy(policy: string, config: PodDNSConfig | undefined, at: At): void {
  if (policy !== 'None') return
  if (!config) at.required('must provide `dnsConfig` when `dnsPolicy` is None')
  else if (!config.nameservers?.length) {
    at.child('nameservers').required('must provide at least one DNS nameserver when `dnsPolicy` is None')
  }
}
