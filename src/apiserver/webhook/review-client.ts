import http from 'node:http'
import https from 'node:https'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { WebhookTarget } from './webhook-config.ts'

/** The largest answer that is read. */
const MAX_ANSWER_BYTES = 1 << 20
const ATTEMPTS = 5
/** Before the second attempt; half as long again before each further one, and up to a fifth more by chance. */
const INITIAL_BACKOFF_MS = 500
const BACKOFF_FACTOR = 1.5
const JITTER = 0.2

/** What a webhook answers while it cannot do what it should. */
const PASSING = [429, 500, 504]

class PassingFailure extends Error {}

/** Posts reviews to one webhook that a file in kubeconfig's form names (upstream util/webhook GenericWebhook). */
export class ReviewClient {
  readonly #target: WebhookTarget
  readonly #agent: http.Agent
  readonly #clock: Clock
  readonly #random: Random

  constructor(target: WebhookTarget, { clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#target = target
    this.#clock = clock
    this.#random = random
    const { url, ca, certificate, key, insecure } = target
    this.#agent =
      url.protocol === 'http:'
        ? new http.Agent({ keepAlive: true })
        : new https.Agent({ keepAlive: true, ca, cert: certificate, key, rejectUnauthorized: !insecure })
  }

  /**
   * The `status` that comes back. Tries again where the webhook says it cannot answer just now; rejects with an Error that says
   * why there is no answer, without what was asked.
   */
  async review(review: { readonly apiVersion: string; readonly kind: string }, timeoutMs: number): Promise<object> {
    const body = JSON.stringify(review)
    for (let attempt = 1, backoff = INITIAL_BACKOFF_MS; ; attempt++, backoff *= BACKOFF_FACTOR) {
      try {
        const answer = JSON.parse(await this.#post(body, timeoutMs)) as { kind?: unknown; status?: unknown }
        if (answer?.kind !== review.kind) throw new Error(`it answered with no ${review.kind}`)
        return typeof answer.status === 'object' && answer.status !== null ? answer.status : {}
      } catch (error) {
        if (attempt < ATTEMPTS && error instanceof PassingFailure) {
          await sleep(this.#clock, backoff * (1 + this.#random.next() * JITTER))
          continue
        }
        throw new Error(`the webhook ${this.#target.url.href} failed: ${(error as Error).message}`)
      }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #post(body: string, timeoutMs: number): Promise<string> {
    const { url, authorization } = this.#target
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'kube-apiserver',
      ...(authorization && { authorization }),
    }
    return new Promise((resolve, reject) => {
      const { request: open } = url.protocol === 'http:' ? http : https
      const request = open(url, { method: 'POST', agent: this.#agent, headers }, response => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > MAX_ANSWER_BYTES) request.destroy(new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`))
          else chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode = 0 } = response
          if (statusCode >= 200 && statusCode < 300) resolve(Buffer.concat(chunks).toString())
          else reject(new (PASSING.includes(statusCode) ? PassingFailure : Error)(`it answered with ${statusCode}`))
        })
      })
      const timer = this.#clock.timer(timeoutMs, () => request.destroy(new Error('context deadline exceeded')))
      request.on('close', () => timer.cancel())
      request.on('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ECONNRESET' ? new PassingFailure(error.message) : error),
      )
      request.end(body)
    })
  }
}
