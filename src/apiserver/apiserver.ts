import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { customResourceDefinition } from '../api/apiextensions/index.ts'
import { flowSchema, priorityLevelConfiguration } from '../api/flowcontrol/index.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import { Decisions } from '../client/decisions.ts'
import type { Store } from '../storage/store.ts'
import { AdmissionChain, type AdmissionPlugin } from './admission/admission.ts'
import { Aggregator } from './aggregator/aggregator.ts'
import type { FrontProxy } from './aggregator/remote.ts'
import type { ReviewCaller } from './apiextensions/conversion-webhook.ts'
import { Definitions } from './apiextensions/definitions.ts'
import { type AuditOptions, Auditor } from './audit/auditor.ts'
import type { Authenticator } from './authentication/authenticator.ts'
import type { ServiceAccountTokens } from './authentication/service-account-token.ts'
import type { Authorizer } from './authorization/authorizer.ts'
import type { RbacAuthorizer } from './authorization/rbac.ts'
import type { Cacher } from './cacher/cacher.ts'
import { CacheFeed } from './cacher/feed.ts'
import { Discovery } from './discovery/discovery.ts'
import type { EncryptionConfiguration } from './encryption/configuration.ts'
import { EncryptedStore } from './encryption/encrypted-store.ts'
import { RequestHandler } from './endpoints/handler.ts'
import { FlowController } from './flowcontrol/flow-controller.ts'
import { flowMetrics } from './flowcontrol/metrics.ts'
import { ServerMetrics } from './metrics.ts'
import { type NodeDialer, noNodes } from './node-dialer.ts'
import type { ComputedObjects } from './registry/computed.ts'
import { type Conversion, type RegistryDeps, Resource } from './registry/resource.ts'
import { Resources } from './registry/resources.ts'
import type { Exchange } from './server/exchange.ts'
import { type HttpServer, listen } from './server/listen.ts'
import { subresourcesOf } from './subresources/index.ts'
import type { Subresource } from './subresources/subresource.ts'
import { WebhookCaller } from './webhook/caller.ts'

export interface ApiServerOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly kinds: readonly Kind[]
  /** Which of the kinds clients are offered; all when left out. The others are there for what runs in this process. */
  readonly serves?: (kind: Kind) => boolean
  /** Called once the caches exist, so that these can read from them. */
  readonly configure: (server: ApiServer) => ServerPolicy
  /** Which resources are encrypted in the store, and how. */
  readonly encryption?: EncryptionConfiguration
  /** Which requests are recorded, and where. */
  readonly audit?: AuditOptions
  /** Requests worked on at once: what limits reads and what limits changes, together (upstream's two flags). */
  readonly maxRequestsInflight?: number
  readonly maxMutatingRequestsInflight?: number
  /** How to reach kubelets, for logs, exec, port-forward and proxying. */
  readonly nodes?: NodeDialer
  /** As /version reports it. */
  readonly version: VersionInfo
}

export interface ServerPolicy {
  readonly authenticators: readonly Authenticator[]
  /** Whether a path may be asked for by somebody unknown; any when left out. */
  readonly anonymous?: (path: string) => boolean
  readonly authorizer: Authorizer
  /** The part of the authorizer that can list a user's rules. */
  readonly rbac?: RbacAuthorizer
  /** Whether others decide too, who cannot list them. */
  readonly rulesIncomplete?: () => boolean
  /** PEM of further authorities of whom clients may show certificates. */
  readonly clientAuthorities?: string
  readonly admission: readonly AdmissionPlugin[]
  readonly tokens: ServiceAccountTokens
  /** By what extension servers know this one. */
  readonly frontProxy?: FrontProxy
}

export interface VersionInfo {
  readonly major: string
  readonly minor: string
  readonly gitVersion: string
  readonly gitCommit: string
  readonly gitTreeState: string
  readonly buildDate: string
  readonly goVersion: string
  readonly compiler: string
  readonly platform: string
}

