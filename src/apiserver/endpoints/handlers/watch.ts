import { sleep } from '../../../apimachinery/clock.ts'
import type { KubeObject } from '../../../apimachinery/schema/kind.ts'
import { encodeProtobufWatchEvent } from '../../../apimachinery/schema/protobuf.ts'
import type { Entry } from '../../cacher/entry.ts'
import { parseRevision } from '../../registry/list.ts'
import type { Resource } from '../../registry/resource.ts'
import { watch as watchEntries } from '../../registry/watch.ts'
import { CONTENT_TYPES, type Negotiated } from '../negotiate.ts'
import { includeObject, statusOf } from '../respond.ts'
import { partialMetadata, tableOf } from '../table.ts'
import { selectorsOf } from './list.ts'
import { checkListOptions } from './list-options.ts'
import { negotiated, type Scope } from './scope.ts'

/** Shortest a watch lives when the client names no timeout; up to twice as long, so that reconnects spread out. */
const MIN_TIMEOUT_SECONDS = 1800
const BOOKMARK_INTERVAL_MS = 60_000
/** A client this far behind is cut off; it lists again or watches from where it was. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024

/** A watch: one JSON document per event, until the client leaves or the timeout passes. */
export async function watch(scope: Scope): Promise<void> {
  const { exchange, info, resource } = scope
  const form = negotiated(scope)
  checkListOptions(exchange.query)
  const selectors = selectorsOf(scope)
  const { query } = exchange
  checkVersion(query.string('resourceVersion'))
  const timeout = query.int('timeoutSeconds') || MIN_TIMEOUT_SECONDS * (1 + resource.deps.random.next())
  const end = new AbortController()
  const stop = () => end.abort()
  exchange.signal.addEventListener('abort', stop, { once: true })
  scope.context.signal?.addEventListener('abort', stop, { once: true, signal: end.signal })
  resource.gone.addEventListener('abort', stop, { once: true, signal: end.signal })

  const contentType = form.encoding === 'protobuf' ? `${CONTENT_TYPES.protobuf};stream=watch` : CONTENT_TYPES.json
  const stream = exchange.stream(200, contentType)
  const encode = encoderFor(scope, form)
  const bookmarks = query.bool('allowWatchBookmarks')
  const initial = query.bool('sendInitialEvents')
  const write = (frame: Buffer) => {
    if (end.signal.aborted) return
    if (!stream.write(frame) && stream.pending > MAX_PENDING_BYTES) stop()
  }
  let live = false
  try {
    await watchEntries(
      resource,
      info.namespace,
      {
        ...selectors,
        resourceVersion: query.string('resourceVersion'),
        sendInitialEvents: query.has('sendInitialEvents') ? initial : undefined,
        signal: end.signal,
      },
      {
        event: (type, entry) => write(encode(type, entry)),
        failed: error => {
          write(frameOf('ERROR', statusOf(error), form))
          stop()
        },
        initialEventsEnd: revision => {
          if (initial && bookmarks) write(bookmark(resource, revision, form, { 'k8s.io/initial-events-end': 'true' }))
        },
      },
    )
    live = true
    scope.caughtUp()
    await lifetime(scope, timeout * 1000, end.signal, () => {
      if (bookmarks) write(bookmark(resource, resource.deps.feed.revision, form))
    })
  } catch (error) {
    if (!end.signal.aborted) write(frameOf('ERROR', statusOf(error), form))
  } finally {
    if (live && bookmarks && !end.signal.aborted) write(bookmark(resource, resource.deps.feed.revision, form))
    stop()
    stream.end()
  }
}

/** What can be refused is, before the answer has begun. */
function checkVersion(resourceVersion: string): void {
  if (resourceVersion) parseRevision(resourceVersion)
}

/** Passes the time until the timeout or the signal, calling `tick` at each bookmark interval. */
async function lifetime({ clock }: Scope, ms: number, signal: AbortSignal, tick: () => void): Promise<void> {
  const end = clock.now() + ms
  try {
    for (let left = ms; left > 0; left = end - clock.now()) {
      await sleep(clock, Math.min(left, BOOKMARK_INTERVAL_MS), signal)
      if (end > clock.now()) tick()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

type Encode = (type: string, entry: Entry) => Buffer

/** Frames of an entry by event type, shared by every watcher that gets the plain JSON form. */
const frames = new WeakMap<Entry, Map<string, Buffer>>()

function encoderFor(scope: Scope, form: Negotiated): Encode {
  const { resource, exchange, clock } = scope
  if (form.as === 'Table') {
    let first = true
    const includes = includeObject(exchange)
    return (type, entry) => {
      const object = resource.objectOf(entry)
      const metadata = { resourceVersion: object.metadata.resourceVersion }
      const version = form.asVersion ?? 'v1'
      const options = { includeObject: includes, version, now: clock.now(), noHeaders: !first }
      first = false
      return frameOf(type, tableOf(resource.kind, [object], metadata, options), form)
    }
  }
  if (form.as) {
    return (type, entry) => frameOf(type, partialMetadata(resource.objectOf(entry), form.asVersion ?? 'v1'), form)
  }
  if (form.encoding === 'protobuf') {
    return (type, entry) => encodeProtobufWatchEvent(type, resource.kind, resource.objectOf(entry))
  }
  return (type, entry) => sharedFrame(resource, type, entry)
}

function sharedFrame(resource: Resource, type: string, entry: Entry): Buffer {
  let byType = frames.get(entry)
  if (!byType) {
    byType = new Map()
    frames.set(entry, byType)
  }
  const key = resource.conversion ? `${type} ${resource.kind.apiVersion}` : type
  let frame = byType.get(key)
  if (!frame) {
    frame = Buffer.concat([Buffer.from(`{"type":"${type}","object":`), resource.bytesOf(entry), Buffer.from('}\n')])
    byType.set(key, frame)
  }
  return frame
}

function frameOf(type: string, object: unknown, form: Negotiated): Buffer {
  if (form.encoding === 'protobuf' && !form.as) {
    return encodeProtobufWatchEvent(type, undefined, object as KubeObject)
  }
  return Buffer.from(`${JSON.stringify({ type, object })}\n`)
}

/** An event that only says how far the watch has come. */
function bookmark(
  resource: Resource,
  revision: number,
  form: Negotiated,
  annotations?: Record<string, string>,
): Buffer {
  const { kind } = resource
  const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...(annotations && { annotations }) }
  if (form.as === 'Table') {
    const object = {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${form.asVersion ?? 'v1'}`,
      metadata,
      columnDefinitions: null,
      rows: [],
    }
    return frameOf('BOOKMARK', object, form)
  }
  const object = {
    kind: kind.kind,
    apiVersion: kind.apiVersion,
    metadata: { ...metadata, creationTimestamp: undefined },
  }
  if (form.encoding === 'protobuf' && !form.as) {
    return encodeProtobufWatchEvent('BOOKMARK', kind, object as unknown as KubeObject)
  }
  return frameOf(
    'BOOKMARK',
    form.as ? partialMetadata(object as unknown as KubeObject, form.asVersion ?? 'v1') : object,
    form,
  )
}
