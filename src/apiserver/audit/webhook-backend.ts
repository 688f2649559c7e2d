import http from 'node:http'
import https from 'node:https'
import { type Clock, sleep, type Timer } from '../../apimachinery/clock.ts'
import type { WebhookTarget } from '../webhook/webhook-config.ts'
import type { AuditBackend, AuditEvent } from './event.ts'

export interface WebhookOptions {
  readonly target: WebhookTarget
  /** Events sent at once at most. */
  readonly batchMaxSize: number
  /** Milliseconds after which a batch is sent though it is not full. */
  readonly batchMaxWaitMs: number
}

/** Events that wait at most; more are lost (upstream's --audit-webhook-batch-buffer-size). */
const BUFFER_SIZE = 10_000
const TIMEOUT_MS = 30_000
const ATTEMPTS = 5
/** Before the second attempt; half as long again before each further one (upstream's --audit-webhook-initial-backoff). */
const INITIAL_BACKOFF_MS = 10_000
const BACKOFF_FACTOR = 1.5
/** Milliseconds to deliver what is left when the server stops. */
const LAST_CHANCE_MS = 5_000

/** POSTs events as EventLists, in batches, one after the other; requests do not wait for it. */
export class WebhookBackend implements AuditBackend {
  readonly #options: WebhookOptions
  readonly #clock: Clock
  readonly #onLost: (count: number, error: unknown) => void
  readonly #agent: http.Agent
  readonly #closed = new AbortController()
  #waiting: AuditEvent[] = []
  #timer: Timer | undefined
  #sending: Promise<void> | undefined
  #closing = false

  constructor(options: WebhookOptions, clock: Clock, onLost: (count: number, error: unknown) => void) {
    this.#options = options
    this.#clock = clock
    this.#onLost = onLost
    const { url, ca, certificate, key, insecure } = options.target
    this.#agent =
      url.protocol === 'http:'
        ? new http.Agent({ keepAlive: true })
        : new https.Agent({ keepAlive: true, ca, cert: certificate, key, rejectUnauthorized: !insecure })
  }

  take(event: AuditEvent): void {
    if (this.#waiting.length >= BUFFER_SIZE) throw new Error('audit buffer queue blocked')
    this.#waiting.push(event)
    if (!this.#sending) this.#sendInTime()
  }

  async close(): Promise<void> {
    const timer = this.#clock.timer(LAST_CHANCE_MS, () => this.#closed.abort(new Error('the server has stopped')))
    this.#closing = true
    if (!this.#sending && this.#waiting.length > 0) this.#send()
    while (this.#sending) await this.#sending
    timer.cancel()
    this.#timer?.cancel()
    this.#agent.destroy()
  }

  /** Sends a full batch now, and any other once it has waited long enough. */
  #sendInTime(): void {
    if (this.#waiting.length >= this.#options.batchMaxSize) this.#send()
    else if (this.#waiting.length === 0) return
    else if (this.#closing) this.#send()
    else this.#timer ??= this.#clock.timer(this.#options.batchMaxWaitMs, () => this.#send())
  }

  #send(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const batch = this.#waiting.splice(0, this.#options.batchMaxSize)
    this.#sending = this.#deliver(batch)
      .catch(error => this.#onLost(batch.length, error))
      .finally(() => {
        this.#sending = undefined
        this.#sendInTime()
      })
  }

  async #deliver(items: readonly AuditEvent[]): Promise<void> {
    const body = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items })
    for (let attempt = 1, backoff = INITIAL_BACKOFF_MS; ; attempt++, backoff *= BACKOFF_FACTOR) {
      try {
        return await this.#post(body)
      } catch (error) {
        if (attempt === ATTEMPTS || this.#closed.signal.aborted) throw error
        await sleep(this.#clock, backoff, this.#closed.signal)
      }
    }
  }

  #post(body: string): Promise<void> {
    const { url, authorization } = this.#options.target
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'kube-apiserver-audit',
      ...(authorization && { authorization }),
    }
    return new Promise((resolve, reject) => {
      const { request: open } = url.protocol === 'http:' ? http : https
      const request = open(url, { method: 'POST', agent: this.#agent, headers, signal: this.#closed.signal })
      const timer = this.#clock.timer(TIMEOUT_MS, () => request.destroy(new Error('no answer in time')))
      request.on('response', response => {
        const { statusCode = 0 } = response
        response.resume()
        timer.cancel()
        if (statusCode >= 200 && statusCode < 300) resolve()
        else reject(new Error(`the webhook answered with ${statusCode}`))
      })
      request.on('error', error => {
        timer.cancel()
        reject(error)
      })
      request.end(body)
    })
  }
}
