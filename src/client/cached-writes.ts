import type { KubeObject } from '../apimachinery/schema/kind.ts'
import type { Informer } from './informer.ts'
import { keyOf } from './informer.ts'
import type { Informers } from './informers.ts'
import type { ClientRequest, DiscoveredResource, Transport, WatchEvent, WatchRequest } from './transport.ts'

/**
 * A transport whose writes return only once the shared caches show them. A controller that reads from those caches so always
 * sees what it did itself, and needs no book-keeping of expected creations and deletions (client-go's expectations).
 */
export class CachedWrites implements Transport {
  readonly #transport: Transport
  readonly #informers: Informers

  constructor(transport: Transport, informers: Informers) {
    this.#transport = transport
    this.#informers = informers
  }

  async request(request: ClientRequest): Promise<unknown> {
    const { verb, kind, options } = request
    const informer = this.#informers.existing(kind)
    if (!informer?.synced || options?.dryRun || verb === 'get' || verb === 'list' || verb === 'deletecollection') {
      return this.#transport.request(request)
    }
    if (verb === 'delete') return this.#delete(request, informer)
    const answer = await this.#transport.request(request)
    const { resourceVersion } = (answer as Partial<KubeObject> | undefined)?.metadata ?? {}
    if (resourceVersion && !isOther(request)) await informer.reached(resourceVersion)
    return answer
  }

  /** A deletion's answer has no revision to wait for: wait until what the cache holds is gone, or marked as deleted. */
  async #delete(request: ClientRequest, informer: Informer<KubeObject>): Promise<unknown> {
    const { namespace, name } = request
    const key = keyOf({ metadata: { namespace, name } } as KubeObject)
    const before = informer.get(key)
    const answer = await this.#transport.request(request)
    if (before && !before.metadata.deletionTimestamp) await informer.changedFrom(key, before)
    return answer
  }

  watch(request: WatchRequest, onEvent: (event: WatchEvent) => void): Promise<void> {
    return this.#transport.watch(request, onEvent)
  }

  discover(apiVersion: string): Promise<readonly DiscoveredResource[]> {
    return this.#transport.discover(apiVersion)
  }

  close(): Promise<void> {
    return this.#transport.close()
  }
}

/** Answers of these are not the object itself, so that their revision says nothing about it. */
const isOther = ({ subresource }: ClientRequest) => subresource !== undefined && subresource !== 'status'
