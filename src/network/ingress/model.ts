import type { Service } from '../../api/core/service.ts'
import type { Ingress } from '../../api/networking/ingress.ts'

/** A path of a virtual host and where its requests go. */
export interface Location {
  readonly path: string
  /** `regex`: the path is a regular expression, not case-sensitive. */
  readonly match: 'exact' | 'prefix' | 'regex'
  readonly backend: Backend | undefined
  /** What the path is rewritten to; $1, $2 stand for the groups of a regex. */
  readonly rewrite?: string
  readonly annotations: Readonly<Record<string, string>>
  readonly source: string
}

export interface Backend {
  /** ClusterIP of the Service, or a host name. */
  readonly host: string
  readonly port: number
  readonly protocol: 'http' | 'https'
}

export interface VirtualHost {
  /** Empty for requests to any other host. */
  readonly host: string
  readonly locations: Location[]
  /** `namespace/name` of the Secret with its certificate. */
  tlsSecret?: string
  /** Host has TLS, and plain requests are sent there. */
  redirect: boolean
}

const PREFIX = 'nginx.ingress.kubernetes.io/'

/** Annotations of ingress-nginx, without their prefix. */
export function annotationsOf(ingress: Ingress): Record<string, string> {
  const entries = Object.entries(ingress.metadata.annotations ?? {})
  return Object.fromEntries(
    entries.filter(([key]) => key.startsWith(PREFIX)).map(([key, value]) => [key.slice(PREFIX.length), value]),
  )
}

/** Puts the rules of all ingresses together by host. Older ingresses win where two claim the same path. */
export function virtualHostsOf(
  ingresses: readonly Ingress[],
  serviceOf: (key: string) => Service | undefined,
): VirtualHost[] {
  const hosts = new Map<string, VirtualHost>()
  const hostOf = (host: string) => {
    let known = hosts.get(host)
    if (!known) {
      known = { host, locations: [], redirect: false }
      hosts.set(host, known)
    }
    return known
  }
  const age = ({ metadata }: Ingress) => `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`
  for (const ingress of [...ingresses].sort((a, b) => (age(a) < age(b) ? -1 : 1))) {
    const annotations = annotationsOf(ingress)
    const { namespace = '' } = ingress.metadata
    for (const { hosts: names, secretName } of ingress.spec.tls ?? []) {
      for (const name of names?.length ? names : ['']) {
        const host = hostOf(name)
        if (secretName) host.tlsSecret ??= `${namespace}/${secretName}`
        host.redirect ||= annotations['ssl-redirect'] !== 'false'
      }
    }
    const { defaultBackend, rules } = ingress.spec
    if (defaultBackend) add(hostOf(''), locationOf(ingress, annotations, '/', 'Prefix', defaultBackend, serviceOf))
    for (const { host = '', http } of rules ?? []) {
      for (const { path = '/', pathType, backend } of http?.paths ?? []) {
        add(hostOf(host), locationOf(ingress, annotations, path || '/', pathType, backend, serviceOf))
      }
    }
  }
  for (const host of hosts.values()) useRegexThroughout(host)
  return [...hosts.values()]
}

function add(host: VirtualHost, location: Location): void {
  const taken = host.locations.some(l => l.path === location.path && l.match === location.match)
  if (!taken) host.locations.push(location)
}

type IngressBackend = NonNullable<Ingress['spec']['defaultBackend']>

function locationOf(
  ingress: Ingress,
  annotations: Record<string, string>,
  path: string,
  pathType: string,
  backend: IngressBackend,
  serviceOf: (key: string) => Service | undefined,
): Location {
  const rewrite = annotations['rewrite-target']
  const regex = pathType !== 'Exact' && (annotations['use-regex'] === 'true' || rewrite !== undefined)
  return {
    path,
    match: regex ? 'regex' : pathType === 'Exact' ? 'exact' : 'prefix',
    backend: backendOf(ingress.metadata.namespace ?? '', backend, annotations, serviceOf),
    ...(rewrite !== undefined && { rewrite }),
    annotations,
    source: `${ingress.metadata.namespace}/${ingress.metadata.name}`,
  }
}

function backendOf(
  namespace: string,
  { service }: IngressBackend,
  annotations: Record<string, string>,
  serviceOf: (key: string) => Service | undefined,
): Backend | undefined {
  const object = service && serviceOf(`${namespace}/${service.name}`)
  if (!service || !object) return undefined
  const wanted = service.port
  const port = object.spec.ports?.find(p => (wanted?.name ? p.name === wanted.name : p.port === wanted?.number))?.port
  const protocol = annotations['backend-protocol']?.toUpperCase() === 'HTTPS' ? 'https' : 'http'
  if (object.spec.type === 'ExternalName') {
    return { host: object.spec.externalName!, port: port ?? wanted?.number ?? 80, protocol }
  }
  if (!port || !object.spec.clusterIP || object.spec.clusterIP === 'None') return undefined
  return { host: object.spec.clusterIP, port, protocol }
}

/** As in ingress-nginx, one regular expression makes all of a host's prefixes regular expressions. */
function useRegexThroughout(host: VirtualHost): void {
  if (!host.locations.some(l => l.match === 'regex')) return
  for (const [i, location] of host.locations.entries()) {
    if (location.match === 'prefix') host.locations[i] = { ...location, match: 'regex' }
  }
}
