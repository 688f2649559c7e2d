import sortedBtree from 'sorted-btree'
import { Change, type ChangeFields, type History } from './change.ts'

// A CommonJS package: Node hands out its exports, loaders that unwrap `default` the class itself.
const BTree = sortedBtree.default ?? (sortedBtree as unknown as typeof sortedBtree.default)

/**
 * Which keys changed at which revision, in memory: by key for readers, by revision for watchers, and by when it became
 * obsolete for compaction. Changes are appended in revision order and may be undone newest first, until they are durable.
 */
export class MvccIndex {
  readonly #histories = new Map<string, History>()
  readonly #sorted = new BTree<string, History>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0))
  /** Every change since the compacted revision, in (modRevision, order). */
  #log: Change[] = []
  /** Changes that some later revision does not see, in the order in which they became so. */
  #obsolete: Change[] = []
  /** How many at the front of `#obsolete` are already forgotten. */
  #forgotten = 0
  #bytes = 0

  /** Bytes of keys and values of all kept changes. */
  get bytes(): number {
    return this.#bytes
  }

  /** The key's newest change, which may be a deletion. */
  newest(key: string): Change | undefined {
    return this.#histories.get(key)?.changes.at(-1)
  }

  /** What a reader at `revision` sees under `key`. */
  at(key: string, revision: number): Change | undefined {
    const history = this.#histories.get(key)
    return history && visible(history, revision)
  }

  /** Calls `visit` for what a reader at `revision` sees in [start, end), in key order. */
  forRange(start: string, end: string, revision: number, visit: (change: Change) => void): void {
    this.#sorted.forRange(start, end, false, (_key, history) => {
      const change = visible(history, revision)
      if (change) visit(change)
    })
  }

  /** Records a put that follows the key's newest change. */
  put(key: string, modRevision: number, order: number, value: Uint8Array, checksum: number): Change {
    const newest = this.newest(key)
    const live = newest !== undefined && !newest.deleted
    const createRevision = live ? newest.createRevision : modRevision
    const version = live ? newest.version + 1 : 1
    return this.append(key, { modRevision, order, createRevision, version, size: value.byteLength, checksum, value })
  }

  /** Records a deletion of a key that exists. */
  delete(key: string, modRevision: number, order: number): Change {
    return this.append(key, {
      modRevision,
      order,
      createRevision: 0,
      version: 0,
      size: 0,
      checksum: 0,
      value: undefined,
    })
  }

  /** Records a change that is already fully known. `watchable` is false for what happened before compaction. */
  append(key: string, fields: ChangeFields, watchable = true): Change {
    const history = this.#history(key)
    const change = new Change(history, fields)
    const before = history.changes.at(-1)
    if (before && !before.deleted) this.#markObsolete(before, change.modRevision)
    if (change.deleted) this.#markObsolete(change, change.modRevision + 1)
    history.changes.push(change)
    if (watchable) this.#log.push(change)
    this.#bytes += key.length + change.size
    return change
  }

  /** Takes back the newest change of all. */
  undo(change: Change): void {
    const { history } = change
    if (change.deleted) this.#obsolete.pop()
    history.changes.pop()
    const before = history.changes.at(-1)
    if (before && !before.deleted) {
      this.#obsolete.pop()
      before.obsoleteAt = 0
    }
    this.#log.pop()
    this.#bytes -= history.key.length + change.size
    this.#dropIfEmpty(history)
  }

  /** Place in the log of the first change at or after `revision`. */
  logPosition(revision: number): number {
    let low = 0
    let high = this.#log.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#log[middle]!.modRevision < revision) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The change at a place in the log. Compaction moves places. */
  logAt(position: number): Change | undefined {
    return this.#log[position]
  }

  /** Shortens the log to what happened at `revision` and later. */
  trimLog(revision: number): void {
    this.#log = this.#log.slice(this.logPosition(revision))
  }

  /** Up to `limit` of the changes that no reader at `revision` or later sees, longest obsolete first. */
  obsoleteBefore(revision: number, limit: number): Change[] {
    const found: Change[] = []
    while (found.length < limit) {
      const change = this.#obsolete[this.#forgotten + found.length]
      if (!change || change.obsoleteAt > revision) break
      found.push(change)
    }
    return found
  }

  /** Forgets what `obsoleteBefore` just returned. */
  forget(changes: readonly Change[]): void {
    this.#forgotten += changes.length
    if (this.#forgotten * 2 >= this.#obsolete.length) {
      this.#obsolete = this.#obsolete.slice(this.#forgotten)
      this.#forgotten = 0
    }
    for (const { history, size } of changes) {
      history.changes.shift()
      this.#bytes -= history.key.length + size
      this.#dropIfEmpty(history)
    }
  }

  #history(key: string): History {
    const known = this.#histories.get(key)
    if (known) return known
    const history: History = { key, changes: [] }
    this.#histories.set(key, history)
    this.#sorted.set(key, history)
    return history
  }

  #markObsolete(change: Change, revision: number): void {
    change.obsoleteAt = revision
    this.#obsolete.push(change)
  }

  #dropIfEmpty(history: History): void {
    if (history.changes.length > 0) return
    this.#histories.delete(history.key)
    this.#sorted.delete(history.key)
  }
}

function visible({ changes }: History, revision: number): Change | undefined {
  for (let i = changes.length - 1; i >= 0; i--) {
    const change = changes[i]!
    if (change.modRevision <= revision) return change.deleted ? undefined : change
  }
  return undefined
}
