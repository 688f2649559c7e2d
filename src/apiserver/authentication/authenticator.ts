import type { IncomingHttpHeaders } from 'node:http'
import { unauthorized } from '../../apimachinery/errors.ts'
import type { UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'
import type { PeerCertificate } from '../server/peer.ts'

/** What a request says about who makes it. */
export interface Credentials {
  readonly certificate: PeerCertificate | undefined
  readonly bearerToken: string | undefined
  readonly remoteAddress: string
  readonly headers: IncomingHttpHeaders
  /** What is asked for; percent-encoded. */
  readonly path: string
  /** Whom a token has to be for; the API server where left out. */
  readonly audiences?: readonly string[]
}

/** Who somebody turned out to be. */
export interface Identity {
  readonly user: UserInfo
  /** Of those a token was asked to be for, those it is for. */
  readonly audiences?: readonly string[]
  /** What the audit log is to say of it. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly warnings?: readonly string[]
}

/**
 * Finds out who makes a request. Undefined: no credentials of its sort were given. Throws Error when they were given and are
 * wrong; its message may be told to whoever is asked to review a token, so it never holds the token itself.
 */
export interface Authenticator {
  authenticate(credentials: Credentials): Identity | undefined | Promise<Identity | undefined>
}

export const AUTHENTICATED = 'system:authenticated'
export const UNAUTHENTICATED = 'system:unauthenticated'
export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: [UNAUTHENTICATED] }

/** The credentials of an HTTP request; a bearer token may also come as a WebSocket subprotocol, as browsers must send it. */
export function credentialsOf(
  exchange: Pick<Exchange, 'headers' | 'path' | 'peerCertificate' | 'remoteAddress'>,
): Credentials {
  const { headers, path, peerCertificate, remoteAddress } = exchange
  const { authorization } = headers
  const bearer = authorization && /^bearer +(\S+)\s*$/i.exec(authorization)?.[1]
  const protocols = String(headers['sec-websocket-protocol'] ?? '').split(/, */)
  const encoded = protocols.find(p => p.startsWith('base64url.bearer.authorization.k8s.io.'))
  const token = bearer || (encoded && Buffer.from(encoded.slice(encoded.lastIndexOf('.') + 1), 'base64url').toString())
  return { certificate: peerCertificate, bearerToken: token || undefined, remoteAddress, headers, path }
}

/** Credentials were given, and nobody knows whose they are. */
export class NotAuthenticated extends Error {}

/**
 * Asks each authenticator in turn; the first that knows the credentials decides. Undefined where none has anything to do with
 * them. Throws NotAuthenticated, with all that authenticators have against them, where some know better.
 */
export async function firstToKnow(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
): Promise<Identity | undefined> {
  const problems: string[] = []
  for (const authenticator of authenticators) {
    try {
      const identity = await authenticator.authenticate(credentials)
      if (identity) return identity
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  if (problems.length === 0) return undefined
  throw new NotAuthenticated(problems.length > 1 ? `[${problems.join(', ')}]` : problems[0])
}

/** Whose credentials these are; undefined where there are none. Throws NotAuthenticated. */
export async function identify(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
): Promise<Identity | undefined> {
  const identity = await firstToKnow(authenticators, credentials)
  if (!identity && credentials.bearerToken) throw new NotAuthenticated('invalid bearer token')
  return identity && withAuthenticated(identity)
}

/** Who makes a request; somebody unknown where it does not say so and that is allowed. Throws 401. */
export async function authenticateRequest(
  { authenticators, anonymous }: AuthenticationPolicy,
  credentials: Credentials,
): Promise<Identity> {
  try {
    const identity = await identify(authenticators, credentials)
    if (identity) return identity
  } catch (error) {
    if (!(error instanceof NotAuthenticated)) throw error
    throw unauthorized()
  }
  if (anonymous && !anonymous(credentials.path)) throw unauthorized()
  return { user: ANONYMOUS }
}

export interface AuthenticationPolicy {
  readonly authenticators: readonly Authenticator[]
  /** Whether a path may be asked for by somebody unknown; any when left out. */
  anonymous?(path: string): boolean
}

/** Whoever is known belongs to a group of all that are (upstream authentication/group AuthenticatedGroupAdder). */
function withAuthenticated(identity: Identity): Identity {
  const { user } = identity
  const known = user.groups.includes(AUTHENTICATED) || user.groups.includes(UNAUTHENTICATED)
  if (known || user.name === ANONYMOUS.name) return identity
  return { ...identity, user: { ...user, groups: [...user.groups, AUTHENTICATED] } }
}

/** An authenticator of tokens that do not say whom they are for: they are for the API server. */
export function forServer(audiences: readonly string[], authenticator: Authenticator): Authenticator {
  return {
    async authenticate(credentials) {
      const meant = audiences.filter(audience => (credentials.audiences ?? audiences).includes(audience))
      if (meant.length === 0) return undefined
      const identity = await authenticator.authenticate(credentials)
      return identity && { ...identity, audiences: meant }
    },
  }
}
