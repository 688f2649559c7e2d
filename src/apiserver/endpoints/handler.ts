import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequest, methodNotAllowed, notFound, StatusError, unauthorized } from '../../apimachinery/errors.ts'
import type { ApiServer, ServerPolicy } from '../apiserver.ts'
import { ANONYMOUS, type Credentials, credentialsOf } from '../authentication/authenticator.ts'
import { refusal } from '../authorization/authorizer.ts'
import type { Resource } from '../registry/resource.ts'
import { Query, type UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'
import { WebSocketExchange } from '../server/websocket-exchange.ts'
import { isConnect } from '../subresources/subresource.ts'
import { admitConnect } from './admit-subresource.ts'
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
import { InFlight } from './in-flight.ts'
import { handleOther } from './other-paths.ts'
import { contextOf } from './request-context.ts'
import { type RequestInfo, requestInfo } from './request-info.ts'
import { respondError, statusOf } from './respond.ts'
import { refuseUpgrade } from './upgrade.ts'
import { warningsOf } from './warnings.ts'

const HANDLERS: Record<string, (scope: Scope, server: ApiServer) => void | Promise<void>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
}

/** Takes a request through its stations: who is it, may they, what is asked, do it. */
export class RequestHandler {
  readonly #server: ApiServer
  readonly #policy: ServerPolicy
  readonly #inFlight = new InFlight()

  constructor(server: ApiServer, policy: ServerPolicy) {
    this.#server = server
    this.#policy = policy
  }

