import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'

export interface Issuer {
  readonly url: string
  /** PEM of who signed its certificate. */
  readonly ca: string
  /** How often a path was asked for. */
  readonly asked: Map<string, number>
  /** A token with these claims beside those that every token has. */
  token(claims?: object, how?: { keyId?: string; lifeSeconds?: number }): Promise<string>
  /** From now on tokens are signed by another key. */
  rotate(keyId: string): Promise<void>
  stop(): Promise<void>
}

/** An OpenID Connect issuer on loopback: discovery document, keys, and tokens for the audience `cluster`. */
export async function startIssuer(): Promise<Issuer> {
  const authority = await makeAuthority(Date.now())
  const { certificate, key } = await issueLeaf(authority, { commonName: 'issuer', hosts: ['127.0.0.1'] }, Date.now())
  const keys = new Map<string, { sign: CryptoKey; publish: JWK }>()
  const asked = new Map<string, number>()
  let current = ''
  const rotate = async (keyId: string) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    keys.set(keyId, { sign: privateKey, publish: { ...(await exportJWK(publicKey)), kid: keyId, alg: 'ES256' } })
    current = keyId
  }
  await rotate('first')
  const server = https.createServer({ cert: certificate, key }, (request, response) => {
    const path = request.url ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    if (path.endsWith('/openid-configuration')) response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }))
    else if (path === '/keys') response.end(JSON.stringify({ keys: [...keys.values()].map(one => one.publish) }))
    else response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    ca: authority.certificate,
    asked,
    rotate,
    token(claims = {}, { keyId = current, lifeSeconds = 600 } = {}) {
      const now = Math.floor(Date.now() / 1000)
      return new SignJWT({ iss: url, aud: 'cluster', sub: 'jane', iat: now, exp: now + lifeSeconds, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: keyId })
        .sign((keys.get(keyId) ?? keys.get(current)!).sign)
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