/**
 * The API server: requests come in, over the network or from inside the process, and become reads of the caches and
 * transactions of the store. Make one with `startApiServer`.
 */
export class ApiServer {
  readonly store: Store
  /** The same where it encrypts, by a configuration that can change. */
  readonly encrypted: EncryptedStore | undefined
  readonly clock: Clock
  readonly random: Random
  readonly version: VersionInfo
  readonly nodes: NodeDialer
  readonly feed: CacheFeed
  readonly resources = new Resources()
  readonly subresources = new Map<Resource, Map<string, Subresource>>()
  readonly discovery: Discovery
  readonly metrics: ServerMetrics
  readonly webhooks: WebhookCaller
  /** What kept things back, by those who decided it in this process. */
  readonly decisions: Decisions
  /** Records requests; undefined where nothing is to be recorded. */
  readonly auditor: Auditor | undefined
  readonly #admission: AdmissionChain
  readonly #options: ApiServerOptions
  readonly #deps: RegistryDeps
  readonly #stopped = new AbortController()
  readonly #draining = new AbortController()
  #policy: ServerPolicy | undefined
  #aggregator: Aggregator | undefined
  #handler: RequestHandler | undefined
  #flow: FlowController | undefined

  constructor(options: ApiServerOptions) {
    const encrypted = options.encryption && new EncryptedStore(options.store, options.encryption, options)
    this.encrypted = encrypted
    this.store = encrypted ?? options.store
    this.#options = options
    this.clock = options.clock
    this.random = options.random
    this.version = options.version
    // Every open watch and connection listens.
    setMaxListeners(0, this.#stopped.signal, this.#draining.signal)
    this.nodes = options.nodes ?? noNodes
    this.feed = new CacheFeed(this.store)
    this.decisions = new Decisions(options.clock)
    this.#admission = new AdmissionChain([], this.decisions)
    this.#deps = {
      ...options,
      store: this.store,
      feed: this.feed,
      admission: this.#admission,
      isStale: encrypted && (stored => encrypted.isStale(stored)),
    }
    this.metrics = new ServerMetrics()
    this.auditor = options.audit && new Auditor(options.audit, options.clock, this.metrics.registry)
    this.webhooks = new WebhookCaller(this)
    this.discovery = new Discovery(this)
    const conversions = options.kinds.flatMap(storedElsewhere)
    const converted = new Set(conversions.map(c => c.served))
    for (const kind of options.kinds) if (!converted.has(kind)) this.serve(kind)
    for (const conversion of conversions) this.serve(conversion.served, conversion)
  }

