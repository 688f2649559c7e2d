import https from 'node:https'
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Issuer } from './configuration.ts'

const WELL_KNOWN = '/.well-known/openid-configuration'
const TIMEOUT_MS = 30_000
const MAX_DOCUMENT_BYTES = 1 << 20
/** Keys are fetched so often at most within that time, however many tokens name keys that are not known. */
const MAX_FETCHES = 5
const FETCHES_WITHIN_MS = 60_000

type GetKey = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

/** The public keys of an issuer, fetched when a token needs them: by its discovery document, over HTTPS. */
export class IssuerKeys {
  readonly #issuer: Issuer
  readonly #clock: Clock
  readonly #agent: https.Agent
  readonly #fetches: number[] = []
  #keysUrl: string | undefined
  #keys: GetKey | undefined
  #fetching: Promise<GetKey> | undefined

  constructor(issuer: Issuer, clock: Clock) {
    this.#issuer = issuer
    this.#clock = clock
    const ca = issuer.certificateAuthority || undefined
    this.#agent = new https.Agent({ keepAlive: true, ...(ca && { ca }) })
  }

  /** The key that signed a token, as jose asks for it. Fetches keys anew where none of those known fits. */
  get: GetKey = async (header, token) => {
    const known = this.#keys
    if (known) {
      try {
        return await known(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      }
    }
    return (await this.#fetch())(header, token)
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Tokens that come while keys are being fetched wait for the same answer. */
  #fetch(): Promise<GetKey> {
    this.#fetching ??= this.#fetchNow().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetchNow(): Promise<GetKey> {
    const now = this.#clock.now()
    while (this.#fetches.length > 0 && this.#fetches[0]! <= now - FETCHES_WITHIN_MS) this.#fetches.shift()
    if (this.#fetches.length >= MAX_FETCHES) {
      if (this.#keys) return this.#keys
      throw new Error(`the keys of ${this.#issuer.url} could not be fetched ${MAX_FETCHES} times in a row`)
    }
    this.#fetches.push(now)
    this.#keysUrl ??= await this.#discover()
    const keys = createLocalJWKSet((await this.#document(this.#keysUrl)) as JSONWebKeySet)
    this.#keys = keys
    return keys
  }

  async #discover(): Promise<string> {
    const { url, discoveryURL } = this.#issuer
    const found = (await this.#document(discoveryURL || url.replace(/\/$/, '') + WELL_KNOWN)) as {
      readonly issuer?: unknown
      readonly jwks_uri?: unknown
    }
    if (found.issuer !== url) {
      throw new Error(
        `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(url)} got ${JSON.stringify(found.issuer)}`,
      )
    }
    if (typeof found.jwks_uri !== 'string') throw new Error('provider did not return JWKS URL')
    return found.jwks_uri
  }

  /** A document, parsed. Redirects are not followed: they could lead anywhere. */
  #document(url: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request = https.get(url, { agent: this.#agent, headers: { accept: 'application/json' } }, response => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > MAX_DOCUMENT_BYTES) request.destroy(new Error(`more than ${MAX_DOCUMENT_BYTES} bytes`))
          else chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => {
          try {
            if (response.statusCode !== 200) throw new Error(`it answered with ${response.statusCode}`)
            resolve(JSON.parse(Buffer.concat(chunks).toString()))
          } catch (error) {
            reject(new Error(`${url} cannot be read: ${(error as Error).message}`))
          }
        })
      })
      const timer = this.#clock.timer(TIMEOUT_MS, () => request.destroy(new Error('no answer in time')))
      request.on('close', () => timer.cancel())
      request.on('error', error => reject(new Error(`${url} cannot be read: ${error.message}`)))
    })
  }
}
