import type { Change } from './change.ts'
import { ChangeEvent } from './event.ts'
import type { MvccIndex } from './mvcc-index.ts'
import { CompactedError, type WatchBatch } from './store.ts'

/** What a watcher needs of its store. */
interface WatchSource {
  readonly revision: number
  readonly compactedRevision: number
  readonly closed: boolean
  readonly index: MvccIndex
  read(change: Change): Uint8Array
  /** Adds a call to make once at the next durable revision, compaction or close. */
  onNext(wake: () => void): void
  forgetNext(wake: () => void): void
}

/** A batch ends with the first whole revision that takes it past one of these. */
const MAX_SCANNED = 2_000
const MAX_BYTES = 1 << 20

/** The store's `watch`: a cursor over the log, so past and live are one sequence and a slow reader holds no memory. */
export async function* watchLog(
  source: WatchSource,
  start: string,
  end: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<WatchBatch, void, void> {
  let next = from
  let wake = () => {}
  const onAbort = () => wake()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted && !source.closed) {
      if (next < source.compactedRevision) throw new CompactedError(source.compactedRevision)
      if (next <= source.revision) {
        const batch = readLog(source, start, end, next)
        next = batch.revision + 1
        yield batch
        continue
      }
      await new Promise<void>(resolve => {
        wake = resolve
        source.onNext(resolve)
      })
      source.forgetNext(wake)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    source.forgetNext(wake)
  }
}

/** The events of [start, end) from revision `next` on, in whole revisions. */
function readLog(source: WatchSource, start: string, end: string, next: number): WatchBatch {
  const { index, revision } = source
  const events: ChangeEvent[] = []
  const first = index.logPosition(next)
  let bytes = 0
  let reached = next
  for (let position = first; ; position++) {
    const change = index.logAt(position)
    if (!change || change.modRevision > revision) return { revision, events }
    if (change.modRevision > reached && (position - first >= MAX_SCANNED || bytes >= MAX_BYTES)) {
      return { revision: change.modRevision - 1, events }
    }
    reached = change.modRevision
    if (change.key < start || change.key >= end) continue
    events.push(new ChangeEvent(change, source.read))
    bytes += change.size
  }
}
