import http from 'node:http'
import https from 'node:https'
import type { Clock } from '../apimachinery/clock.ts'

/** A sample of a query's answer. */
export interface PromSample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The labels of a series, its name as `__name__`. */
export type Series = Readonly<Record<string, string>>

export interface PrometheusOptions {
  /** Where it is: `http://127.0.0.1:9090`, perhaps with a path. */
  readonly url: string
  readonly clock: Clock
  /** Sent as a bearer token. */
  readonly token?: string
  /** PEM of the authority of its certificate. */
  readonly ca?: string
}

/** How long it has to answer. */
const TIMEOUT_MS = 10_000
const MAX_BYTES = 64 << 20

/** Asks a Prometheus, over its HTTP API. Rejects with an Error that says what it answered. */
export class Prometheus {
  readonly #options: PrometheusOptions

  constructor(options: PrometheusOptions) {
    this.#options = options
  }

  /** Series that are selected and had samples since `since`, in milliseconds since the epoch. */
  async series(match: string, since: number): Promise<readonly Series[]> {
    return (await this.#ask('/api/v1/series', { 'match[]': match, start: String(since / 1000) })) as Series[]
  }

  /** An expression's value now. A number without labels is a sample without labels. */
  async query(expression: string): Promise<readonly PromSample[]> {
    const time = String(this.#options.clock.now() / 1000)
    const data = (await this.#ask('/api/v1/query', { query: expression, time })) as Answer
    if (data.resultType === 'vector') return data.result.map(({ metric, value }) => sample(metric, value))
    if (data.resultType === 'scalar') return [sample({}, data.result)]
    throw new Error(`a query must be a vector or a number, not a ${data.resultType}: ${expression}`)
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const { status, text } = await this.#post(path, new URLSearchParams(parameters).toString())
    let answer: { status?: string; data?: unknown; error?: string }
    try {
      answer = JSON.parse(text)
    } catch {
      throw new Error(`Prometheus answered ${path} with ${status} and no JSON`)
    }
    if (answer.status !== 'success')
      throw new Error(`Prometheus answered ${path} with ${status}: ${answer.error ?? text}`)
    return answer.data
  }

  #post(path: string, body: string): Promise<{ status: number; text: string }> {
    const { url, clock, token, ca } = this.#options
    const target = new URL(url.replace(/\/$/, '') + path)
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
      ...(token && { authorization: `Bearer ${token}` }),
    }
    const options = { method: 'POST', headers, ...(ca && { ca }) }
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(new Error(`Prometheus at ${url} cannot be asked: ${error.message}`))
      const request = (target.protocol === 'https:' ? https : http).request(target, options, response => {
        textOf(response).then(text => resolve({ status: response.statusCode ?? 0, text }), fail)
      })
      const late = clock.timer(TIMEOUT_MS, () => request.destroy(new Error('it took too long')))
      request.once('close', () => late.cancel())
      request.once('error', fail)
      request.end(body)
    })
  }
}

type Value = readonly [seconds: number, value: string]
type Answer =
  | { readonly resultType: 'vector'; readonly result: readonly { metric: Record<string, string>; value: Value }[] }
  | { readonly resultType: 'scalar'; readonly result: Value }
  | { readonly resultType: 'matrix' | 'string'; readonly result: unknown }

const sample = (metric: Record<string, string>, [seconds, value]: Value): PromSample => ({
  metric,
  value: value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value),
  at: seconds * 1000,
})

async function textOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > MAX_BYTES) throw new Error('its answer is too large')
  }
  return Buffer.concat(chunks).toString()
}
