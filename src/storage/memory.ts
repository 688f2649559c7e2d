import type { Backend } from './backend.ts'
import type { Change } from './change.ts'
import { emptyState, MvccStore } from './mvcc-store.ts'
import type { Store } from './store.ts'

interface MemoryStoreOptions {
  /** Awaited before each commit takes effect; a rejection makes it fail. For tests of slow and failing disks. */
  beforeCommit?: () => Promise<void>
}

/** A store that lives as long as the process: for tests, simulation and throw-away clusters. */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MvccStore(new MemoryBackend(options.beforeCommit), emptyState())
}

/** Values stay in the changes themselves. */
class MemoryBackend implements Backend {
  readonly #beforeCommit: (() => Promise<void>) | undefined

  constructor(beforeCommit: (() => Promise<void>) | undefined) {
    this.#beforeCommit = beforeCommit
  }

  async commit(): Promise<void> {
    await this.#beforeCommit?.()
  }

  read(change: Change): Uint8Array {
    return change.value!
  }

  checksum(): number {
    return 0
  }

  async close(): Promise<void> {}
}
