import { createHash } from 'node:crypto'
import { ExpiringCache } from '../webhook/expiring-cache.ts'
import type { ReviewClient } from '../webhook/review-client.ts'
import type { Authenticator, Credentials, Identity } from './authenticator.ts'

const TIMEOUT_MS = 30_000
const CACHE_SIZE = 4096

export interface TokenWebhookOptions {
  readonly client: ReviewClient
  /** Of the TokenReview that it is sent. */
  readonly version: 'v1' | 'v1beta1'
  /** Milliseconds for which an answer holds. */
  readonly cacheTtl: number
  /** Whom tokens are for where the webhook does not say so. */
  readonly audiences: readonly string[]
  readonly cache: ExpiringCache<Answer>
  /** Told when the webhook cannot be asked. */
  readonly onError: (error: Error) => void
}

interface TokenReviewStatus {
  readonly authenticated?: boolean
  readonly user?: {
    readonly username?: string
    readonly uid?: string
    readonly groups?: readonly string[]
    readonly extra?: Readonly<Record<string, readonly string[]>>
  }
  readonly audiences?: readonly string[]
  readonly error?: string
}
type Answer = Identity | { readonly refused: string }

export const tokenWebhookCache = (clock: ConstructorParameters<typeof ExpiringCache>[1]) =>
  new ExpiringCache<Answer>(CACHE_SIZE, clock)

/** Asks a webhook whose a token is (upstream plugin/pkg/authenticator/token/webhook). */
export class TokenWebhook implements Authenticator {
  readonly #options: TokenWebhookOptions
  readonly #asking = new Map<string, Promise<Answer>>()

  constructor(options: TokenWebhookOptions) {
    this.#options = options
  }

  async authenticate({ bearerToken, audiences }: Credentials): Promise<Identity | undefined> {
    if (!bearerToken) return undefined
    const wanted = audiences ?? this.#options.audiences
    const key = createHash('sha256')
      .update(JSON.stringify([bearerToken, wanted]))
      .digest('base64')
    const answer = this.#options.cache.get(key) ?? (await this.#asked(key, bearerToken, wanted))
    if ('user' in answer) return answer
    if (answer.refused) throw new Error(answer.refused)
    return undefined
  }

  /** Requests with the same token wait for one answer. */
  #asked(key: string, token: string, audiences: readonly string[]): Promise<Answer> {
    let asking = this.#asking.get(key)
    if (!asking) {
      asking = this.#ask(token, audiences)
        .then(answer => {
          this.#options.cache.set(key, answer, this.#options.cacheTtl)
          return answer
        })
        .finally(() => this.#asking.delete(key))
      this.#asking.set(key, asking)
    }
    return asking
  }

  async #ask(token: string, wanted: readonly string[]): Promise<Answer> {
    const { client, version, audiences, onError } = this.#options
    const review = {
      kind: 'TokenReview',
      apiVersion: `authentication.k8s.io/${version}`,
      metadata: { creationTimestamp: null },
      spec: { token, audiences: wanted },
      status: { user: {} },
    }
    let status: TokenReviewStatus
    try {
      status = await client.review(review, TIMEOUT_MS)
    } catch (error) {
      onError(error as Error)
      throw error
    }
    const meant = status.audiences?.length ? status.audiences : audiences
    const both = wanted.filter(audience => meant.includes(audience))
    if (both.length === 0) return { refused: '' }
    if (!status.authenticated) return { refused: status.error ?? '' }
    const { username = '', uid, groups = [], extra } = status.user ?? {}
    return { user: { name: username, groups, ...(uid && { uid }), ...(extra && { extra }) }, audiences: both }
  }
}
