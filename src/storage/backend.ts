import type { Change } from './change.ts'

/** What one commit makes durable, all or nothing. */
export interface Commit {
  /** In (modRevision, order), each newer than any committed before. */
  changes: Change[]
  /** Changes that are no longer kept. */
  removals: Change[]
  /** Set when compaction has moved on. */
  compactedRevision: number | undefined
}

/** Where an MvccStore keeps its bytes. */
export interface Backend {
  /**
   * Resolves once everything in the commit would survive the end of the process and of the machine, as far as the backend
   * promises that. Called again only after it has settled. When it rejects, nothing of the commit was kept.
   */
  commit(commit: Commit): Promise<void>
  /** The bytes of a put. Throws StoreCorruptError when they are damaged. */
  read(change: Change): Uint8Array
  /** Kept in Change.checksum, so that `read` can tell damage. */
  checksum(value: Uint8Array): number
  close(): Promise<void>
}
