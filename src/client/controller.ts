import type { Clock } from '../apimachinery/clock.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import type { Client } from './client.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { Informer } from './informer.ts'

/** What a reconcile wants to happen next: nothing, or to be called again after so many milliseconds. */
export interface Again {
  readonly afterMs: number
}

/** Asks to be called again after `ms` milliseconds; undefined (nothing is due) asks for nothing. */
export const again = (ms: number | undefined): Again | undefined => (ms === undefined ? undefined : { afterMs: ms })

/** Which objects to look at when an object of another kind changes. */
export interface Watch<W extends KubeObject = KubeObject> {
  readonly kind: Kind<W>
  /**
   * Keys (`namespace/name`) of the controller's own objects. `previous` is undefined for a new object, `object` for one that
   * is gone.
   */
  keys(object: W | undefined, previous: W | undefined, context: ReconcileContext): Iterable<string>
}

/** States a watch with its types tied together. */
export const watching = <W extends KubeObject, I>(kind: Kind<W, I>, keys: Watch<W>['keys']): Watch =>
  ({ kind, keys }) as unknown as Watch

/** What a controller may change: its RBAC role follows from it. */
export interface Write {
  readonly kind: Kind
  readonly subresource?: string
  readonly verbs: readonly string[]
}

export interface ReconcileContext {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly events: EventRecorder
  readonly signal: AbortSignal
  /** The shared cache of a kind that the controller declared. */
  informer<T extends KubeObject, I>(kind: Kind<T, I>): Informer<T>
  /** Ends the shared cache of a kind that is no longer served. */
  forget(kind: Kind): void
  /** Asks for a reconcile of a key of this controller. */
  enqueue(key: string, afterMs?: number): void
}

/**
 * A controller: what it is for, what wakes it, what it writes, and one function that brings one object closer to what its
 * spec says. Level-triggered: the function looks at how things are, not at what happened.
 */
export interface Controller<T extends KubeObject = KubeObject> {
  /** As upstream's service account has it, without `-controller`: `replicaset`. */
  readonly name: string
  /** The service account as upstream names it, where that is not the name with `-controller`. */
  readonly account?: string
  /** The source of its events, where that is not the service account. */
  readonly eventSource?: string
  /** The kind of its objects. Without it, keys come from `watches` and `enqueue` alone, and go to `sync`. */
  readonly for?: Kind<T>
  /** A change of an object that one of ours controls (ownerReferences) wakes the owner. */
  readonly owns?: readonly Kind[]
  readonly watches?: readonly Watch[]
  /** Kinds it looks at without being woken by them. */
  readonly reads?: readonly Kind[]
  readonly writes: readonly Write[]
  /** Objects worked on at a time. */
  readonly workers?: number
  /** Called once, before any reconcile: to add indexes or own sources of keys. */
  setup?(context: ReconcileContext): void
  /** Throws to be called again later, with growing delay. */
  reconcile?(object: T, context: ReconcileContext): Promise<Reconciled>
  /** The object is gone. */
  deleted?(key: string, context: ReconcileContext): Promise<void> | void
  /** Instead of `reconcile` where there is no one kind: the same for a key, whatever it stands for. */
  sync?(key: string, context: ReconcileContext): Promise<Reconciled>
}

// biome-ignore lint/suspicious/noConfusingVoidType: a reconcile that asks for nothing may just end
type Reconciled = Again | undefined | void

/** States a controller. */
export function controller<T extends KubeObject, I>(
  statement: Omit<Controller<T>, 'for' | 'sync'> & { for: Kind<T, I> } & Required<Pick<Controller<T>, 'reconcile'>>,
): Controller {
  return statement as unknown as Controller
}

/** The service account of a controller. */
export const accountOf = ({ name, account }: Pick<Controller, 'name' | 'account'>): string =>
  account ?? `${name}-controller`

/** States a controller of things that are of no one kind. */
export const keyedController = (
  statement: Omit<Controller, 'for' | 'owns' | 'reconcile' | 'deleted'> & Required<Pick<Controller, 'sync'>>,
): Controller => statement
