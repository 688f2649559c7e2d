import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from '../server/peer.ts'
import type { Authenticator, Credentials } from './authenticator.ts'
import type { Authorities } from './authorities.ts'
import { subjectValues } from './x509.ts'

export interface RequestHeaderOptions {
  /** Whose certificates proxies show. */
  readonly authorities: Authorities
  /** Common names that proxies may have; any when empty. */
  readonly allowedNames: readonly string[]
  readonly usernameHeaders: readonly string[]
  readonly uidHeaders: readonly string[]
  readonly groupHeaders: readonly string[]
  readonly extraHeaderPrefixes: readonly string[]
}

/**
 * Believes proxies in front of the API server whom they say a request is from (upstream authentication/request/headerrequest).
 */
export function requestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const proxies = new WeakMap<PeerCertificate, X509Certificate | null>()
  const proxyOf = (shown: PeerCertificate) => {
    if (shown.problem) return null
    let proxy = proxies.get(shown)
    if (proxy === undefined) {
      const certificate = new X509Certificate(shown.der)
      proxy = options.authorities.issued(certificate) ? certificate : null
      proxies.set(shown, proxy)
    }
    return proxy
  }
  return {
    authenticate({ certificate, headers }) {
      const proxy = certificate && proxyOf(certificate)
      if (!proxy) return undefined
      const [name = ''] = subjectValues(proxy, 'CN')
      if (options.allowedNames.length > 0 && !options.allowedNames.includes(name)) {
        throw new Error(`x509: subject with cn=${name} is not in the allowed list`)
      }
      const user = first(headers, options.usernameHeaders)
      if (!user) return undefined
      const uid = first(headers, options.uidHeaders)
      const groups = options.groupHeaders.flatMap(header => valuesOf(headers, header))
      const extra = extraOf(headers, options.extraHeaderPrefixes)
      return { user: { name: user, groups, ...(uid && { uid }), ...(Object.keys(extra).length > 0 && { extra }) } }
    },
  }
}

type Headers = Credentials['headers']

/** Repeated headers arrive joined by commas. */
function valuesOf(headers: Headers, name: string): string[] {
  const value = headers[name.toLowerCase()]
  if (value === undefined) return []
  return (Array.isArray(value) ? value : value.split(', ')).filter(Boolean)
}

const first = (headers: Headers, names: readonly string[]): string | undefined =>
  names.flatMap(name => valuesOf(headers, name))[0]

function extraOf(headers: Headers, prefixes: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {}
  for (const prefix of prefixes.map(one => one.toLowerCase())) {
    for (const name of Object.keys(headers)) {
      if (!name.startsWith(prefix)) continue
      const key = unescaped(name.slice(prefix.length))
      extra[key] = [...(extra[key] ?? []), ...valuesOf(headers, name)]
    }
  }
  return extra
}

/** Keys are percent-encoded; what is not is taken as it stands. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