  /** Offers a kind from now on. */
  serve(kind: Kind, conversion?: Conversion): Resource {
    const stored = conversion && this.resources.of(conversion.stored)
    const resource = new Resource(kind, this.#deps, stored && { cacher: stored.cacher, conversion })
    this.#offer(resource)
    return resource
  }

  /** Offers a kind whose objects are made when they are asked for, from now on. */
  serveComputed<T extends KubeObject, I>(kind: Kind<T, I>, computed: ComputedObjects<T>): void {
    this.#offer(new Resource(kind as Kind<T>, this.#deps, undefined, computed) as unknown as Resource)
  }

  /** Offers a version of a custom resource from now on. */
  serveCustom(kind: Kind, cacher: Cacher, conversion: Conversion): Resource {
    const resource = new Resource(kind, this.#deps, { cacher, conversion })
    this.#offer(resource)
    return resource
  }

  /** No longer offers a resource; its watches end. */
  withdraw(resource: Resource): void {
    this.resources.remove(resource)
    this.subresources.delete(resource)
    this.discovery.changed()
    resource.end()
  }

  #offer(resource: Resource): void {
    if (this.#options.serves?.(resource.kind as Kind) ?? true) this.resources.add(resource)
    else this.resources.keep(resource)
    this.subresources.set(resource, new Map(subresourcesOf(resource.kind).map(s => [s.name, s])))
    this.discovery.changed()
  }

  /** Loads the caches and readies the policies; the store must be open. */
  async start(configure: (server: ApiServer) => ServerPolicy): Promise<void> {
    await this.feed.start(this.#stopped.signal)
    this.#policy = configure(this)
    this.#admission.plugins.push(...this.#policy.admission)
    this.#aggregator = new Aggregator(this, this.#policy.frontProxy)
    this.#flow = this.#startFlowControl()
    this.#handler = new RequestHandler(this, this.#policy)
    if (this.resources.find(customResourceDefinition.group, 'v1', customResourceDefinition.plural)) {
      const uid = () => this.random.uuid()
      const post: ReviewCaller['post'] = (config, body, timeoutMs) => this.webhooks.post(config, body, timeoutMs)
      await new Definitions(this, { post, uid }).start()
    }
  }

  #startFlowControl(): FlowController {
    const { maxRequestsInflight = 400, maxMutatingRequestsInflight = 200 } = this.#options
    const flow = new FlowController({
      flowSchemas: this.resources.of(flowSchema).cacher,
      priorityLevels: this.resources.of(priorityLevelConfiguration).cacher,
      stats: ({ group, version, resource }) => {
        const cacher = this.resources.find(group, version, resource)?.cacher
        return cacher && { count: cacher.size, bytes: cacher.bytes }
      },
      clock: this.clock,
      seats: maxRequestsInflight + maxMutatingRequestsInflight,
    })
    flow.observer = flowMetrics(flow, this.metrics.registry)
    return flow
  }

  get flow(): FlowController {
    return this.#flow!
  }
  get aggregator(): Aggregator {
    return this.#aggregator!
  }
  get policy(): ServerPolicy {
    return this.#policy!
  }
  get tokens(): ServiceAccountTokens {
    return this.policy.tokens
  }
  /** Aborted when the server stops; ends watches and connections. */
  get stopped(): AbortSignal {
    return this.#stopped.signal
  }

  /** Aborted when the server begins to stop: no new requests, and watches end. */
  get draining(): AbortSignal {
    return this.#draining.signal
  }

  /** Begins to stop: refuses new requests and ends watches. Resolves once what is worked on is done, or `ms` have passed. */
  async drain(ms: number): Promise<void> {
    this.#draining.abort()
    const enough = new Promise<void>(resolve => void this.clock.timer(ms, resolve))
    await Promise.race([this.#handler?.idle(), enough])
  }

  /** Answers one request. Never rejects. */
  handle(exchange: Exchange): Promise<void> {
    return this.#handler!.handle(exchange)
  }

  /** Takes over a connection that leaves HTTP. Never rejects. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    return this.#handler!.upgrade(request, socket, head)
  }

  /** Serves on a TLS port. `certificate`, `key` and `clientCa` are PEM. */
  listen(host: string, port: number, tls: { certificate: string; key: string; clientCa: string }): Promise<HttpServer> {
    const { clientAuthorities } = this.policy
    return listen(host, port, {
      ...tls,
      clientCa: clientAuthorities ? [tls.clientCa, clientAuthorities] : tls.clientCa,
      onExchange: exchange => void this.handle(exchange),
      onUpgrade: (request, socket, head) => void this.upgrade(request, socket, head),
    })
  }

  stop(): void {
    this.webhooks.close()
    this.#draining.abort()
    this.#stopped.abort()
  }

  /** Resolves once what was recorded is kept. Call when the last request has ended. */
  async close(): Promise<void> {
    await this.auditor?.close()
  }
}

function storedElsewhere(served: Kind): (Conversion & { served: Kind })[] {
  const { storedAs } = served
  return storedAs ? [{ ...storedAs, served, stored: storedAs.kind as Kind }] : []
}

/** An API server with its caches loaded, ready for requests. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const server = new ApiServer(options)
  await server.start(options.configure)
  return server
}
