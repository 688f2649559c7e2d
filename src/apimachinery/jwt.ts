import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** The key that signs service account tokens, and checks them: JSON Web Tokens with ES256. */
export class TokenKey {
  /** As upstream names keys: by the hash of the public one. */
  readonly id: string
  readonly #private: KeyObject
  readonly #public: KeyObject

  /** `pem`: an EC P-256 private key. */
  constructor(pem: string) {
    this.#private = createPrivateKey(pem)
    this.#public = createPublicKey(pem)
    const der = this.#public.export({ type: 'spki', format: 'der' })
    this.id = createHash('sha256').update(der).digest('base64url')
  }

  sign(claims: object): string {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const body = `${encode({ alg: 'ES256', kid: this.id })}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(body), { key: this.#private, dsaEncoding: 'ieee-p1363' })
    return `${body}.${signature.toString('base64url')}`
  }

  /** Whether this key signed a token. */
  signed(token: string): boolean {
    const [head = '', body = '', signature = ''] = token.split('.')
    if ((parse(head) as { alg?: unknown } | undefined)?.alg !== 'ES256') return false
    const key = { key: this.#public, dsaEncoding: 'ieee-p1363' as const }
    return verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))
  }

  /** The public key as a JSON Web Key. */
  jwk(): object {
    return { ...this.#public.export({ format: 'jwk' }), use: 'sig', kid: this.id, alg: 'ES256' }
  }
}

/** What a token says, unchecked; undefined where it is no JSON Web Token. */
export function unverifiedClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.')
  return parts.length === 3 ? parse(parts[1]!) : undefined
}

function parse(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
