import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { Clock } from '../../apimachinery/clock.ts'
import { unauthorized } from '../../apimachinery/errors.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { UserInfo } from '../request.ts'
import { AUTHENTICATED, type Authenticator } from './authenticator.ts'

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
  readonly pod?: BoundObject
  readonly secret?: BoundObject
  readonly node?: Partial<BoundObject>
}

/** Tokens checked before, by their text; bounded, since each costs a signature check. */
const CACHE_SIZE = 4096

/** Issues and checks the tokens of service accounts: JWTs signed with ES256. */
export class ServiceAccountTokens implements Authenticator {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly #key: KeyObject
  readonly #public: KeyObject
  readonly #keyId: string
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
    this.#key = createPrivateKey(options.key)
    this.#public = createPublicKey(options.key)
    this.#keyId = createHash('sha256')
      .update(this.#public.export({ type: 'spki', format: 'der' }))
      .digest('base64url')
    this.issuer = options.issuer
    this.audiences = options.audiences
    this.#clock = options.clock
    this.#random = options.random
    this.#objects = options.objects
  }

  /** A signed token. Expiry is in seconds from now. */
  issue(options: TokenRequestOptions): { token: string; expires: number } {
    const now = Math.floor(this.#clock.now() / 1000)
    const { namespace, serviceAccount, audiences, expirationSeconds, pod, secret, node } = options
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
      },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    }
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const body = `${encode({ alg: 'ES256', kid: this.#keyId })}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(body), { key: this.#key, dsaEncoding: 'ieee-p1363' })
    return { token: `${body}.${signature.toString('base64url')}`, expires: claims.exp }
  }

  authenticate({ bearerToken }: { bearerToken: string | undefined }): UserInfo | undefined {
    if (bearerToken?.split('.').length !== 3) return undefined
    return this.review(bearerToken, this.audiences)?.user
  }

  /**
   * Who a token stands for, and for which of the wanted audiences. Undefined: not a token of this issuer.
   * Throws 401 when it is but no longer holds.
   */
  review(token: string, wanted: readonly string[]): { user: UserInfo; audiences: string[] } | undefined {
    const claims = this.#verified.get(token) ?? this.#verify(token)
    if (!claims) return undefined
    const now = this.#clock.now() / 1000
    if (now >= claims.exp || now < claims.nbf - 60) throw unauthorized()
    const audiences = claims.aud.filter(audience => wanted.includes(audience))
    if (audiences.length === 0) throw unauthorized()
    this.#checkBound(claims)
    return { user: userOf(claims), audiences }
  }

  #verify(token: string): TokenClaims | undefined {
    const [head = '', body = '', signature = ''] = token.split('.')
    let header: { alg?: string; kid?: string }
    let claims: TokenClaims
    try {
      header = JSON.parse(Buffer.from(head, 'base64url').toString())
      claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    } catch {
      return undefined
    }
    if (claims.iss !== this.issuer) return undefined
    const key = { key: this.#public, dsaEncoding: 'ieee-p1363' as const }
    const genuine =
      header.alg === 'ES256' &&
      verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))
    if (!genuine || !claims['kubernetes.io']) throw unauthorized()
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
    if (!holds) throw unauthorized()
  }

  /** The public key as a JSON Web Key Set, for /openid/v1/jwks. */
  jwks(): object {
    return { keys: [{ ...this.#public.export({ format: 'jwk' }), use: 'sig', kid: this.#keyId, alg: 'ES256' }] }
  }
}

function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
  const extra: Record<string, string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] }
  if (pod) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid]
  }
  if (node?.name) extra['authentication.kubernetes.io/node-name'] = [node.name]
  if (node?.uid) extra['authentication.kubernetes.io/node-uid'] = [node.uid]
  return {
    name: claims.sub,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED],
    extra,
  }
}