  async handle(exchange: Exchange): Promise<void> {
    const { metrics, clock, random } = this.#server
    const started = clock.now()
    const auditId = String(exchange.headers['audit-id'] ?? '')
    exchange.setHeader('audit-id', AUDIT_ID.test(auditId) ? auditId : random.uuid())
    exchange.setHeader('cache-control', 'no-cache, private')
    let code = 200
    let info: RequestInfo | undefined
    let done = () => {}
    metrics.inFlight.inc()
    try {
      info = requestInfo(exchange.method, exchange.path, exchange.query)
      const user = await this.#identify(credentialsOf(exchange), exchange.headers, info, exchange.query)
      done = this.#inFlight.begin(info, user)
      const elsewhere = this.#server.aggregator.for(exchange.path)
      if (elsewhere) await this.#server.aggregator.proxy(elsewhere, exchange, user)
      else if (info.isResourceRequest) await this.#resource(exchange, info, user)
      else await handleOther(this.#server, exchange, user)
    } catch (error) {
      code = statusOf(error).code
      if (!(error instanceof StatusError) && !exchange.signal.aborted) reportBug(error)
      respondError(exchange, error)
    } finally {
      done()
      metrics.inFlight.dec()
      if (info?.isResourceRequest) this.#measure(info, code, clock.now() - started)
    }
  }

  /** A request that leaves HTTP for SPDY or WebSocket goes through the same stations. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    try {
      const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s, 2)
      const query = new Query(search)
      const info = requestInfo(request.method ?? 'GET', path, query)
      const { remoteAddress, peerCertificate } = peerOf(request)
      const user = await this.#identify(
        credentialsOf({ headers: request.headers, remoteAddress, peerCertificate }),
        request.headers,
        info,
        query,
      )
      const elsewhere = this.#server.aggregator.for(path)
      if (elsewhere) {
        await this.#server.aggregator.upgrade(elsewhere, request, socket, head, user)
        return
      }
      const resource = this.#find(info)
      if (info.verb === 'watch') {
        await this.#resource(new WebSocketExchange(request, socket, head), info, user)
        return
      }
      const subresource = this.#server.subresources.get(resource)?.get(info.subresource)
      if (!subresource || !isConnect(subresource) || !subresource.upgrade) throw badRequest('Upgrade request required')
      const context = contextOf(request.method ?? 'GET', query, request.headers, user, () => {}, this.#server.stopped)
      const target = { server: this.#server, resource, namespace: info.namespace, name: info.name, context }
      await admitConnect(target, subresource, query)
      await subresource.upgrade(target, request, socket, head, info)
    } catch (error) {
      refuseUpgrade(socket, statusOf(error))
    }
  }

  async #identify(
    credentials: Credentials,
    headers: Exchange['headers'],
    info: RequestInfo,
    query: Query,
  ): Promise<UserInfo> {
    let user: UserInfo | undefined
    for (const authenticator of this.#policy.authenticators) {
      user = await authenticator.authenticate(credentials)
      if (user) break
    }
    if (!user && credentials.bearerToken) throw unauthorized()
    const effective = await impersonated(user ?? ANONYMOUS, headers, this.#policy.authorizer)
    const attributes = {
      user: effective,
      ...info,
      name: info.name || selectedName(info, query),
      ...(COLLECTION_VERBS.includes(info.verb) && { fieldSelector: query.string('fieldSelector') }),
    }
    const decision = await this.#policy.authorizer.authorize(attributes)
    if (decision.verdict !== 'allow') throw refusal(attributes, decision.reason)
    return effective
  }

  #find(info: RequestInfo): Resource {
    const resource = this.#server.resources.find(info.group, info.version, info.resource)
    if (!resource) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
    const { kind } = resource
    if (kind.scope === 'Cluster' && info.namespace && kind.plural !== 'namespaces') throw notFound(kind, info.name)
    const needsNamespace = kind.scope === 'Namespaced' && !info.namespace
    if (needsNamespace && (info.name || info.verb === 'create' || info.verb === 'deletecollection')) {
      if (!kind.virtual && info.verb !== 'watch') throw methodNotAllowed(kind, info.verb)
    }
    return resource
  }

  async #resource(exchange: Exchange, info: RequestInfo, user: UserInfo): Promise<void> {
    const resource = this.#find(info)
    const context = contextOf(
      exchange.method,
      exchange.query,
      exchange.headers,
      user,
      warningsOf(exchange),
      this.#server.stopped,
    )
    if (resource.kind.deprecated) context.warn(resource.kind.deprecated.warning)
    const scope: Scope = { exchange, info, resource, context, clock: this.#server.clock }
    if (info.subresource && (info.subresource !== 'status' || !resource.kind.subresources?.status)) {
      await handleSubresource(this.#server, scope)
      return
    }
    const handler = HANDLERS[info.verb]
    const offered = info.subresource ? ['get', 'update', 'patch'] : resource.kind.verbs
    if (!handler || !(offered as readonly string[]).includes(info.verb))
      throw methodNotAllowed(resource.kind, info.verb)
    const namesObject = ['update', 'patch', 'delete'].includes(info.verb)
    if (namesObject ? !info.name : info.verb === 'create' && info.name) throw methodNotAllowed(resource.kind, info.verb)
    await handler(scope, this.#server)
  }

  #measure(
    { verb, group, version, resource, subresource, namespace, name }: RequestInfo,
    code: number,
    ms: number,
  ): void {
    const scope = name ? 'resource' : namespace ? 'namespace' : 'cluster'
    const labels = { verb: verb.toUpperCase(), group, version, resource, subresource, scope }
    this.#server.metrics.requests.inc({ ...labels, code: String(code) })
    if (verb !== 'watch') this.#server.metrics.duration.observe(labels, ms / 1000)
  }
}

function peerOf(request: IncomingMessage): { remoteAddress: string; peerCertificate: Buffer | undefined } {
  const socket = request.socket as IncomingMessage['socket'] & {
    authorized?: boolean
    getPeerCertificate?: () => { raw?: Buffer }
  }
  const peerCertificate = socket.authorized ? socket.getPeerCertificate?.().raw : undefined
  return { remoteAddress: socket.remoteAddress ?? '', peerCertificate }
}

const COLLECTION_VERBS = ['list', 'watch', 'deletecollection']

/** The one object that a request to a collection is about, so that rules with resourceNames cover it. */
function selectedName({ verb }: RequestInfo, query: Query): string {
  if (!COLLECTION_VERBS.includes(verb)) return ''
  const name = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.string('fieldSelector'))?.[1] ?? ''
  return /^\.{1,2}$|[/%]/.test(name) ? '' : name
}

/** What a client may call its request by. */
const AUDIT_ID = /^[\w.:-]{1,64}$/

function reportBug(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
}
