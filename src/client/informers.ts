import { anySignal } from '../apimachinery/abort.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import type { Client } from './client.ts'
import { Informer } from './informer.ts'

/** One informer per kind, shared by everybody in the process (client-go's SharedInformerFactory). */
export class Informers {
  readonly #client: Client
  readonly #clock: Clock
  readonly #random: Random
  readonly #signal: AbortSignal
  readonly #byKind = new Map<string, Informer<KubeObject>>()
  readonly #ends = new Map<string, AbortController>()

  constructor(client: Client, clock: Clock, random: Random, signal: AbortSignal) {
    this.#client = client
    this.#clock = clock
    this.#random = random
    this.#signal = signal
  }

  /** The informer of a kind, started. */
  of<T extends KubeObject, I>(kind: Kind<T, I>): Informer<T> {
    const key = keyOf(kind)
    let informer = this.#byKind.get(key)
    if (!informer) {
      informer = new Informer(kind as unknown as Kind, this.#client, this.#clock, this.#random)
      this.#byKind.set(key, informer)
      const end = new AbortController()
      this.#ends.set(key, end)
      informer.start(anySignal(this.#signal, end.signal))
    }
    return informer as unknown as Informer<T>
  }

  /** Ends the informer of a kind that is no longer served. */
  forget(kind: Pick<Kind, 'apiVersion' | 'plural'>): void {
    const key = keyOf(kind)
    this.#byKind.delete(key)
    this.#ends.get(key)?.abort()
    this.#ends.delete(key)
  }

  /** The informer of a kind if somebody has asked for it before. */
  existing(kind: Pick<Kind, 'apiVersion' | 'plural'>): Informer<KubeObject> | undefined {
    return this.#byKind.get(keyOf(kind))
  }

  /** Resolves once every informer asked for so far has its first list. */
  async synced(): Promise<void> {
    await Promise.all([...this.#byKind.values()].map(informer => informer.whenSynced()))
  }
}

const keyOf = ({ apiVersion, plural }: Pick<Kind, 'apiVersion' | 'plural'>) => `${apiVersion} ${plural}`
