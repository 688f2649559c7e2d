import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type APIService, apiService } from '../../api/apiregistration/apiservice.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { endpointSlice } from '../../api/discovery/endpointslice.ts'
import { rfc3339, type Timer } from '../../apimachinery/clock.ts'
import { isReason, StatusError, serviceUnavailable } from '../../apimachinery/errors.ts'
import type { DiscoveredResource, Transport } from '../../client/transport.ts'
import type { ApiServer } from '../apiserver.ts'
import { MAX_BODY_BYTES } from '../endpoints/handlers/scope.ts'
import { update } from '../registry/update.ts'
import type { RequestContext, UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'
import { sendThrough } from '../subresources/relay-response.ts'
import { relayUpgrade } from '../subresources/relay-upgrade.ts'
import { type Availability, failedCheck, LOCAL, PASSED, unavailable } from './availability.ts'
import { connectTo, type FrontProxy, fetchJson, headersFor, send } from './remote.ts'
import { RemoteDocuments } from './remote-openapi.ts'
import { RemoteTransport } from './remote-transport.ts'

/** How often a remote service is asked whether it still answers. */
const RECHECK_MS = 30_000
/** How long it has to answer. */
const CHECK_MS = 5_000
const SYSTEM: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  fieldManager: 'kube-aggregator',
  dryRun: false,
  fieldValidation: 'Ignore',
  warn: () => {},
}

/**
 * Hands requests for group versions that a service of the cluster answers on to it, and keeps track of which services do
 * (upstream kube-aggregator).
 */
export class Aggregator {
  readonly #server: ApiServer
  readonly #frontProxy: FrontProxy | undefined
  readonly #remote = new Map<string, APIService>()
  readonly #timers = new Map<string, Timer>()
  readonly #checking = new Set<string>()
  /** What the services say of themselves. */
  readonly documents = new RemoteDocuments()

  constructor(server: ApiServer, frontProxy: FrontProxy | undefined) {
    this.#server = server
    this.#frontProxy = frontProxy
    const services = server.resources.of(apiService).cacher
    for (const { object } of services.values()) this.#changed(object, undefined)
    services.listen(({ type, entry, previous }) =>
      this.#changed(type === 'DELETED' ? undefined : entry.object, previous?.object),
    )
    const concerned = (namespace: string | undefined, name: string | undefined) => {
      for (const [key, { spec }] of this.#remote) {
        if (spec.service?.namespace === namespace && spec.service?.name === name) this.#check(key)
      }
    }
    server.resources.of(serviceKind).cacher.listen(({ entry }) => {
      concerned(entry.object.metadata.namespace, entry.object.metadata.name)
    })
    server.resources.of(endpointSlice).cacher.listen(({ entry }) => {
      const { namespace, labels } = entry.object.metadata
      concerned(namespace, labels?.['kubernetes.io/service-name'])
    })
    server.stopped.addEventListener('abort', () => this.#stop(), { once: true })
  }

  /** Who answers a path, where that is not this server. */
  for(path: string): APIService | undefined {
    if (this.#remote.size === 0) return undefined
    const [, root, group, version] = path.split('/')
    if (root === 'apis') return this.#remote.get(`${version}.${group}`)
    // The schema of a remote group version is the remote's, too.
    const match = /^\/openapi\/v3\/apis\/([^/]+)\/([^/]+)\/?$/.exec(path)
    return match ? this.#remote.get(`${match[2]}.${match[1]}`) : undefined
  }

  /** The way of this process's own clients to who answers a group version, where that is not this server. */
  transportTo(group: string, version: string, user: UserInfo): Transport | undefined {
    const service = this.#remote.get(`${version}.${group}`)
    if (!service) return undefined
    this.#mustBeAvailable(service)
    return new RemoteTransport(() => this.#connect(service), user)
  }

  /** Passes a request on and its answer back. Throws ServiceUnavailable where the service cannot be reached. */
  async proxy(service: APIService, exchange: Exchange, user: UserInfo): Promise<void> {
    this.#mustBeAvailable(service)
    const { method, path, query } = exchange
    const body = method === 'GET' || method === 'HEAD' ? undefined : await exchange.body(MAX_BODY_BYTES)
    const connection = await this.#connect(service)
    const response = await send(connection, {
      method,
      path: query.search ? `${path}?${query.search}` : path,
      headers: { ...headersFor(exchange.headers, user), host: hostOf(service) },
      body,
      signal: exchange.signal,
    }).catch(error => {
      connection.destroy()
      throw serviceUnavailable(`error trying to reach service: ${error.message}`)
    })
    const { statusCode = 0 } = response
    if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) {
      connection.destroy()
      const message = 'the backend attempted to redirect this request, which is not permitted'
      throw new StatusError(502, 'InternalError', message)
    }
    for (const [name, value] of Object.entries(response.headers)) {
      if (value === undefined || /^(connection|transfer-encoding|content-type|content-length|keep-alive)$/.test(name))
        continue
      exchange.setHeader(name, value)
    }
    await sendThrough(response, exchange, connection, response.headers['content-type'] ?? 'application/octet-stream')
  }

  /** Passes on a request that leaves HTTP. */
  async upgrade(
    service: APIService,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    user: UserInfo,
  ): Promise<void> {
    this.#mustBeAvailable(service)
    const connection = await this.#connect(service)
    const headers = headersFor({}, user)
    relayUpgrade(request, socket, head, connection, request.url ?? '/', { headers, redirects: false })
  }

  #connect(service: APIService) {
    return connectTo(this.#server, service, this.#frontProxy).catch(error => {
      throw serviceUnavailable(`error trying to reach service: ${error.message}`)
    })
  }

