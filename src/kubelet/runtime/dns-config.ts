import type { Pod } from '../../api/core/pod.ts'

/** A resolver's configuration, as in /etc/resolv.conf. */
export interface DNSConfig {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

/** Reads the text of a resolv.conf(5). */
export function parseResolvConf(text: string): DNSConfig {
  const servers: string[] = []
  let searches: string[] = []
  let options: string[] = []
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/)
    if (word === 'nameserver' && rest[0]) servers.push(rest[0])
    else if (word === 'search') searches = rest.map(domain => domain.replace(/(.)\.$/, '$1'))
    else if (word === 'options') options = rest
  }
  return { servers, searches, options }
}

const DEFAULT_OPTIONS = ['ndots:5']
/** What the C library reads at most. */
const MAX_SERVERS = 3
const MAX_SEARCHES = 32

const unique = (values: readonly string[]) => [...new Set(values)]

interface ClusterDNS {
  readonly servers: readonly string[]
  readonly domain: string
}

/** How names are resolved in a pod, by its dnsPolicy and dnsConfig (upstream pkg/kubelet/network/dns). */
export function podDNS({ spec, metadata }: Pod, cluster: ClusterDNS, node: DNSConfig): DNSConfig {
  const base = byPolicy()
  const own = spec.dnsConfig
  const given = (own?.options ?? []).map(({ name, value }) => (value ? `${name}:${value}` : (name ?? '')))
  const names = new Set(given.map(option => option.split(':')[0]))
  return {
    servers: unique([...base.servers, ...(own?.nameservers ?? [])]).slice(0, MAX_SERVERS),
    searches: unique([...base.searches, ...(own?.searches ?? [])]).slice(0, MAX_SEARCHES),
    options: [...base.options.filter(option => !names.has(option.split(':')[0])), ...given],
  }

  function byPolicy(): DNSConfig {
    if (spec.dnsPolicy === 'None') return { servers: [], searches: [], options: [] }
    const first =
      spec.dnsPolicy === 'ClusterFirstWithHostNet' || (spec.dnsPolicy === 'ClusterFirst' && !spec.hostNetwork)
    if (!first || cluster.servers.length === 0) return node
    const { domain } = cluster
    const searches = [`${metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...node.searches]
    return { servers: cluster.servers, searches: unique(searches), options: DEFAULT_OPTIONS }
  }
}
