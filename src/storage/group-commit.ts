import type { Backend, Commit } from './backend.ts'
import type { Change } from './change.ts'
import { StoreUnavailableError } from './store.ts'

interface Waiter {
  resolve: () => void
  reject: (error: unknown) => void
}

interface Group extends Commit {
  /** Newest revision in it, or the one before it when it holds no changes. */
  revision: number
  waiters: Waiter[]
}

interface Outcome {
  /** Everything up to `revision` is durable now. */
  durable: (revision: number) => void
  /** A change that will not be kept; newest first. */
  failed: (change: Change) => void
}

/**
 * One commit at a time; whatever is added while it runs shares the next. When a commit fails, everything added since
 * fails with it, because it was judged against changes that are gone.
 */
export class GroupCommit {
  readonly #backend: Backend
  readonly #outcome: Outcome
  #durable: number
  #assigned: number
  #running: Group | undefined
  #next: Group | undefined
  #active = false
  #idle: Promise<void> = Promise.resolve()

  constructor(backend: Backend, revision: number, outcome: Outcome) {
    this.#backend = backend
    this.#outcome = outcome
    this.#durable = revision
    this.#assigned = revision
  }

  /** The newest durable revision. */
  get durable(): number {
    return this.#durable
  }

  /** The newest revision given out. */
  get assigned(): number {
    return this.#assigned
  }

  /** Adds to the next commit and resolves once that is durable. Rejects with StoreUnavailableError. */
  add({ changes, removals, compactedRevision }: Commit): Promise<void> {
    const group = this.#open()
    for (const change of changes) group.changes.push(change)
    for (const change of removals) group.removals.push(change)
    if (compactedRevision) group.compactedRevision = Math.max(compactedRevision, group.compactedRevision ?? 0)
    const last = changes.at(-1)
    if (last) this.#assigned = group.revision = last.modRevision
    return settled(group)
  }

  /** Resolves once `revision`, which has been given out, is durable. Rejects if it never will be. */
  until(revision: number): Promise<void> {
    if (revision <= this.#durable) return Promise.resolve()
    return settled(this.#running && revision <= this.#running.revision ? this.#running : this.#next!)
  }

  /** Resolves once nothing is under way. */
  idle(): Promise<void> {
    return this.#idle
  }

  #open(): Group {
    if (this.#next) return this.#next
    this.#next = { changes: [], removals: [], compactedRevision: undefined, revision: this.#assigned, waiters: [] }
    const group = this.#next
    if (!this.#active) this.#idle = this.#run()
    return group
  }

  async #run(): Promise<void> {
    this.#active = true
    // Let everything that happens in this turn join the commit.
    await Promise.resolve()
    while (this.#next) {
      const group: Group = this.#next
      this.#running = group
      this.#next = undefined
      try {
        await this.#backend.commit(group)
      } catch (error) {
        this.#fail(group, error)
        continue
      }
      this.#running = undefined
      this.#durable = group.revision
      if (group.changes.length > 0) this.#outcome.durable(group.revision)
      for (const waiter of group.waiters) waiter.resolve()
    }
    this.#active = false
  }

  #fail(group: Group, cause: unknown): void {
    const lost = [group, ...(this.#next ? [this.#next] : [])]
    this.#running = undefined
    this.#next = undefined
    for (const { changes } of lost.toReversed()) {
      for (const change of changes.toReversed()) this.#outcome.failed(change)
    }
    this.#assigned = this.#durable
    const error = cause instanceof StoreUnavailableError ? cause : unavailable(cause)
    for (const { waiters } of lost) for (const waiter of waiters) waiter.reject(error)
  }
}

function settled(group: Group): Promise<void> {
  return new Promise((resolve, reject) => {
    group.waiters.push({ resolve, reject })
  })
}

function unavailable(cause: unknown): StoreUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StoreUnavailableError(`the store could not write to disk: ${reason}`, { cause })
}
