import { type Event, event as eventKind } from '../../api/core/event.ts'
import type { Timer } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { ApiServer } from '../apiserver.ts'
import type { Entry } from '../cacher/entry.ts'
import { remove } from '../registry/write.ts'

/** Events are kept this long after their last change (upstream's --event-ttl). */
const TTL_MS = 60 * 60_000

/** Removes events when their time is over. One timer waits for the oldest; nothing is looked at before. */
export function expireEvents(server: ApiServer): void {
  const { clock, stopped } = server
  const resource = server.resources.of(eventKind)
  /** By key, in the order of their last change. */
  const expiries = new Map<string, { entry: Entry<Event>; due: number }>()
  let waiting = false
  let timer: Timer | undefined
  stopped.addEventListener('abort', () => timer?.cancel(), { once: true })
  const arm = () => {
    const oldest = expiries.values().next().value
    if (waiting || !oldest || stopped.aborted) return
    waiting = true
    timer = clock.timer(Math.max(0, oldest.due - clock.now()), () => {
      waiting = false
      void sweep().then(arm)
    })
  }
  const sweep = async () => {
    for (const [key, { entry, due }] of expiries) {
      if (due > clock.now()) return
      expiries.delete(key)
      await remove(resource, key, entry.revision).catch(error => {
        if (!isReason(error, 'ServiceUnavailable')) throw error
      })
    }
  }
  for (const entry of resource.cacher.values()) expiries.set(entry.key, { entry, due: clock.now() + TTL_MS })
  resource.cacher.listen(({ type, entry }) => {
    expiries.delete(entry.key)
    if (type !== 'DELETED') expiries.set(entry.key, { entry, due: clock.now() + TTL_MS })
    arm()
  })
  arm()
}
