import { internalError, type Status, StatusError } from '../../apimachinery/errors.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { encodeProtobuf } from '../../apimachinery/schema/protobuf.ts'
import { formatYaml } from '../../apimachinery/yaml.ts'
import type { Entry } from '../cacher/entry.ts'
import type { ListResult } from '../registry/list.ts'
import type { Resource } from '../registry/resource.ts'
import type { Exchange } from '../server/exchange.ts'
import { CONTENT_TYPES, type Negotiated } from './negotiate.ts'
import { partialMetadata, tableOf } from './table.ts'

/** Bytes put together before they are handed to the connection. */
const LIST_CHUNK = 256 * 1024
const COMMA = Buffer.from(',')

/** Answers with one object. Its JSON bytes go out as they lie in the cache. */
export function respondEntry<T extends KubeObject>(
  exchange: Exchange,
  resource: Resource<T>,
  entry: Entry<T>,
  negotiated: Negotiated,
  now: number,
  status = 200,
): void {
  if (negotiated.encoding === 'json' && !negotiated.as) {
    exchange.respond(status, CONTENT_TYPES.json, resource.bytesOf(entry))
    return
  }
  respondObject(exchange, resource.kind as unknown as Kind, resource.objectOf(entry), negotiated, now, status)
}

/** Answers with an object that does not lie in a cache as it is. */
export function respondObject(
  exchange: Exchange,
  kind: Kind,
  object: KubeObject,
  negotiated: Negotiated,
  now: number,
  status = 200,
): void {
  if (negotiated.encoding === 'protobuf' && !negotiated.as) {
    exchange.note?.(object)
    exchange.respond(status, CONTENT_TYPES.protobuf, encodeProtobuf(kind, object))
    return
  }
  respondJson(exchange, status, transformed(exchange, kind, object, negotiated, now), negotiated)
}

function transformed(
  exchange: Exchange,
  kind: Kind,
  object: KubeObject,
  { as, asVersion = 'v1' }: Negotiated,
  now: number,
): object {
  if (!as) return object
  if (as !== 'Table') return partialMetadata(object, asVersion)
  const metadata = { resourceVersion: object.metadata.resourceVersion }
  return tableOf(kind, [object], metadata, {
    includeObject: includeObject(exchange),
    version: asVersion,
    now,
  })
}

/** What a table's rows should carry, by the request's includeObject parameter. */
export function includeObject(exchange: Exchange): 'Metadata' | 'Object' | 'None' {
  const wanted = exchange.query.string('includeObject')
  return wanted === 'Object' || wanted === 'None' ? wanted : 'Metadata'
}

/** Answers with a list, joining the items' cached bytes. */
export async function respondList<T extends KubeObject>(
  exchange: Exchange,
  resource: Resource<T>,
  result: ListResult<T>,
  negotiated: Negotiated,
  now: number,
): Promise<void> {
  const { kind } = resource
  const metadata = {
    resourceVersion: String(result.resourceVersion),
    ...(result.continue && { continue: result.continue }),
    ...(result.remainingItemCount !== undefined && { remainingItemCount: result.remainingItemCount }),
  }
  const { as, asVersion = 'v1', encoding } = negotiated
  if (encoding === 'json' && !as) {
    const head = `{"kind":"${listKindOf(kind)}","apiVersion":"${kind.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`
    await sendJoined(exchange, resource, result.entries, head)
    return
  }
  const objects = result.entries.map(entry => resource.objectOf(entry))
  if (as === 'Table') {
    const options = { includeObject: includeObject(exchange), version: asVersion, now }
    respondJson(exchange, 200, tableOf(kind as Kind, objects, metadata, options), negotiated)
  } else if (as) {
    const items = objects.map(object => partialMetadata(object, asVersion))
    const listKind = 'PartialObjectMetadataList'
    respondJson(exchange, 200, { kind: listKind, apiVersion: `meta.k8s.io/${asVersion}`, metadata, items }, negotiated)
  } else if (encoding === 'protobuf') {
    exchange.note?.({ kind: listKindOf(kind), apiVersion: kind.apiVersion, metadata, items: objects })
    exchange.respond(200, CONTENT_TYPES.protobuf, encodeProtobuf(kind, { metadata, items: objects }))
  } else {
    const body = { kind: listKindOf(kind), apiVersion: kind.apiVersion, metadata, items: objects }
    respondJson(exchange, 200, body, negotiated)
  }
}

const listKindOf = ({ kind, listKind }: Pick<Kind, 'kind' | 'listKind'>): string => listKind ?? `${kind}List`

async function sendJoined<T extends KubeObject>(
  exchange: Exchange,
  resource: Resource<T>,
  entries: readonly Entry<T>[],
  head: string,
): Promise<void> {
  let parts: Buffer[] = [Buffer.from(head)]
  let length = 0
  let stream: ReturnType<Exchange['stream']> | undefined
  for (const [i, entry] of entries.entries()) {
    if (i > 0) parts.push(COMMA)
    const bytes = resource.bytesOf(entry)
    parts.push(bytes)
    length += bytes.length
    if (length < LIST_CHUNK) continue
    stream ??= exchange.stream(200, CONTENT_TYPES.json, true)
    if (!stream.write(Buffer.concat(parts))) await stream.drained()
    if (exchange.signal.aborted) return
    parts = []
    length = 0
  }
  parts.push(Buffer.from(']}'))
  if (!stream) return exchange.respond(200, CONTENT_TYPES.json, Buffer.concat(parts))
  stream.write(Buffer.concat(parts))
  stream.end()
}

/** Answers with a value that is no cached object. */
export function respondJson(exchange: Exchange, status: number, value: unknown, negotiated?: Negotiated): void {
  if (negotiated?.encoding === 'yaml') {
    exchange.note?.(value)
    exchange.respond(status, CONTENT_TYPES.yaml, formatYaml(value))
  } else exchange.respond(status, CONTENT_TYPES.json, JSON.stringify(value))
}

/** The Status of any error; what is no API error becomes a 500 that says no more than its message. */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.status
  return internalError(error instanceof Error ? error.message : String(error)).status
}

export function respondError(exchange: Exchange, error: unknown): void {
  const status = statusOf(error)
  const retryAfter = status.details?.retryAfterSeconds
  if (retryAfter) exchange.setHeader('retry-after', String(retryAfter))
  exchange.respond(status.code, CONTENT_TYPES.json, JSON.stringify(status))
}
