import type { VirtualClock } from '../../../src/apimachinery/virtual-clock.ts'
import type { Change, History, Stored } from '../history.ts'

/** For so long a component may act on what it saw before: events are held back for less than this. */
export const STALE_MS = 15 * 60_000

/** An object in a report, as `pods` and `default/web`. */
export type About = readonly [plural: string, key: string]

/** Something that must hold and did not. */
export interface Violation {
  readonly invariant: string
  readonly message: string
  readonly about: readonly About[]
}

/** What invariants know. */
export interface Facts {
  readonly history: History
  readonly clock: VirtualClock
  /** When, in ms since the epoch, an answer was last lost or the clock last moved by itself: for a while nobody can be blamed. */
  readonly confusedAt: number
  violated(invariant: string, message: string, ...about: About[]): void
}

/** Judges each write as it comes. */
export type Invariant = (facts: Facts) => (change: Change) => void

export const keyOf = ({ metadata: { namespace, name } }: Stored): string =>
  namespace ? `${namespace}/${name}` : (name ?? '')

export const controllerOf = (object: Stored | undefined) => object?.metadata.ownerReferences?.find(r => r.controller)

export const isFinished = ({ status }: Stored): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'

export const isLive = (pod: Stored): boolean => !isFinished(pod) && !pod.metadata.deletionTimestamp

export const isReady = ({ status }: Stored): boolean =>
  !!status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True')

export const childrenOf = (history: History, plural: string, owner: Stored): Stored[] =>
  history
    .list(plural, owner.metadata.namespace ?? '')
    .filter(object => controllerOf(object)?.uid === owner.metadata.uid)

export const isConfused = ({ confusedAt, clock }: Facts): boolean => Math.abs(clock.now() - confusedAt) < STALE_MS

/** Values that held lately: the present one, and those that were replaced not long ago. */
export class Lately<T> {
  readonly #values = new Map<string, { value: T; replacedAt: number | undefined }[]>()

  set(id: string, value: T, now: number): void {
    const all = this.#values.get(id)?.filter(v => v.replacedAt === undefined || now - v.replacedAt < STALE_MS) ?? []
    for (const old of all) old.replacedAt ??= now
    all.push({ value, replacedAt: undefined })
    this.#values.set(id, all)
  }
  delete(id: string): void {
    this.#values.delete(id)
  }
  of(id: string, now: number): T[] {
    const all = this.#values.get(id) ?? []
    return all.filter(v => v.replacedAt === undefined || now - v.replacedAt < STALE_MS).map(({ value }) => value)
  }
}
