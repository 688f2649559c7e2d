import { event as eventKind } from '../api/core/event.ts'
import { type Clock, rfc3339 } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Random } from '../apimachinery/random.ts'
import type { KubeObject } from '../apimachinery/schema/kind.ts'
import type { Client } from './client.ts'

/** What an event is about. */
export interface Involved {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: KubeObject['metadata']
}

export interface EventOptions {
  /** The part of the object, as `spec.containers{web}`. */
  readonly fieldPath?: string
  /** The node it happened on. */
  readonly host?: string
}

interface Seen {
  readonly name: string
  count: number
  last: number
}

interface Similar {
  readonly messages: Set<string>
  last: number
}

/** Events that recur within this time are counted on one Event. */
const WINDOW_MS = 10 * 60_000
/** So many messages for the same reason make the next ones one combined Event (client-go's defaultAggregateMaxEvents). */
const MAX_SIMILAR = 10
const COMBINED = '(combined from similar events): '
/** Kept in mind for counting (client-go's maxLruCacheEntries). */
const MAX_SEEN = 4096
/** Per source and object: this many at once, then one in five minutes (client-go's spam filter). */
const BURST = 25
const REFILL_MS = 300_000
/** Waiting to be written; more are dropped. */
const MAX_PENDING = 5000
const MAX_MESSAGE = 1024

/**
 * Tells users what happens to objects, as Events. Never throws and never makes its caller wait: an event that cannot be
 * written is dropped (client-go tools/record). Events about one object are written in their order.
 */
export class EventRecorder {
  readonly #client: Client
  readonly #component: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #seen = new Map<string, Seen>()
  readonly #similar = new Map<string, Similar>()
  readonly #tokens = new Map<string, { left: number; at: number }>()
  /** The last write under way for each object. */
  readonly #tails = new Map<string, Promise<void>>()
  #pending = 0

  /** `component` is the source as upstream names it: `kubelet`, `default-scheduler`, `replicaset-controller`. */
  constructor(client: Client, component: string, clock: Clock, random: Random) {
    this.#client = client
    this.#component = component
    this.#clock = clock
    this.#random = random
  }

  normal(object: Involved, reason: string, message: string, options: EventOptions = {}): void {
    this.#record(object, 'Normal', reason, message, options)
  }
  warning(object: Involved, reason: string, message: string, options: EventOptions = {}): void {
    this.#record(object, 'Warning', reason, message, options)
  }

  /** Resolves once every event so far is written or dropped. */
  async flushed(): Promise<void> {
    await Promise.all(this.#tails.values())
  }

  #record(object: Involved, type: string, reason: string, message: string, options: EventOptions): void {
    const { kind, metadata } = object
    const about = `${kind} ${metadata.namespace ?? ''}/${metadata.name} ${metadata.uid}`
    if (this.#pending >= MAX_PENDING || !this.#mayWrite(about, this.#clock.now())) return
    this.#pending++
    const write = () => this.#write(object, type, reason, message, options).catch(() => {})
    const before = this.#tails.get(about)
    const tail = (before ? before.then(write) : write()).then(() => {
      this.#pending--
      if (this.#tails.get(about) === tail) this.#tails.delete(about)
    })
    this.#tails.set(about, tail)
  }

  async #write(object: Involved, type: string, reason: string, text: string, options: EventOptions): Promise<void> {
    const { metadata, kind, apiVersion } = object
    const now = this.#clock.now()
    const namespace = metadata.namespace || 'default'
    const group = [kind, namespace, metadata.name, metadata.uid, type, reason, options.fieldPath, options.host].join(
      '\0',
    )
    const combined = this.#isOneOfMany(group, text, now)
    const message = (combined ? COMBINED + text : text).slice(0, MAX_MESSAGE)
    const key = combined ? group : `${group}\0${text}`
    const seen = this.#seen.get(key)
    if (seen && now - seen.last < WINDOW_MS) {
      seen.count++
      seen.last = now
      const patch = { count: seen.count, lastTimestamp: rfc3339(now), message }
      try {
        await this.#client.patch(eventKind, { namespace, name: seen.name }, 'merge', patch)
        return
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error
      }
    }
    const name = `${metadata.name}.${this.#suffix(now)}`
    remember(this.#seen, key, { name, count: 1, last: now })
    await this.#client.create(eventKind, {
      metadata: { name, namespace },
      involvedObject: {
        kind,
        apiVersion,
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
        fieldPath: options.fieldPath,
      },
      reason,
      message,
      type,
      count: 1,
      firstTimestamp: rfc3339(now),
      lastTimestamp: rfc3339(now),
      source: { component: this.#component, host: options.host },
      reportingComponent: this.#component,
      reportingInstance: options.host ?? '',
    })
  }

  /** The time in nanoseconds, in hexadecimal; what the clock does not tell is random. */
  #suffix(now: number): string {
    return (BigInt(Math.floor(now)) * 1_000_000n + BigInt(Math.floor(this.#random.next() * 1_000_000))).toString(16)
  }

  #isOneOfMany(group: string, message: string, now: number): boolean {
    let similar = this.#similar.get(group)
    if (!similar || now - similar.last > WINDOW_MS) {
      similar = { messages: new Set(), last: now }
      remember(this.#similar, group, similar)
    }
    similar.last = now
    if (similar.messages.size < MAX_SIMILAR) similar.messages.add(message)
    return similar.messages.size >= MAX_SIMILAR && !this.#seen.has(`${group}\0${message}`)
  }

  #mayWrite(key: string, now: number): boolean {
    const bucket = this.#tokens.get(key) ?? { left: BURST, at: now }
    bucket.left = Math.min(BURST, bucket.left + (now - bucket.at) / REFILL_MS)
    bucket.at = now
    remember(this.#tokens, key, bucket)
    if (bucket.left < 1) return false
    bucket.left--
    return true
  }
}

/** Puts a value at the young end of a map that forgets its oldest. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  if (map.size >= MAX_SEEN) map.delete(map.keys().next().value!)
  map.set(key, value)
}
