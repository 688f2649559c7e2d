import { anySignal } from '../apimachinery/abort.ts'
import { methodNotAllowed, StatusError, serviceUnavailable } from '../apimachinery/errors.ts'
import { everyField, parseFieldSelector } from '../apimachinery/fields.ts'
import { everything, parseSelector } from '../apimachinery/labels.ts'
import type { KubeObject } from '../apimachinery/schema/kind.ts'
import type {
  ClientRequest,
  DiscoveredResource,
  ListOf,
  RequestOptions,
  Transport,
  WatchEvent,
  WatchRequest,
} from '../client/transport.ts'
import type { ApiServer } from './apiserver.ts'
import { recorded } from './audit/local.ts'
import type { AuditRecord } from './audit/record.ts'
import { refusal } from './authorization/authorizer.ts'
import { admitCreate } from './endpoints/admit-subresource.ts'
import { applyPatch } from './endpoints/handlers/patch.ts'
import { decodeBody } from './endpoints/handlers/subresource.ts'
import { entryOf } from './registry/computed.ts'
import { create } from './registry/create.ts'
import { type DeleteOptions, deleteObject } from './registry/delete.ts'
import { list } from './registry/list.ts'
import type { Resource } from './registry/resource.ts'
import { type PartRules, update } from './registry/update.ts'
import { watch } from './registry/watch.ts'
import type { RequestContext, UserInfo } from './request.ts'
import { reviewOf } from './reviews/index.ts'
import { isConnect, isPart } from './subresources/subresource.ts'

/**
 * The client's way into the server of its own process: the same authorization, admission and validation as over HTTP, but
 * objects are handed over as they lie in the cache.
 */
export class LocalTransport implements Transport {
  readonly #server: ApiServer
  readonly #user: UserInfo

  constructor(server: ApiServer, user: UserInfo) {
    this.#server = server
    this.#user = user
  }

  async request(request: ClientRequest): Promise<unknown> {
    request.signal?.throwIfAborted()
    if (this.#server.stopped.aborted) throw new StatusError(503, 'ServiceUnavailable', 'the server is shutting down')
    return recorded(this.#server, this.#user, request, record => this.#answer(request, record))
  }

  async #answer(request: ClientRequest, record: AuditRecord | undefined): Promise<unknown> {
    await this.#authorize(request.verb, request, record)
    const elsewhere = this.#elsewhere(request)
    if (elsewhere) return elsewhere.request(request)
    const resource = this.#server.resources.for(request.kind)
    const context = this.#context(request, record)
    if (request.subresource && request.subresource !== 'status') return this.#subresource(request, resource, context)
    return this.#run(request, resource, context)
  }

  watch(request: WatchRequest, onEvent: (event: WatchEvent) => void): Promise<void> {
    return recorded(this.#server, this.#user, { ...request, verb: 'watch' }, record =>
      this.#watch(request, onEvent, record),
    )
  }

  async #watch(
    request: WatchRequest,
    onEvent: (event: WatchEvent) => void,
    record: AuditRecord | undefined,
  ): Promise<void> {
    await this.#authorize('watch', request, record)
    record?.responseStatus({ metadata: {}, code: 200 })
    record?.stage('ResponseStarted')
    const { kind, namespace = '', options = {}, signal } = request
    const elsewhere = this.#elsewhere(request)
    if (elsewhere) return elsewhere.watch(request, onEvent)
    const resource = this.#server.resources.for(kind)
    const end = anySignal(signal, this.#server.stopped, resource.gone)
    await watch(
      resource,
      namespace,
      {
        ...selectors(options),
        resourceVersion: options.resourceVersion,
        sendInitialEvents: options.sendInitialEvents,
        signal: end,
      },
      {
        event: (type, entry) => onEvent({ type, object: resource.objectOf(entry) }),
        initialEventsEnd: revision => onEvent({ type: 'BOOKMARK', object: bookmarkOf(resource, revision) }),
      },
    )
    await new Promise<void>(resolve => {
      if (end.aborted) resolve()
      else end.addEventListener('abort', () => resolve(), { once: true })
    })
    signal.throwIfAborted()
  }

  async discover(apiVersion: string): Promise<readonly DiscoveredResource[]> {
    const remote = this.#server.discovery.remoteVersion(apiVersion)
    if (remote?.stale) throw serviceUnavailable(`stale GroupVersion discovery: ${apiVersion}`)
    if (remote) return remote.resources
    const [version = '', group = ''] = apiVersion.split('/').reverse()
    const list = this.#server.discovery.resourceList(group, version) as { resources: DiscoveredResource[] } | undefined
    if (!list) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource')
    return list.resources
  }

  async close(): Promise<void> {}

  /** The way to who answers for a kind, where that is not this server. */
  #elsewhere({ kind }: ClientRequest | WatchRequest): Transport | undefined {
    if (kind.group === '') return undefined
    return this.#server.aggregator.transportTo(kind.group, kind.version, this.#user)
  }

