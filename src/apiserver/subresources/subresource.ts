import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import type { ApiServer } from '../apiserver.ts'
import type { RequestInfo } from '../endpoints/request-info.ts'
import type { Resource } from '../registry/resource.ts'
import type { PartRules } from '../registry/update.ts'
import type { RequestContext } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'

/** The object a subresource request is about. */
export interface Target {
  readonly server: ApiServer
  readonly resource: Resource
  readonly namespace: string
  readonly name: string
  readonly context: RequestContext
}

/** A subresource whose requests carry objects: scale, binding, eviction, token. Any verb may be missing. */
export interface ObjectSubresource {
  readonly name: string
  /** What bodies and answers are. */
  readonly kind: Kind
  get?(target: Target): KubeObject | Promise<KubeObject>
  create?(target: Target, body: KubeObject): Promise<KubeObject>
  /** PUT, and PATCH after the patch has been applied to what `get` gives. */
  update?(target: Target, body: KubeObject): Promise<KubeObject>
}

/**
 * A subresource that is the object itself, of which it lets a part be written: ephemeralcontainers, resize. Read, written,
 * patched and applied as the object is, under rules of its own.
 */
export interface PartSubresource {
  readonly name: string
  readonly kind: Kind
  readonly rules: PartRules
}

/** A subresource that is a connection: log, exec, attach, portforward, proxy. */
export interface ConnectSubresource {
  readonly name: string
  readonly kind: Kind
  readonly methods: readonly string[]
  /** A plain request. */
  connect(target: Target, exchange: Exchange, info: RequestInfo): Promise<void>
  /** A request that leaves HTTP. */
  upgrade?(target: Target, request: IncomingMessage, socket: Duplex, head: Buffer, info: RequestInfo): Promise<void>
}

export type Subresource = ObjectSubresource | PartSubresource | ConnectSubresource
export const isPart = (subresource: Subresource): subresource is PartSubresource => 'rules' in subresource
export const isConnect = (subresource: Subresource): subresource is ConnectSubresource => 'connect' in subresource

/** The verbs an object subresource offers, as discovery lists them. */
export function verbsOf(subresource: Subresource): string[] {
  if (isConnect(subresource)) {
    const verbs: Record<string, string> = {
      GET: 'get',
      POST: 'create',
      PUT: 'update',
      PATCH: 'patch',
      DELETE: 'delete',
    }
    return [...new Set(subresource.methods.map(m => verbs[m]!))].sort()
  }
  if (isPart(subresource)) return ['get', 'patch', 'update']
  const { get, create, update } = subresource
  return [
    ...(create ? ['create'] : []),
    ...(get ? ['get'] : []),
    ...(update && get ? ['patch'] : []),
    ...(update ? ['update'] : []),
  ]
}
