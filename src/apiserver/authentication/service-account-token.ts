import type { Clock } from '../../apimachinery/clock.ts'
import { TokenKey, unverifiedClaims } from '../../apimachinery/jwt.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { UserInfo } from '../request.ts'
import { AUTHENTICATED, type Authenticator, type Credentials, type Identity } from './authenticator.ts'

/** An object a token is bound to: it is good only as long as that object exists. */
export interface BoundObject {
  readonly name: string
  readonly uid: string
}

/** Private claims of a bound service account token (KEP-1205). */
export interface TokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly nbf: number
  readonly jti: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: BoundObject
    readonly pod?: BoundObject
    readonly secret?: BoundObject
    readonly node?: Partial<BoundObject>
    /** Seconds since the epoch from when on its use is noted: its bearer should have renewed it. */
    readonly warnafter?: number
  }
}

/** Looks up what tokens are bound to. */
export interface BoundObjects {
  /** The uid of the object, if it exists and is not past its deletion grace. */
  uid(resource: 'serviceaccounts' | 'pods' | 'secrets' | 'nodes', namespace: string, name: string): string | undefined
}

export interface TokenRequestOptions {
  readonly namespace: string
  readonly serviceAccount: BoundObject
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
  /** Seconds from now after which its use is noted, for tokens that live longer than was asked for. */
  readonly warnAfterSeconds?: number
  readonly pod?: BoundObject
  readonly secret?: BoundObject
  readonly node?: Partial<BoundObject>
}

export interface IssuedToken {
  readonly token: string
  /** By what the audit log and those who see its bearer know it. */
  readonly credentialId: string
}

/** Tokens checked before, by their text; bounded, since each costs a signature check. */
const CACHE_SIZE = 4096

/** Issues and checks the tokens of service accounts. */
export class ServiceAccountTokens implements Authenticator {
  readonly issuer: string
  /** Whom tokens are for that do not say so: the API server. */
  readonly audiences: readonly string[]
  readonly #key: TokenKey
  readonly #clock: Clock
  readonly #random: Random
  readonly #objects: BoundObjects
  readonly #verified = new Map<string, TokenClaims>()

  /** `key`: an EC P-256 private key in PEM. */
  constructor(options: {
    key: string
    issuer: string
    audiences: readonly string[]
    clock: Clock
    random: Random
    objects: BoundObjects
  }) {
    this.#key = new TokenKey(options.key)
    this.issuer = options.issuer
    this.audiences = options.audiences
    this.#clock = options.clock
    this.#random = options.random
    this.#objects = options.objects
  }

  /** A signed token. Expiry is in seconds from now. */
  issue(options: TokenRequestOptions): IssuedToken {
    const now = Math.floor(this.#clock.now() / 1000)
    const { namespace, serviceAccount, audiences, expirationSeconds, warnAfterSeconds, pod, secret, node } = options
    const claims: TokenClaims = {
      aud: audiences,
      exp: now + expirationSeconds,
      iat: now,
      iss: this.issuer,
      jti: this.#random.uuid(),
      'kubernetes.io': {
        namespace,
        ...(node && { node }),
        ...(pod && { pod }),
        ...(secret && { secret }),
        serviceaccount: serviceAccount,
        ...(warnAfterSeconds && { warnafter: now + warnAfterSeconds }),
      },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    }
    return { token: this.#key.sign(claims), credentialId: `JTI=${claims.jti}` }
  }

  authenticate({ bearerToken, audiences: wanted = this.audiences }: Credentials): Identity | undefined {
    const claims = bearerToken && (this.#verified.get(bearerToken) ?? this.#verify(bearerToken))
    if (!claims) return undefined
    const now = this.#clock.now() / 1000
    if (now >= claims.exp) throw new Error('service account token has expired')
    if (now < claims.nbf - 60) throw new Error('service account token is not valid yet')
    const audiences = claims.aud.filter(audience => wanted.includes(audience))
    if (audiences.length === 0) {
      throw new Error(`token audiences ${quoted(claims.aud)} is invalid for the target audiences ${quoted(wanted)}`)
    }
    this.#checkBound(claims)
    const late = Math.floor(now - (claims['kubernetes.io'].warnafter ?? Number.POSITIVE_INFINITY))
    const stale = `subject: ${claims.sub}, seconds after warning threshold: ${late}`
    return {
      user: userOf(claims),
      audiences,
      ...(late > 0 && { annotations: { 'authentication.k8s.io/stale-token': stale } }),
    }
  }

  #verify(token: string): TokenClaims | undefined {
    const claims = unverifiedClaims(token) as TokenClaims | undefined
    if (claims?.iss !== this.issuer) return undefined
    if (!this.#key.signed(token) || !claims['kubernetes.io']) throw new Error('invalid signature')
    if (this.#verified.size >= CACHE_SIZE) this.#verified.delete(this.#verified.keys().next().value!)
    this.#verified.set(token, claims)
    return claims
  }

  #checkBound({ 'kubernetes.io': bound }: TokenClaims): void {
    const { namespace, serviceaccount, pod, secret, node } = bound
    const holds =
      this.#objects.uid('serviceaccounts', namespace, serviceaccount.name) === serviceaccount.uid &&
      (!pod || this.#objects.uid('pods', namespace, pod.name) === pod.uid) &&
      (!secret || this.#objects.uid('secrets', namespace, secret.name) === secret.uid) &&
      (!node?.uid || pod || this.#objects.uid('nodes', '', node.name ?? '') === node.uid)
    if (!holds) throw new Error('service account token has been invalidated')
  }

  /** The public key as a JSON Web Key Set, for /openid/v1/jwks. */
  jwks(): object {
    return { keys: [this.#key.jwk()] }
  }
}

const quoted = (list: readonly string[]) => `[${list.map(one => JSON.stringify(one)).join(' ')}]`

/** The user a service account is. */
export const serviceAccountUser = (namespace: string, { name, uid }: BoundObject): UserInfo => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  uid,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED],
})

function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
  const extra: Record<string, string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] }
  if (pod) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid]
  }
  if (node?.name) extra['authentication.kubernetes.io/node-name'] = [node.name]
  if (node?.uid) extra['authentication.kubernetes.io/node-uid'] = [node.uid]
  return { ...serviceAccountUser(namespace, serviceaccount), extra }
}