  #mustBeAvailable(service: APIService): void {
    if (conditionOf(service)?.status !== 'True') throw serviceUnavailable('service unavailable')
  }

  #changed(now: APIService | undefined, before: APIService | undefined): void {
    const key = (now ?? before)!.metadata.name!
    if (now?.spec.service) {
      if (!this.#remote.has(key)) this.#server.discovery.setStale(key, namedBy(now))
      this.#remote.set(key, now)
    } else {
      this.documents.forget(key)
      if (this.#remote.delete(key)) this.#server.discovery.forgetRemote(key)
      this.#timers.get(key)?.cancel()
      this.#timers.delete(key)
    }
    if (!now) return
    const sameTarget = before && JSON.stringify(now.spec) === JSON.stringify(before.spec)
    if (!sameTarget || !conditionOf(now)) this.#check(key)
  }

  #check(key: string): void {
    if (this.#checking.has(key) || this.#server.stopped.aborted) return
    this.#checking.add(key)
    this.#timers.get(key)?.cancel()
    // Listeners are called while a change is being taken in; what follows is for afterwards.
    queueMicrotask(() => void this.#look(key).finally(() => this.#checking.delete(key)))
  }

  async #look(key: string): Promise<void> {
    const service = this.#server.resources.of(apiService).cacher.get(key)?.object
    if (!service) return
    const availability = await this.#availabilityOf(service)
    if (availability.status !== 'True' && this.#remote.has(key)) this.#server.discovery.setStale(key, namedBy(service))
    await this.#tell(key, availability).catch(error => {
      if (!isReason(error, 'NotFound', 'ServiceUnavailable')) throw error
    })
    if (!service.spec.service || this.#server.stopped.aborted) return
    if (availability === PASSED) await this.#readDocuments(service)
    this.#timers.set(
      key,
      this.#server.clock.timer(RECHECK_MS, () => this.#check(key)),
    )
  }

  async #readDocuments(service: APIService): Promise<void> {
    const changed = await this.#inTime(late => this.documents.fetch(this.#server, service, this.#frontProxy, late))
    if (changed) this.#server.discovery.changed()
  }

  /** Gives up what takes too long. */
  async #inTime<T>(work: (late: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const timer = this.#server.clock.timer(CHECK_MS, () => late.abort(new Error('context deadline exceeded')))
    try {
      return await work(late.signal)
    } finally {
      timer.cancel()
    }
  }

  /** Asks the service what it serves: an answer is what discovery needs, and shows that it can be reached. */
  async #availabilityOf(service: APIService): Promise<Availability> {
    const { group = '', version = '' } = service.spec
    if (!service.spec.service) return LOCAL
    const known = unavailable(this.#server, service)
    if (known) return known
    const path = `/apis/${group}/${version}`
    try {
      const list = await this.#inTime(late => fetchJson(this.#server, service, this.#frontProxy, path, late))
      const { resources = [] } = list as { resources?: DiscoveredResource[] }
      this.#server.discovery.setRemote(service.metadata.name!, { ...namedBy(service), resources })
      return PASSED
    } catch (error) {
      return failedCheck(`https://${hostOf(service)}${path}`, error as Error)
    }
  }

  async #tell(key: string, availability: Availability): Promise<void> {
    const services = this.#server.resources.of(apiService)
    const current = services.cacher.get(key)?.object
    const known = current && conditionOf(current)
    if (
      known?.status === availability.status &&
      known.reason === availability.reason &&
      known.message === availability.message
    )
      return
    const lastTransitionTime =
      known?.status === availability.status ? known.lastTransitionTime : rfc3339(this.#server.clock.now())
    const condition = { type: 'Available', ...availability, lastTransitionTime }
    await update(
      services,
      '',
      key,
      ({ metadata, ...object }) => ({
        ...object,
        metadata: { ...metadata, resourceVersion: undefined },
        status: {
          ...object.status,
          conditions: [...(object.status.conditions ?? []).filter(({ type }) => type !== 'Available'), condition],
        },
      }),
      SYSTEM,
      { subresource: 'status' },
    )
  }

  #stop(): void {
    for (const timer of this.#timers.values()) timer.cancel()
  }
}

const conditionOf = ({ status }: APIService) => status.conditions?.find(({ type }) => type === 'Available')
const namedBy = ({ spec }: APIService) => ({
  group: spec.group ?? '',
  version: spec.version ?? '',
  groupPriority: spec.groupPriorityMinimum,
  versionPriority: spec.versionPriority,
})
const hostOf = ({ spec: { service } }: APIService) =>
  `${service!.name}.${service!.namespace}.svc:${service!.port ?? 443}`
