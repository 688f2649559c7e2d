import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequest, methodNotAllowed, notFound, StatusError } from '../../apimachinery/errors.ts'
import { own } from '../../apimachinery/own.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import { isPathSegmentName } from '../../apimachinery/validation/names.ts'
import type { ApiServer, ServerPolicy } from '../apiserver.ts'
import { AuditedExchange, statusFields } from '../audit/audited-exchange.ts'
import type { AuditRecord } from '../audit/record.ts'
import { authenticateRequest, credentialsOf, type Identity } from '../authentication/authenticator.ts'
import { type Attributes, type Decision, refusal } from '../authorization/authorizer.ts'
import type { Resource } from '../registry/resource.ts'
import type { Query, UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'
import { WebSocketExchange } from '../server/websocket-exchange.ts'
import { isConnect } from '../subresources/subresource.ts'
import { admitConnect } from './admit-subresource.ts'
import { Deadlines } from './deadlines.ts'
import { create } from './handlers/create.ts'
import { remove, removeCollection } from './handlers/delete.ts'
import { get } from './handlers/get.ts'
import { list } from './handlers/list.ts'
import { patch } from './handlers/patch.ts'
import type { Scope } from './handlers/scope.ts'
import { handleSubresource } from './handlers/subresource.ts'
import { update } from './handlers/update.ts'
import { watch } from './handlers/watch.ts'
import { impersonated } from './impersonation.ts'
import { type Place, takePlace } from './in-flight.ts'
import { arrivalOf, beforeFirstWrite, credentialsTried, givenAuditId, type Incoming, incomingOf } from './incoming.ts'
import { CONTENT_TYPES } from './negotiate.ts'
import { handleOther } from './other-paths.ts'
import { contextOf } from './request-context.ts'
import { isLongRunning, type RequestInfo, requestInfo } from './request-info.ts'
import { respondError, statusOf } from './respond.ts'
import { refuseUpgrade } from './upgrade.ts'
import { warningsOf } from './warnings.ts'

const HANDLERS: Record<string, (scope: Scope, server: ApiServer) => void | Promise<void>> = {
  get,
  list,
  watch,
  create,
  update: scope => update(scope),
  patch: scope => patch(scope),
  delete: remove,
  deletecollection: removeCollection,
}

/** Takes a request through its stations: who is it, may they, what is asked, do it. */
export class RequestHandler {
  readonly #server: ApiServer
  readonly #policy: ServerPolicy
  readonly #deadlines: Deadlines
  readonly #running = new Set<Exchange>()
  #whenIdle: (() => void) | undefined

  constructor(server: ApiServer, policy: ServerPolicy) {
    this.#server = server
    this.#policy = policy
    this.#deadlines = new Deadlines(server.clock)
  }

  /** Answers a request. Never rejects: a mistake here must not end the server. */
  handle(exchange: Exchange): Promise<void> {
    return this.#handle(exchange).catch(reportBug)
  }

  /** The same for a request that leaves HTTP for SPDY or WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    return this.#upgrade(request, socket, head).catch(error => {
      reportBug(error)
      socket.destroy()
    })
  }

  async #handle(exchange: Exchange): Promise<void> {
    const { metrics, clock, random, auditor } = this.#server
    const started = clock.now()
    const auditId = givenAuditId(exchange.headers) ?? random.uuid()
    exchange.setHeader('audit-id', auditId)
    exchange.setHeader('cache-control', 'no-cache, private')
    let out = exchange
    let record: AuditRecord | undefined
    let code = 200
    let info: RequestInfo | undefined
    let place: Place | undefined
    let inTime: (() => void) | undefined
    let open: Record<string, string> | undefined
    metrics.inFlight.inc()
    try {
      info = requestInfo(exchange.method, exchange.path, exchange.query)
      if (this.#server.draining.aborted) refuseWhileDraining(exchange)
      if (!isLongRunning(info)) {
        inTime = this.#deadlines.begin(exchange.query, () => {
          code = TOO_LATE.code
          out.abandon(code, CONTENT_TYPES.json, JSON.stringify(TOO_LATE.status))
        })
        this.#running.add(exchange)
      } else if (info.isResourceRequest) {
        open = labelsOf(info)
        metrics.longRunning.inc(open)
      }
      const identity = await this.#authenticate(exchange, info, auditId, started)
      const caller = identity.user
      record = auditor?.begin(arrivalOf(exchange, info, auditId, started, caller))
      if (record) noteIdentity(record, identity)
      if (record) out = new AuditedExchange(exchange, record)
      const user = await this.#impersonated(exchange, caller, record)
      const attributes = attributesOf(info, user, exchange.query)
      const turn = takePlace(this.#server.flow, attributes, user, exchange)
      place = turn instanceof Promise ? await turn : turn
      await this.#authorize(attributes, record)
      const elsewhere = this.#server.aggregator.for(exchange.path)
      if (elsewhere) await this.#server.aggregator.proxy(elsewhere, out, user)
      else if (info.isResourceRequest) await this.#resource(out, info, user, record, place, identity.warnings)
      else await handleOther(this.#server, out, user)
      record?.complete()
    } catch (error) {
      code = statusOf(error).code
      const isBug = !(error instanceof StatusError) && !exchange.signal.aborted
      if (isBug) reportBug(error)
      respondError(out, error)
      if (isBug) record?.panic(error)
      else record?.complete()
    } finally {
      inTime?.()
      place?.leave()
      if (this.#running.delete(exchange) && this.#running.size === 0) this.#whenIdle?.()
      metrics.inFlight.dec()
      if (open) metrics.longRunning.dec(open)
      if (info?.isResourceRequest) this.#measure(info, dryRunOf(exchange), code, clock.now() - started)
    }
  }

  /** Resolves once no request is worked on, connections and watches aside. */
  async idle(): Promise<void> {
    if (this.#running.size > 0) {
      await new Promise<void>(resolve => {
        this.#whenIdle = resolve
      })
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { clock, random, auditor } = this.#server
    const started = clock.now()
    const auditId = givenAuditId(request.headers) ?? random.uuid()
    let record: AuditRecord | undefined
    let place: Place | undefined
    socket.on('error', () => socket.destroy())
    try {
      const incoming = incomingOf(request)
      const info = requestInfo(incoming.method, incoming.path, incoming.query)
      const identity = await this.#authenticate(incoming, info, auditId, started)
      const caller = identity.user
      record = auditor?.begin(arrivalOf(incoming, info, auditId, started, caller))
      if (record) noteIdentity(record, identity)
      if (record) recordConnection(socket, record)
      const user = await this.#impersonated(incoming, caller, record)
      const attributes = attributesOf(info, user, incoming.query)
      const connection: Connection = [request, socket, head]
      if (info.verb === 'watch')
        place = await takePlace(this.#server.flow, attributes, user, new WebSocketExchange(...connection))
      await this.#authorize(attributes, record)
      await this.#connect(incoming, info, user, record, place, connection)
    } catch (error) {
      const status = statusOf(error)
      record?.responseStatus(statusFields(status, status.code))
      refuseUpgrade(socket, status)
    } finally {
      place?.leave()
    }
  }

  async #connect(
    incoming: Incoming,
    info: RequestInfo,
    user: UserInfo,
    record: AuditRecord | undefined,
    place: Place | undefined,
    connection: Connection,
  ): Promise<void> {
    const elsewhere = this.#server.aggregator.for(incoming.path)
    if (elsewhere) {
      await this.#server.aggregator.upgrade(elsewhere, ...connection, user)
      return
    }
    const resource = this.#find(info)
    if (info.verb === 'watch') {
      await this.#resource(new WebSocketExchange(...connection), info, user, record, place)
      return
    }
    const subresource = this.#server.subresources.get(resource)?.get(info.subresource)
    if (!subresource || !isConnect(subresource) || !subresource.upgrade) throw badRequest('Upgrade request required')
    const { method, query, headers } = incoming
    const context = contextOf(method, query, headers, user, () => {}, this.#server.draining, record)
    const target = { server: this.#server, resource, namespace: info.namespace, name: info.name, context }
    await admitConnect(target, subresource, query)
    await subresource.upgrade(target, ...connection, info)
  }

  /** Who makes a request. Throws 401. */
  async #authenticate(incoming: Incoming, info: RequestInfo, auditId: string, received: number): Promise<Identity> {
    const { clock, metrics } = this.#server
    const began = clock.now()
    try {
      const identity = await authenticateRequest(this.#policy, credentialsOf(incoming))
      metrics.access.authenticated(identity.user.name, clock.now() - began)
      return identity
    } catch (error) {
      metrics.access.unauthenticated(error instanceof StatusError, clock.now() - began)
      const arrival = () => arrivalOf(incoming, info, auditId, received, undefined)
      this.#server.auditor?.unauthenticated(arrival(), credentialsTried(incoming))
      throw error
    }
  }

  /** As whom a request acts. Throws 403. */
  async #impersonated({ headers }: Incoming, caller: UserInfo, record: AuditRecord | undefined): Promise<UserInfo> {
    const user = await impersonated(caller, headers, this.#policy.authorizer)
    if (user !== caller) record?.impersonates(user)
    return user
  }

  /** Throws 403 where the user may not do what is asked for. */
  async #authorize(attributes: Attributes, record: AuditRecord | undefined): Promise<void> {
    const { clock, metrics } = this.#server
    const began = clock.now()
    let decision: Decision | undefined
    try {
      decision = await this.#policy.authorizer.authorize(attributes)
    } finally {
      metrics.access.authorized(decision?.verdict, clock.now() - began)
    }
    record?.authorized(decision)
    if (decision.verdict !== 'allow') throw refusal(attributes, decision.reason)
  }

  #find(info: RequestInfo): Resource {
    const resource = this.#server.resources.find(info.group, info.version, info.resource)
    if (!resource) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
    const { kind } = resource
    mustBePathSegment('Name', info.name)
    mustBePathSegment('Namespace', info.namespace)
    if (kind.scope === 'Cluster' && info.namespace && kind.plural !== 'namespaces') throw notFound(kind, info.name)
    const needsNamespace = kind.scope === 'Namespaced' && !info.namespace
    if (needsNamespace && (info.name || info.verb === 'create' || info.verb === 'deletecollection')) {
      if (!kind.virtual && info.verb !== 'watch') throw noSuchMethod(kind, info.verb)
    }
    return resource
  }

  async #resource(
    exchange: Exchange,
    info: RequestInfo,
    user: UserInfo,
    record: AuditRecord | undefined,
    place: Place | undefined,
    warnings: readonly string[] = [],
  ): Promise<void> {
    const resource = this.#find(info)
    const context = contextOf(
      exchange.method,
      exchange.query,
      exchange.headers,
      user,
      warningsOf(exchange),
      this.#server.draining,
      record,
    )
    for (const warning of warnings) context.warn(warning)
    if (resource.kind.deprecated) {
      context.warn(resource.kind.deprecated.warning)
      record?.annotate('k8s.io/deprecated', 'true')
      this.#server.metrics.access.requestedDeprecated(resource.kind, info.subresource)
    }
    const { clock } = this.#server
    const scope: Scope = { exchange, info, resource, context, clock, caughtUp: () => place?.caughtUp() }
    if (info.subresource && (info.subresource !== 'status' || !resource.kind.subresources?.status)) {
      await handleSubresource(this.#server, scope)
      return
    }
    const handler = own(HANDLERS, info.verb)
    const offered = info.subresource ? ['get', 'update', 'patch'] : resource.kind.verbs
    if (!handler || !(offered as readonly string[]).includes(info.verb)) throw noSuchMethod(resource.kind, info.verb)
    const namesObject = ['update', 'patch', 'delete'].includes(info.verb)
    if (namesObject ? !info.name : info.verb === 'create' && info.name) throw noSuchMethod(resource.kind, info.verb)
    await handler(scope, this.#server)
  }

  #measure(info: RequestInfo, dryRun: string, code: number, ms: number): void {
    const labels = { ...labelsOf(info), dry_run: dryRun }
    this.#server.metrics.requests.inc({ ...labels, code: String(code) })
    if (info.verb !== 'watch') this.#server.metrics.duration.observe(labels, ms / 1000)
  }
}

/** Names that would lead out of their collection (generic registry NamespaceKeyFunc). Throws 400. */
function mustBePathSegment(what: 'Name' | 'Namespace', name: string): void {
  const wrong = isPathSegmentName(name)
  if (wrong.length > 0) throw badRequest(`${what} parameter invalid: ${JSON.stringify(name)}: ${wrong.join(';')}`)
}

/** Upstream has no such route for a built-in kind, while its routes for custom resources take every method. */
function noSuchMethod(kind: Kind, verb: string): StatusError {
  if (kind.custom) return methodNotAllowed(kind, verb)
  return new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

/** Verbs that upstream's figures call by their method. */
const METHODS: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' }

/** How figures tell a request from others. */
function labelsOf({ verb, group, version, resource, subresource, namespace, name }: RequestInfo) {
  const scope = name ? 'resource' : namespace ? 'namespace' : 'cluster'
  const method = METHODS[verb] ?? verb.toUpperCase()
  return { verb: method, group, version, resource, subresource, scope, component: 'apiserver' }
}

/** Not what the client wrote: figures must not multiply at its will. */
const dryRunOf = ({ query }: Exchange): string => (query.string('dryRun') === 'All' ? 'All' : '')

/** The answer to a request that took too long. */
const TOO_LATE = new StatusError(504, 'Timeout', 'Timeout: request did not complete within the allotted timeout', {})

/** Those who look after the server may still ask how it is. Throws 503. */
function refuseWhileDraining(exchange: Exchange): void {
  if (/^\/(healthz|livez|readyz|metrics)(\/|$)/.test(exchange.path)) return
  exchange.setHeader('connection', 'close')
  const message = 'The apiserver is shutting down, please try again later.'
  throw new StatusError(503, 'ServiceUnavailable', message, { retryAfterSeconds: 5 })
}

/** Records what is to be said of how somebody was known. */
function noteIdentity(record: AuditRecord, { annotations = {} }: Identity): void {
  for (const [key, value] of Object.entries(annotations)) record.annotate(key, value)
}

type Connection = [request: IncomingMessage, socket: Duplex, head: Buffer]

/** Records when a connection leaves HTTP, and when it ends. */
function recordConnection(socket: Duplex, record: AuditRecord): void {
  beforeFirstWrite(socket, () => {
    record.responseStatus({ metadata: {}, code: 101 })
    record.stage('ResponseStarted')
  })
  socket.once('close', () => record.complete())
}

const COLLECTION_VERBS = ['list', 'watch', 'deletecollection']

function attributesOf(info: RequestInfo, user: UserInfo, query: Query): Attributes & RequestInfo {
  return {
    user,
    ...info,
    name: info.name || selectedName(info, query),
    ...(COLLECTION_VERBS.includes(info.verb) && {
      fieldSelector: query.string('fieldSelector'),
      labelSelector: query.string('labelSelector'),
    }),
  }
}

/** The one object that a request to a collection is about, so that rules with resourceNames cover it. */
function selectedName({ verb }: RequestInfo, query: Query): string {
  if (!COLLECTION_VERBS.includes(verb)) return ''
  const name = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.string('fieldSelector'))?.[1] ?? ''
  return /^\.{1,2}$|[/%]/.test(name) ? '' : name
}

function reportBug(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
}
