import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import type { Clock } from '../apimachinery/clock.ts'
import { parseDuration } from '../apimachinery/duration.ts'
import type { Extender as ExtenderConfig } from './config/configuration.ts'
import { type Rejection, unresolvable, unschedulable } from './framework.ts'
import type { NodeInfo } from './node-info.ts'

/** What extenders answer, in the form of upstream's kube-scheduler/extender/v1 types, which have no JSON names of their own. */
interface FilterResult {
  readonly Nodes?: { readonly items?: readonly Node[] } | null
  readonly NodeNames?: readonly string[] | null
  readonly FailedNodes?: Readonly<Record<string, string>> | null
  readonly FailedAndUnresolvableNodes?: Readonly<Record<string, string>> | null
  readonly Error?: string
}

/** Extenders score from 0 to 10, plugins from 0 to 100. */
const SCALE = 10

/** Somebody outside who takes part in decisions, asked over HTTP (upstream pkg/scheduler/extender.go). */
export class Extender {
  readonly config: ExtenderConfig
  readonly #clock: Clock
  readonly #managed: ReadonlySet<string>
  readonly #agent: Agent | undefined

  constructor(config: ExtenderConfig, clock: Clock) {
    this.config = config
    this.#clock = clock
    this.#managed = new Set((config.managedResources ?? []).map(({ name }) => name))
    this.#agent = config.enableHTTPS || config.urlPrefix.startsWith('https:') ? agentOf(config) : undefined
  }

  /** Whether it is to be asked about a pod: one that wants a resource it looks after, if it looks after some. */
  isInterested({ spec }: Pod): boolean {
    if (this.#managed.size === 0) return true
    return [...spec.containers, ...(spec.initContainers ?? [])].some(({ resources }) =>
      Object.keys({ ...resources.requests, ...resources.limits }).some(name => this.#managed.has(name)),
    )
  }

  get binds(): boolean {
    return this.config.bindVerb !== ''
  }

  /** Which of these nodes it would have; the others with its reasons. Rejects where it does not answer, or with its error. */
  async filter(
    pod: Pod,
    nodes: readonly NodeInfo[],
  ): Promise<{ fitting: NodeInfo[]; rejected: { node: NodeInfo; rejection: Rejection }[] }> {
    if (!this.config.filterVerb) return { fitting: [...nodes], rejected: [] }
    const result = (await this.#post(this.config.filterVerb, this.#args(pod, nodes))) as FilterResult
    if (result.Error) throw new Error(result.Error)
    const names = new Set(result.NodeNames ?? result.Nodes?.items?.map(({ metadata }) => metadata.name!) ?? [])
    const rejected = nodes.flatMap(node => {
      const never = result.FailedAndUnresolvableNodes?.[node.name]
      if (never !== undefined) return [{ node, rejection: unresolvable(never) }]
      if (names.has(node.name)) return []
      return [
        { node, rejection: unschedulable(result.FailedNodes?.[node.name] ?? 'node(s) were left out by an extender') },
      ]
    })
    const out = new Set(rejected.map(({ node }) => node))
    return { fitting: nodes.filter(node => !out.has(node)), rejected }
  }

  /** How much each node's score gains, by its name. An extender that fails here has no say. */
  async prioritize(pod: Pod, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>> {
    const { prioritizeVerb, weight } = this.config
    if (!prioritizeVerb) return new Map()
    const result = (await this.#post(prioritizeVerb, this.#args(pod, nodes)).catch(() => [])) as
      | readonly { Host: string; Score: number }[]
      | null
    return new Map((result ?? []).map(({ Host, Score }) => [Host, Score * weight * SCALE]))
  }

  async bind({ metadata }: Pod, node: string): Promise<void> {
    const { namespace, name, uid } = metadata
    const args = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node }
    const { Error: error } = (await this.#post(this.config.bindVerb, args)) as { Error?: string }
    if (error) throw new Error(error)
  }

  #args(pod: Pod, nodes: readonly NodeInfo[]) {
    return this.config.nodeCacheCapable
      ? { Pod: pod, Nodes: null, NodeNames: nodes.map(({ name }) => name) }
      : { Pod: pod, Nodes: { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: null }
  }

  async #post(verb: string, body: object): Promise<unknown> {
    const url = `${this.config.urlPrefix.replace(/\/+$/, '')}/${verb}`
    const tooLong = new AbortController()
    const timer = this.#clock.timer(parseDuration(this.config.httpTimeout), () => tooLong.abort())
    try {
      const answer = await this.#send(url, JSON.stringify(body), tooLong.signal)
      if (answer.status !== 200) throw new Error(`failed ${verb} with extender at URL ${url}, code ${answer.status}`)
      return JSON.parse(answer.text)
    } catch (error) {
      throw tooLong.signal.aborted ? new Error(`Post ${JSON.stringify(url)}: context deadline exceeded`) : error
    } finally {
      timer.cancel()
    }
  }

  #send(url: string, body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    const send = this.#agent ? httpsRequest : httpRequest
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    return new Promise((resolve, reject) => {
      const outgoing = send(url, { method: 'POST', headers, signal, ...(this.#agent && { agent: this.#agent }) })
      outgoing.on('error', reject)
      outgoing.on('response', (response: IncomingMessage) => {
        textOf(response).then(text => resolve({ status: response.statusCode ?? 0, text }), reject)
      })
      outgoing.end(body)
    })
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function agentOf({ tlsConfig }: ExtenderConfig): Agent {
  const pem = (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, 'base64') : file ? readFileSync(file) : undefined
  return new Agent({
    keepAlive: true,
    rejectUnauthorized: !tlsConfig?.insecure,
    ca: pem(tlsConfig?.caData, tlsConfig?.caFile),
    cert: pem(tlsConfig?.certData, tlsConfig?.certFile),
    key: pem(tlsConfig?.keyData, tlsConfig?.keyFile),
    ...(tlsConfig?.serverName && { servername: tlsConfig.serverName }),
  })
}
