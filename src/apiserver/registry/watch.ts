import { anySignal } from '../../apimachinery/abort.ts'
import { expired } from '../../apimachinery/errors.ts'
import { everyField, type FieldSelector } from '../../apimachinery/fields.ts'
import { everything, type Selector } from '../../apimachinery/labels.ts'
import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import { CompactedError, prefixEnd } from '../../storage/store.ts'
import type { CacheEvent } from '../cacher/cacher.ts'
import type { Entry } from '../cacher/entry.ts'
import { matcher, parseRevision } from './list.ts'
import type { Resource } from './resource.ts'

export interface WatchOptions {
  readonly labels?: Selector
  readonly fields?: FieldSelector
  /** '' and '0': begin with what is there; otherwise every change after this revision. */
  readonly resourceVersion?: string
  /** Begin with what is there, then a bookmark that says so (KEP-3157). */
  readonly sendInitialEvents?: boolean
  readonly signal: AbortSignal
}

/** Takes the events of one watch, in order. Must not throw. */
export interface WatchSink<T extends KubeObject> {
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', entry: Entry<T>): void
  /** The initial events have all been sent; the watch is at `revision`. */
  initialEventsEnd?(revision: number): void
  /** An object could not be had in the watched version; no more events come. */
  failed?(error: unknown): void
}

/** An event as a watch with selectors sees it. */
type Seen<T extends KubeObject> = [type: 'ADDED' | 'MODIFIED' | 'DELETED', entry: Entry<T>]

/**
 * Sends changes of a namespace's objects ('' for all) to `sink` until the signal aborts: what the options ask to begin with,
 * then every change, each exactly once, in revision order. Resolves once the past has been sent and the watch is live.
 * Throws 410 Expired when the asked revision is no longer kept.
 */
export async function watch<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  options: WatchOptions,
  sink: WatchSink<T>,
): Promise<void> {
  const { cacher, deps } = resource
  const prefix = namespace && resource.kind.scope === 'Namespaced' ? `${namespace}/` : ''
  const matches = matcher(resource, options.labels ?? everything, options.fields ?? everyField)
  const seen = (event: CacheEvent<T>): Seen<T> | undefined => {
    const before = event.previous !== undefined && matches(event.previous)
    if (event.type !== 'DELETED' && matches(event.entry)) return [before ? 'MODIFIED' : 'ADDED', event.entry]
    if (!before) return undefined
    return ['DELETED', event.type === 'DELETED' ? event.entry : event.previous!.at(event.revision)]
  }
  const deliver = (event: CacheEvent<T>) => {
    const change = seen(event)
    if (change) sink.event(...change)
  }
  const inTurn = resource.conversion?.fetch && queueOf(resource, seen, sink, options.signal)
  const send = (event: CacheEvent<T>) => {
    if (!prefix || event.entry.key.startsWith(prefix)) (inTurn ?? deliver)(event)
  }

  const { resourceVersion = '' } = options
  const fromNow = options.sendInitialEvents || resourceVersion === '' || resourceVersion === '0'
  const revision = deps.feed.revision
  if (fromNow) {
    const present = options.sendInitialEvents === false ? [] : [...cacher.scan(prefix)]
    // What changes while the present objects are made ready comes after them.
    const early: CacheEvent<T>[] = []
    let begun = !inTurn
    const stop = cacher.listen(event => (begun ? send(event) : early.push(event)))
    options.signal.addEventListener('abort', stop, { once: true })
    if (inTurn) await resource.ready(present)
    for (const entry of present) if (matches(entry)) sink.event('ADDED', entry)
    sink.initialEventsEnd?.(revision)
    for (const event of early) send(event)
    begun = true
    return
  }

  const from = parseRevision(resourceVersion)
  if (from >= cacher.lastChange) {
    const live = from > revision ? (event: CacheEvent<T>) => event.revision > from && send(event) : send
    options.signal.addEventListener('abort', cacher.listen(live), { once: true })
    return
  }
  await replay(resource, from, prefix, options.signal, send)
}

/** Delivers events in order, each once its objects are there in the resource's version. */
function queueOf<T extends KubeObject>(
  resource: Resource<T>,
  seen: (event: CacheEvent<T>) => Seen<T> | undefined,
  sink: WatchSink<T>,
  signal: AbortSignal,
): (event: CacheEvent<T>) => void {
  let last = Promise.resolve()
  let broken = false
  return event => {
    last = last.then(async () => {
      if (broken || signal.aborted) return
      try {
        await resource.ready([event.entry, event.previous])
        const change = seen(event)
        if (!change) return
        // The state in which an object leaves the selection is an entry of its own.
        await resource.ready([change[1]])
        sink.event(...change)
      } catch (error) {
        broken = true
        sink.failed?.(error)
      }
    })
  }
}

/** The kept past from the store, then the live feed, with neither a gap nor a repetition between them. */
async function replay<T extends KubeObject>(
  { cacher, deps }: Resource<T>,
  from: number,
  prefix: string,
  signal: AbortSignal,
  send: (event: CacheEvent<T>) => void,
): Promise<void> {
  const waiting: CacheEvent<T>[] = []
  let caughtUp = false
  const stop = cacher.listen(event => (caughtUp ? send(event) : waiting.push(event)))
  signal.addEventListener('abort', stop, { once: true })
  const until = deps.feed.revision
  const start = cacher.prefix + prefix
  const past = new AbortController()
  try {
    const combined = anySignal(signal, past.signal)
    for await (const batch of deps.store.watch(start, prefixEnd(start), from + 1, combined)) {
      for (const stored of batch.events) {
        if (stored.kv.modRevision > until) continue
        const event = cacher.toEvent(stored, stored.kv.modRevision)
        if (event) send(event)
      }
      if (batch.revision >= until) break
    }
  } catch (error) {
    stop()
    if (error instanceof CompactedError) throw expired(`too old resource version: ${from} (${error.compactedRevision})`)
    throw error
  } finally {
    past.abort()
  }
  for (const event of waiting) if (event.revision > until) send(event)
  caughtUp = true
}
