import { badRequest, expired, StatusError } from '../../apimachinery/errors.ts'
import { everyField, type FieldSelector } from '../../apimachinery/fields.ts'
import { everything, type Selector } from '../../apimachinery/labels.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { CompactedError, FutureRevisionError, prefixEnd } from '../../storage/store.ts'
import { Entry } from '../cacher/entry.ts'
import { listComputed } from './computed.ts'
import type { Resource } from './resource.ts'

export interface ListOptions {
  readonly labels?: Selector
  readonly fields?: FieldSelector
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: string
}

export interface ListResult<T extends KubeObject> {
  readonly entries: Entry<T>[]
  readonly resourceVersion: number
  readonly continue?: string
  readonly remainingItemCount?: number
}

interface ContinueToken {
  readonly v: 'meta.k8s.io/v1'
  /** -1: go on in the newest state, giving up consistency. */
  readonly rv: number
  readonly start: string
}

const encodeContinue = (token: ContinueToken) => Buffer.from(JSON.stringify(token)).toString('base64url')

/** All matching objects of a namespace ('' for all), consistent at one revision. Throws StatusError. */
export async function list<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  options: ListOptions = {},
): Promise<ListResult<T>> {
  if (resource.computed) return listComputed(resource, resource.computed, namespace, options)
  const token = options.continue ? parseContinue(options) : undefined
  const now = resource.deps.feed.revision
  const wanted = wantedRevision(options, token, now)
  const prefix = namespace && resource.kind.scope === 'Namespaced' ? `${namespace}/` : ''
  const start = token?.start ?? prefix
  if (wanted === undefined || wanted === now || resource.cacher.lastChange <= wanted) {
    const entries = resource.cacher.scan(prefix, start)
    return readyPage(resource, entries, wanted ?? now, options)
  }
  return fromStore(resource, prefix, start, wanted, options)
}

/** The revision that has to be read exactly; undefined when the newest will do. */
function wantedRevision(options: ListOptions, token: ContinueToken | undefined, now: number): number | undefined {
  if (token) return token.rv < 0 ? undefined : token.rv
  const { resourceVersion = '', resourceVersionMatch: match } = options
  if (match && !resourceVersion) {
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided')
  }
  if (!resourceVersion || resourceVersion === '0') {
    if (match === 'Exact') throw badRequest('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    return undefined
  }
  const revision = parseRevision(resourceVersion)
  if (revision > now) throw tooLarge(revision, now)
  return match === 'Exact' || (options.limit && !match) ? revision : undefined
}

/** A resourceVersion given by a client as a revision. */
export function parseRevision(resourceVersion: string): number {
  if (!/^\d+$/.test(resourceVersion)) {
    throw badRequest(`Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: invalid syntax`)
  }
  return Number(resourceVersion)
}

/** The client has seen a newer state than this server (storage.NewTooLargeResourceVersionError). */
export function tooLarge(revision: number, now: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${revision}, current: ${now}`, {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  })
}

async function fromStore<T extends KubeObject>(
  resource: Resource<T>,
  prefix: string,
  start: string,
  revision: number,
  options: ListOptions,
): Promise<ListResult<T>> {
  const { cacher, deps } = resource
  try {
    const range = await deps.store.range(cacher.prefix + start, prefixEnd(cacher.prefix + prefix), { revision })
    const entries = range.kvs.map(kv => {
      const key = kv.key.slice(cacher.prefix.length)
      const cached = cacher.get(key)
      return cached?.revision === kv.modRevision ? cached : new Entry<T>(key, kv.modRevision, kv.value)
    })
    return await readyPage(resource, entries, revision, options)
  } catch (error) {
    if (error instanceof CompactedError) throw tooOld(options, start)
    if (error instanceof FutureRevisionError) throw tooLarge(revision, deps.store.revision)
    throw error
  }
}

function tooOld(options: ListOptions, start: string): StatusError {
  if (!options.continue) return expired('The resourceVersion for the provided list is too old.')
  const error = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  )
  const metadata: Record<string, string> = error.status.metadata
  metadata.continue = encodeContinue({ v: 'meta.k8s.io/v1', rv: -1, start })
  return error
}

/** A page whose objects are there in the resource's version; with selectors all have to be, before they are looked at. */
async function readyPage<T extends KubeObject>(
  resource: Resource<T>,
  entries: Iterable<Entry<T>>,
  revision: number,
  options: ListOptions,
): Promise<ListResult<T>> {
  const { labels = everything, fields = everyField } = options
  if (!resource.conversion?.fetch || (labels === everything && fields === everyField)) {
    const result = page(resource, entries, revision, options)
    await resource.ready(result.entries)
    return result
  }
  const all = [...entries]
  await resource.ready(all)
  return page(resource, all, revision, options)
}

function page<T extends KubeObject>(
  resource: Resource<T>,
  entries: Iterable<Entry<T>>,
  revision: number,
  options: ListOptions,
): ListResult<T> {
  const { labels = everything, fields = everyField, limit = 0 } = options
  const matches = matcher(resource, labels, fields)
  const selected: Entry<T>[] = []
  const iterator = entries[Symbol.iterator]()
  for (let step = iterator.next(); !step.done; step = iterator.next()) {
    if (!matches(step.value)) continue
    if (limit > 0 && selected.length === limit) {
      const token = encodeContinue({ v: 'meta.k8s.io/v1', rv: revision, start: step.value.key })
      let remaining: number | undefined
      if (labels === everything && fields === everyField) {
        remaining = 1
        for (let rest = iterator.next(); !rest.done; rest = iterator.next()) remaining++
      }
      return { entries: selected, resourceVersion: revision, continue: token, remainingItemCount: remaining }
    }
    selected.push(step.value)
  }
  return { entries: selected, resourceVersion: revision }
}

/** A test for entries by label and field selectors; constant where there are none. */
export function matcher<T extends KubeObject>(
  resource: Resource<T>,
  labels: Selector,
  fields: FieldSelector,
): (entry: Entry<T>) => boolean {
  if (labels === everything && fields === everyField) return () => true
  return entry => {
    const object = resource.objectOf(entry)
    return (
      (labels === everything || labels.matches(object.metadata.labels)) &&
      (fields === everyField || fields.matches(field => readField(resource, object, field)))
    )
  }
}

function readField<T extends KubeObject>({ kind }: Resource<T>, object: T, field: string): string {
  if (field === 'metadata.name') return object.metadata.name ?? ''
  if (field === 'metadata.namespace') return object.metadata.namespace ?? ''
  return kind.selectableFields?.[field]?.(object) ?? ''
}

/** Refuses field selectors the kind does not offer. */
export function checkFieldSelector({ kind }: Resource, fields: FieldSelector): void {
  for (const { field } of fields.requirements) {
    const known =
      field === 'metadata.name' ||
      (field === 'metadata.namespace' && kind.scope === 'Namespaced') ||
      Object.hasOwn(kind.selectableFields ?? {}, field)
    if (!known) throw badRequest(`field label not supported: ${field}`)
  }
}

function parseContinue(options: ListOptions): ContinueToken {
  if (options.resourceVersion && options.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  try {
    const token = JSON.parse(Buffer.from(options.continue!, 'base64url').toString()) as ContinueToken
    if (token.v !== 'meta.k8s.io/v1' || typeof token.start !== 'string' || !Number.isInteger(token.rv))
      throw new Error()
    if (token.start.includes('/../') || token.start.startsWith('../')) throw new Error()
    return token
  } catch {
    throw badRequest(
      'continue key is not valid: incorrect encoded start key (continue tokens come from a previous list)',
    )
  }
}
