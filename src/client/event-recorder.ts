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
  readonly first: string
  count: number
  last: number
}

/** Events that recur within this time are counted on one Event. */
const WINDOW_MS = 10 * 60_000
/** Kept in mind for counting (client-go's maxLruCacheEntries). */
const MAX_SEEN = 4096
/** Per source and object: this many at once, then one in five minutes (client-go's spam filter). */
const BURST = 25
const REFILL_MS = 300_000

/**
 * Tells users what happens to objects, as Events. Never throws and never makes its caller wait: an event that cannot be
 * written is dropped (client-go tools/record).
 */
export class EventRecorder {
  readonly #client: Client
  readonly #component: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #seen = new Map<string, Seen>()
  readonly #tokens = new Map<string, { left: number; at: number }>()
  #tail: Promise<void> = Promise.resolve()

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
  flushed(): Promise<void> {
    return this.#tail
  }

  #record(object: Involved, type: string, reason: string, message: string, options: EventOptions): void {
    this.#tail = this.#tail.then(() => this.#write(object, type, reason, message, options)).catch(() => {})
  }

  async #write(object: Involved, type: string, reason: string, message: string, options: EventOptions): Promise<void> {
    const { metadata, kind, apiVersion } = object
    const now = this.#clock.now()
    if (!this.#mayWrite(`${kind} ${metadata.uid}`, now)) return
    const namespace = metadata.namespace || 'default'
    const key = [kind, namespace, metadata.name, metadata.uid, type, reason, message, options.fieldPath].join('\0')
    const seen = this.#seen.get(key)
    if (seen && now - seen.last < WINDOW_MS) {
      seen.count++
      seen.last = now
      const patch = { count: seen.count, lastTimestamp: rfc3339(now) }
      try {
        await this.#client.patch(eventKind, { namespace, name: seen.name }, 'merge', patch)
        return
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error
      }
    }
    const suffix = Math.floor(now * 1e6 + this.#random.next() * 1e6).toString(16)
    const name = `${metadata.name}.${suffix}`
    this.#remember(key, { name, first: rfc3339(now), count: 1, last: now })
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
      message: message.slice(0, 1024),
      type,
      count: 1,
      firstTimestamp: rfc3339(now),
      lastTimestamp: rfc3339(now),
      source: { component: this.#component, host: options.host },
      reportingComponent: this.#component,
      reportingInstance: options.host ?? '',
    })
  }

  #mayWrite(key: string, now: number): boolean {
    const bucket = this.#tokens.get(key) ?? { left: BURST, at: now }
    bucket.left = Math.min(BURST, bucket.left + (now - bucket.at) / REFILL_MS)
    bucket.at = now
    this.#tokens.delete(key)
    if (this.#tokens.size >= MAX_SEEN) this.#tokens.delete(this.#tokens.keys().next().value!)
    this.#tokens.set(key, bucket)
    if (bucket.left < 1) return false
    bucket.left--
    return true
  }

  #remember(key: string, seen: Seen): void {
    this.#seen.delete(key)
    if (this.#seen.size >= MAX_SEEN) this.#seen.delete(this.#seen.keys().next().value!)
    this.#seen.set(key, seen)
  }
}
