import type { UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'

/** What a request says about who makes it. */
export interface Credentials {
  /** The client's certificate in DER, already checked against the trusted authorities. */
  readonly certificate: Buffer | undefined
  readonly bearerToken: string | undefined
  readonly remoteAddress: string
}

/**
 * Finds out who makes a request. Undefined: no credentials of its sort were given. Throws 401 when they were given and are
 * wrong.
 */
export interface Authenticator {
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>
}

export const AUTHENTICATED = 'system:authenticated'
export const UNAUTHENTICATED = 'system:unauthenticated'
export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: [UNAUTHENTICATED] }

/** The credentials of an HTTP request; a bearer token may also come as a WebSocket subprotocol, as browsers must send it. */
export function credentialsOf({
  headers,
  peerCertificate,
  remoteAddress,
}: Pick<Exchange, 'headers' | 'peerCertificate' | 'remoteAddress'>): Credentials {
  const { authorization } = headers
  const bearer = authorization && /^bearer +(\S+)\s*$/i.exec(authorization)?.[1]
  const protocols = String(headers['sec-websocket-protocol'] ?? '').split(/, */)
  const encoded = protocols.find(p => p.startsWith('base64url.bearer.authorization.k8s.io.'))
  const token = bearer || (encoded && Buffer.from(encoded.slice(encoded.lastIndexOf('.') + 1), 'base64url').toString())
  return { certificate: peerCertificate, bearerToken: token || undefined, remoteAddress }
}
