import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Hierarchies } from '../cgroups/hierarchies.ts'
import type { PodCgroups } from '../cgroups/pod-cgroups.ts'
import type { NodeAgent } from '../node/node-agent.ts'
import type { KubeletSettings } from '../options.ts'
import type { PodManager } from '../pods/pod-manager.ts'
import type { PodCache } from '../runtime/pod-cache.ts'

/** What endpoints answer from. */
export interface ServerTools {
  readonly settings: KubeletSettings
  readonly pods: PodManager
  readonly cache: PodCache
  readonly node: NodeAgent
  readonly trees: Hierarchies
  readonly cgroups: PodCgroups
  /** Ends what is being served. */
  readonly signal: AbortSignal
  /** Containers that were attached to soon after their start, and when that was. */
  readonly attached: Map<string, number>
}

/** One request: the parts of its path behind the endpoint's own, its query, and when its client has gone. */
export interface Call {
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly signal: AbortSignal
  readonly tools: ServerTools
}

/** Something that the kubelet serves, below the path `/NAME`. */
export interface Endpoint {
  /** The path, without its first slash. */
  readonly name: string
  readonly methods: readonly string[]
  /** What a client must be allowed, as a subresource of nodes (upstream pkg/kubelet/server/auth.go). */
  readonly subresource: string
  /** Answers a request. Rejects with an HttpError, or anything else for 500. */
  handle(call: Call, response: ServerResponse, request: IncomingMessage): Promise<void>
  /** Takes over the connection of a request that asks for another protocol. */
  upgrade?(call: Call, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
}

/** An answer other than 200, with its text. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'HttpError'
    this.status = status
  }
}

/** Sends a whole answer. */
export function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