  async #run(request: ClientRequest, resource: Resource, context: RequestContext, rules?: PartRules): Promise<unknown> {
    const { namespace = '', name = '', options = {}, body } = request
    switch (request.verb) {
      case 'get': {
        const entry = await entryOf(resource, namespace, name)
        if (!entry) throw new StatusError(404, 'NotFound', `${resource.kind.plural} ${JSON.stringify(name)} not found`)
        await resource.ready([entry])
        return resource.objectOf(entry)
      }
      case 'list': {
        const result = await list(resource, namespace, { ...options, ...selectors(options) })
        const items = result.entries.map(entry => resource.objectOf(entry))
        const { continue: next, remainingItemCount } = result
        const metadata = { resourceVersion: String(result.resourceVersion), continue: next, remainingItemCount }
        return { metadata, items } satisfies ListOf<KubeObject>
      }
      case 'create': {
        const review = resource.kind.virtual && reviewOf(resource.kind.plural)
        if (review) return review.answer(this.#server, resource.decode(body, context), namespace, context)
        return resource.objectOf(await create(resource, namespace, resource.decode(body, context), context))
      }
      case 'update': {
        const object = resource.decode(body, context)
        const options = { subresource: request.subresource ?? '', ...rules }
        const { entry } = await update(resource, namespace, name, () => resource.thaw(object), context, options)
        return resource.objectOf(entry)
      }
      case 'patch': {
        const type = request.patchType ?? 'merge'
        const { entry } = await applyPatch(
          resource,
          namespace,
          name,
          request.subresource ?? '',
          type,
          body,
          context,
          options.force,
          [],
          rules,
        )
        return resource.objectOf(entry)
      }
      case 'delete':
        return resource.objectOf(
          (await deleteObject(resource, namespace, name, (body ?? {}) as DeleteOptions, context)).entry,
        )
      case 'deletecollection': {
        const { entries } = await list(resource, namespace, selectors(options))
        await Promise.all(
          entries.map(({ object: { metadata } }) => this.#deleteIfThere(resource, metadata, body, context)),
        )
        return undefined
      }
    }
  }

  async #deleteIfThere(
    resource: Resource,
    { namespace = '', name = '' }: KubeObject['metadata'],
    body: unknown,
    context: RequestContext,
  ): Promise<void> {
    try {
      await deleteObject(resource, namespace, name, (body ?? {}) as DeleteOptions, context)
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error
    }
  }

  async #subresource(request: ClientRequest, resource: Resource, context: RequestContext): Promise<unknown> {
    const { namespace = '', name = '', verb } = request
    const subresource = this.#server.subresources.get(resource)?.get(request.subresource!)
    if (!subresource || isConnect(subresource)) throw methodNotAllowed(resource.kind, verb)
    if (isPart(subresource)) return this.#run(request, resource, context, subresource.rules)
    const target = { server: this.#server, resource, namespace, name, context }
    if (verb === 'get' && subresource.get) return subresource.get(target)
    const body = decodeBody(subresource, request.body)
    if (verb === 'create' && subresource.create) {
      await admitCreate(target, subresource, body)
      return subresource.create(target, body)
    }
    if (verb === 'update' && subresource.update) return subresource.update(target, body)
    throw methodNotAllowed(resource.kind, verb)
  }

  async #authorize(
    verb: string,
    request: ClientRequest | WatchRequest,
    record: AuditRecord | undefined,
  ): Promise<void> {
    const { kind, namespace = '' } = request
    const attributes = {
      user: this.#user,
      verb,
      isResourceRequest: true,
      group: kind.group,
      version: kind.version,
      resource: kind.plural,
      subresource: ('subresource' in request && request.subresource) || '',
      namespace,
      name: ('name' in request && request.name) || '',
      path: '',
    }
    const decision = await this.#server.policy.authorizer.authorize(attributes)
    record?.authorized(decision)
    if (decision.verdict !== 'allow') throw refusal(attributes, decision.reason)
  }

  #context({ options, signal }: ClientRequest, record: AuditRecord | undefined): RequestContext {
    return {
      user: this.#user,
      fieldManager: options?.fieldManager ?? this.#user.name,
      dryRun: options?.dryRun === 'All',
      fieldValidation: 'Ignore',
      warn: () => {},
      signal,
      ...(record && { audit: record }),
    }
  }
}

function selectors({ labelSelector, fieldSelector }: RequestOptions) {
  return {
    labels: labelSelector ? parseSelector(labelSelector) : everything,
    fields: fieldSelector ? parseFieldSelector(fieldSelector) : everyField,
  }
}

function bookmarkOf({ kind }: Resource, revision: number): KubeObject {
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  return { kind: kind.kind, apiVersion: kind.apiVersion, metadata: { resourceVersion: String(revision), annotations } }
}
