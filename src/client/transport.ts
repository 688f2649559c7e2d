import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

/** Query parameters of a request, as upstream names them. */
export interface RequestOptions {
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Of custom.metrics.k8s.io: which series of a metric. */
  readonly metricLabelSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  readonly sendInitialEvents?: boolean
  readonly allowWatchBookmarks?: boolean
  readonly timeoutSeconds?: number
  readonly dryRun?: 'All'
  readonly fieldManager?: string
  readonly force?: boolean
}

/** One API request, independent of how it travels. */
export interface ClientRequest {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
  readonly kind: Kind
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
  /** The object, the patch, or the DeleteOptions. Never changed. */
  readonly body?: unknown
  readonly patchType?: PatchType
  readonly options?: RequestOptions
  readonly signal?: AbortSignal
}

export interface ListOf<T> {
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly T[]
}

export interface WatchRequest {
  readonly kind: Kind
  readonly namespace?: string
  readonly options?: RequestOptions
  readonly signal: AbortSignal
}

/** One event of a watch; a BOOKMARK's object carries only its resourceVersion (and annotations). */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

/** A resource as discovery lists it. Subresources have a slash in their name. */
export interface DiscoveredResource {
  readonly name: string
  readonly singularName?: string
  readonly namespaced: boolean
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

/**
 * How requests reach the API server: inside its process (frozen objects are shared, nothing is serialized) or over HTTP.
 * Both go through authorization and admission. Failures are StatusErrors; objects that come back are frozen.
 */
export interface Transport {
  request(request: ClientRequest): Promise<unknown>
  /**
   * Hands every event to `onEvent`, in order. Resolves when the watch ends by itself (the server's timeout); rejects with
   * StatusError when the server refuses or breaks it off, with the signal's reason when aborted.
   */
  watch(request: WatchRequest, onEvent: (event: WatchEvent) => void): Promise<void>
  /** What a group version has, as discovery says at /apis/GROUP/VERSION. */
  discover(apiVersion: string): Promise<readonly DiscoveredResource[]>
  close(): Promise<void>
}
