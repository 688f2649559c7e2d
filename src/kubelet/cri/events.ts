import { setImmediate } from 'node:timers/promises'
import { anySignal } from '../../apimachinery/abort.ts'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import type { Channel } from './channel.ts'
import { CriError } from './error.ts'
import { type ContainerEvent, containerdEvents, criEvents, type EventSource } from './event-sources.ts'
import { runtimeService } from './services.ts'

export type { ContainerEvent } from './event-sources.ts'

/**
 * `resync` comes first and after every lost connection: what happened in between is not told, so whoever listens must
 * look at everything again.
 */
export type RuntimeEvent = ContainerEvent | { type: 'resync' }

/** How long to wait before connecting again: from the first to the last figure, doubling. */
const RETRY_MS = { first: 100, last: 2_000 }

/** How often to look at everything when a runtime tells of nothing, as upstream's generic PLEG does. */
const RELIST_MS = 1_000

/**
 * What happens to the containers of the runtime at the other end of `channel`, until the signal ends it.
 * Takes the CRI's events where the runtime has them, containerd's own otherwise; with a runtime that has neither it
 * yields a `resync` every second.
 */
export async function* runtimeEvents(
  channel: Channel,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<RuntimeEvent, void, void> {
  const sources: EventSource[] = [criEvents, containerdEvents]
  let wait = RETRY_MS.first
  try {
    while (!signal.aborted) {
      const [source] = sources
      if (!source) {
        yield { type: 'resync' }
        await sleep(clock, RELIST_MS, signal)
        continue
      }
      try {
        for await (const event of connected(source, channel, signal, clock)) {
          wait = RETRY_MS.first
          yield event
        }
      } catch (error) {
        if (!(error instanceof CriError)) throw error
        if (error.code === 'UNIMPLEMENTED') {
          sources.shift()
          continue
        }
      }
      await sleep(clock, wait, signal)
      wait = Math.min(2 * wait, RETRY_MS.last)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * One connection's events, with a `resync` as soon as it stands. A server sends nothing until the first event, so a
 * call that is made after the subscription, and answered, tells that the subscription has arrived. A refusal of the
 * subscription was sent before that answer, but may take another turn of the event loop to surface.
 */
async function* connected(
  source: EventSource,
  channel: Channel,
  signal: AbortSignal,
  clock: Clock,
): AsyncGenerator<RuntimeEvent, void, void> {
  const ended = new AbortController()
  const either = anySignal(signal, ended.signal)
  const events = source(channel, either, clock)
  try {
    const first = events.next()
    // Its failure is thrown below, where it is awaited again.
    first.catch(() => {})
    const refused = first.then(() => new Promise<never>(() => {}))
    const answered = channel.call(runtimeService.version, {}, { signal: either })
    await Promise.race([answered.then(() => setImmediate()), refused])
    yield { type: 'resync' }
    const begun = await first
    if (begun.done) return
    yield begun.value
    yield* events
  } finally {
    ended.abort()
    await events.return()
  }
}
