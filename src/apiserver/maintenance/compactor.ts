import { sleep } from '../../apimachinery/clock.ts'
import type { ApiServer } from '../apiserver.ts'

/** What was overwritten stays readable for at least this long (upstream's --etcd-compaction-interval). */
const INTERVAL_MS = 5 * 60_000

/** Lets the store forget what nobody can still be reading, every five minutes, until the server stops. */
export async function runCompactor({ store, clock, stopped }: ApiServer): Promise<void> {
  let before = store.revision
  for (;;) {
    await sleep(clock, INTERVAL_MS, stopped).catch(() => {})
    if (stopped.aborted) return
    const now = store.revision
    if (before > store.compactedRevision) await store.compact(before)
    before = now
  }
}
