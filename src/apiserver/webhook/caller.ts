import https from 'node:https'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { anySignal } from '../../apimachinery/abort.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { NodeDialer } from '../node-dialer.ts'
import type { Resources } from '../registry/resources.ts'
import { dialService } from './service-endpoint.ts'

/** Where a webhook is: at a URL, or behind a service of the cluster. */
export interface WebhookClientConfig {
  readonly url?: string
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
  /** PEM in base64; the system's authorities where it is empty. */
  readonly caBundle?: string
}

interface Surroundings {
  readonly nodes: NodeDialer
  readonly resources: Resources
  readonly random: Random
  readonly clock: Clock
}

/** The largest answer that is read. */
const MAX_ANSWER_BYTES = 16 << 20
/** Connections are kept for so many webhooks; beyond that the least used ones are forgotten. */
const MAX_AGENTS = 256

/**
 * Asks webhooks over HTTPS: admission, conversion, token and access reviews. Connections stay open between calls. Services are
 * reached through the nodes, by their endpoints, as their certificate's name `NAME.NAMESPACE.svc`.
 */
export class WebhookCaller {
  readonly #around: Surroundings
  readonly #agents = new Map<string, https.Agent>()

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** POSTs a review and resolves to the one that comes back, parsed. Rejects with an Error that says what the call was and why it failed. */
  async post(config: WebhookClientConfig, body: unknown, timeoutMs: number, signal?: AbortSignal): Promise<unknown> {
    const url = urlOf(config)
    const seconds = `${timeoutMs / 1000}s`
    url.searchParams.set('timeout', seconds)
    const late = new AbortController()
    const timer = this.#around.clock.timer(timeoutMs, () => late.abort(new Error('context deadline exceeded')))
    const either = signal ? anySignal(signal, late.signal) : late.signal
    try {
      const text = await send(url, this.#agentFor(config, url), JSON.stringify(body), either)
      return JSON.parse(text)
    } catch (error) {
      const why = either.aborted ? (either.reason as Error).message : whyNot(error as NodeJS.ErrnoException)
      throw new Error(`Post ${JSON.stringify(url.href)}: ${why}`)
    } finally {
      timer.cancel()
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }

  #agentFor(config: WebhookClientConfig, url: URL): https.Agent {
    const key = `${url.host} ${config.caBundle ?? ''}`
    const known = this.#agents.get(key)
    this.#agents.delete(key)
    const agent = known ?? new WebhookAgent(config, url, this.#around)
    this.#agents.set(key, agent)
    if (this.#agents.size > MAX_AGENTS) {
      const [oldest, forgotten] = this.#agents.entries().next().value!
      this.#agents.delete(oldest)
      forgotten.destroy()
    }
    return agent
  }
}

/** Failures to reach somebody as upstream words them: users look for these words. */
function whyNot({ code, message, ...at }: NodeJS.ErrnoException & { address?: string; port?: number }): string {
  if (code === 'ECONNREFUSED' && at.address) {
    const host = at.address.includes(':') ? `[${at.address}]` : at.address
    return `dial tcp ${host}:${at.port}: connect: connection refused`
  }
  return code === 'ECONNRESET' ? 'EOF' : message
}

function urlOf({ url, service }: WebhookClientConfig): URL {
  if (url) return new URL(url)
  const { namespace, name, path = '/', port = 443 } = service!
  return new URL(path, `https://${name}.${namespace}.svc:${port}`)
}

/** Connections to one webhook. */
class WebhookAgent extends https.Agent {
  readonly #config: WebhookClientConfig
  readonly #around: Surroundings
  readonly #tls: tls.ConnectionOptions

  constructor(config: WebhookClientConfig, url: URL, around: Surroundings) {
    super({ keepAlive: true })
    this.#config = config
    this.#around = around
    const ca = config.caBundle && Buffer.from(config.caBundle, 'base64').toString()
    const named = /^[\d.]+$|:/.test(url.hostname) ? {} : { servername: url.hostname }
    this.#tls = { ...named, ...(ca && { ca }), host: url.hostname, port: Number(url.port) || 443 }
  }

  override createConnection(
    _: https.RequestOptions,
    done?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const { service } = this.#config
    if (!service) return tls.connect(this.#tls)
    const { namespace, name, port = 443 } = service
    dialService(this.#around, namespace, name, port).then(
      socket => done?.(null, tls.connect({ ...this.#tls, socket })),
      error => done?.(error, undefined as unknown as Duplex),
    )
    return undefined
  }
}

class StaleConnection extends Error {}

/** POSTs once more where a connection kept from earlier turns out to be closed: the webhook has not seen the request. */
async function send(url: URL, agent: https.Agent, body: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    try {
      return await exchange(url, agent, body, signal)
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error
    }
  }
}

function exchange(url: URL, agent: https.Agent, body: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'kube-apiserver-admission',
    }
    const request = https.request(url, { method: 'POST', agent, headers, signal }, response => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_ANSWER_BYTES) request.destroy(new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode = 0 } = response
        if (statusCode >= 200 && statusCode < 300) resolve(text)
        else reject(new Error(`the server answered with ${statusCode}: ${text.slice(0, 500).trim()}`))
      })
    })
    request.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ECONNRESET' && request.reusedSocket && !signal.aborted ? new StaleConnection() : error),
    )
    request.end(body)
  })
}
