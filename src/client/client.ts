import type { InputOf, Kind, KindOf, KubeObject } from '../apimachinery/schema/kind.ts'
import type {
  ClientRequest,
  DiscoveredResource,
  ListOf,
  PatchType,
  RequestOptions,
  Transport,
  WatchEvent,
} from './transport.ts'

/** Where an object is: `namespace` only for namespaced kinds. Every object's metadata fits. */
export interface ObjectKey {
  readonly namespace?: string
  readonly name?: string
}

/** An object with its identity, as it came from the server. */
type Existing = Pick<KubeObject, 'metadata'>

export interface DeleteBody {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

// biome-ignore lint/suspicious/noExplicitAny: any kind, its types are taken by KindOf and InputOf
type AnyKind = Kind<any, any>

/**
 * The one way components reach the API. Objects are typed by their kind and frozen: change a copy. Every method throws
 * StatusError. `fieldManager` names the component in managedFields.
 */
export class Client {
  readonly transport: Transport
  readonly #fieldManager: string | undefined

  constructor(transport: Transport, fieldManager?: string) {
    this.transport = transport
    this.#fieldManager = fieldManager
  }

  /** The same connection under another field manager's name. */
  as(fieldManager: string): Client {
    return new Client(this.transport, fieldManager)
  }

  get<K extends AnyKind>(kind: K, key: ObjectKey, options?: RequestOptions): Promise<KindOf<K>> {
    return this.#do<KindOf<K>>({ verb: 'get', kind, ...keyOf(key), options })
  }

  /** One page when `limit` is given, everything otherwise. `namespace` undefined: all namespaces. */
  list<K extends AnyKind>(
    kind: K,
    { namespace, ...options }: RequestOptions & { namespace?: string } = {},
  ): Promise<ListOf<KindOf<K>>> {
    return this.#do<ListOf<KindOf<K>>>({ verb: 'list', kind, namespace, options })
  }

  create<K extends AnyKind>(kind: K, object: InputOf<K> & { metadata?: ObjectKey }, options?: RequestOptions) {
    const namespace = object.metadata?.namespace
    return this.#do<KindOf<K>>({ verb: 'create', kind, namespace, body: object, options })
  }

  update<K extends AnyKind>(kind: K, object: InputOf<K> & { metadata?: ObjectKey }, options?: RequestOptions) {
    return this.#do<KindOf<K>>({ verb: 'update', kind, ...keyOf(object.metadata ?? {}), body: object, options })
  }

  updateStatus<K extends AnyKind>(kind: K, object: InputOf<K> & { metadata?: ObjectKey }, options?: RequestOptions) {
    const request = { verb: 'update' as const, kind, subresource: 'status', body: object, options }
    return this.#do<KindOf<K>>({ ...request, ...keyOf(object.metadata ?? {}) })
  }

  /** PUT to a subresource that takes the whole object, as namespaces/finalize. */
  updateSubresource<K extends AnyKind>(kind: K, object: InputOf<K> & { metadata?: ObjectKey }, subresource: string) {
    return this.#do<KindOf<K>>({ verb: 'update', kind, subresource, body: object, ...keyOf(object.metadata ?? {}) })
  }

  /** `subresource`: 'status' and the like. */
  patch<K extends AnyKind>(
    kind: K,
    key: ObjectKey,
    patchType: PatchType,
    body: unknown,
    { subresource, ...options }: RequestOptions & { subresource?: string } = {},
  ): Promise<KindOf<K>> {
    return this.#do<KindOf<K>>({ verb: 'patch', kind, ...keyOf(key), subresource, patchType, body, options })
  }

  /** Deletes the object, or begins to. With `existing` instead of a key, only if it still is that very object. */
  async delete<K extends AnyKind>(kind: K, target: ObjectKey | Existing, body: DeleteBody = {}): Promise<void> {
    const existing = 'metadata' in target ? target.metadata : undefined
    const preconditions = body.preconditions ?? (existing && { uid: existing.uid })
    await this.#do({
      verb: 'delete',
      kind,
      ...keyOf(existing ?? (target as ObjectKey)),
      body: { ...body, ...(preconditions && { preconditions }) },
    })
  }

  async deleteCollection<K extends AnyKind>(
    kind: K,
    { namespace, ...options }: RequestOptions & { namespace?: string },
    body: DeleteBody = {},
  ): Promise<void> {
    await this.#do({ verb: 'deletecollection', kind, namespace, body, options })
  }

  /** POST to a subresource, as pods/binding, pods/eviction, serviceaccounts/token. */
  createSubresource<T = unknown>(kind: AnyKind, key: ObjectKey, subresource: string, body: unknown): Promise<T> {
    return this.#do<T>({ verb: 'create', kind, ...keyOf(key), subresource, body })
  }

  /** Events until the signal aborts or the server ends the watch. See Transport.watch. */
  watch<K extends AnyKind>(
    kind: K,
    { namespace, ...options }: RequestOptions & { namespace?: string },
    signal: AbortSignal,
    onEvent: (event: WatchEvent<KindOf<K> & KubeObject>) => void,
  ): Promise<void> {
    return this.transport.watch({ kind, namespace, options, signal }, onEvent as (event: WatchEvent) => void)
  }

  /** What a group version has, as discovery says. */
  discover(apiVersion: string): Promise<readonly DiscoveredResource[]> {
    return this.transport.discover(apiVersion)
  }

  #do<T>(request: ClientRequest): Promise<T> {
    const options = this.#fieldManager ? { fieldManager: this.#fieldManager, ...request.options } : request.options
    return this.transport.request({ ...request, options }) as Promise<T>
  }
}

const keyOf = ({ namespace, name }: ObjectKey) => ({ namespace, name })
