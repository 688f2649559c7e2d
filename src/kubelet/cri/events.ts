import { type Clock, sleep } from '../../apimachinery/clock.ts'
import { type Channel, openChannel } from './channel.ts'
import { CriError } from './error.ts'
import { type ContainerEvent, containerdEvents, criEvents, type EventSource } from './event-sources.ts'
import { runtimeService } from './services.ts'

export type { ContainerEvent } from './event-sources.ts'

/**
 * `resync` comes first and after every lost connection: what happened in between is not told, so whoever listens must
 * look at everything again.
 */
export type RuntimeEvent = ContainerEvent | { type: 'resync' }

export interface RuntimeEventOptions {
  clock: Clock
  /** Ends the iteration. */
  signal: AbortSignal
  /** Instead of the runtime on the socket, for tests. */
  channel?: Channel
}

/** How long to wait before connecting again: from the first to the last figure, doubling. */
const RETRY_MS = { first: 100, last: 2_000 }

/** How often to look at everything when a runtime tells of nothing, as upstream's generic PLEG does. */
const RELIST_MS = 1_000

/**
 * What happens to the containers of the runtime that listens on `socketPath`, for as long as the signal lets it.
 * Takes the CRI's events where the runtime has them, containerd's own otherwise; with a runtime that has neither it
 * yields a `resync` every second.
 */
export async function* runtimeEvents(
  socketPath: string,
  { clock, signal, channel = openChannel(socketPath, clock) }: RuntimeEventOptions,
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
        for await (const event of connected(source, channel, signal)) {
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
  } finally {
    channel.close()
  }
}

/**
 * One connection's events, with a `resync` as soon as it stands. A server sends nothing until the first event, so a
 * call that is made after the subscription, and answered, tells that the subscription has arrived.
 */
async function* connected(
  source: EventSource,
  channel: Channel,
  signal: AbortSignal,
): AsyncGenerator<RuntimeEvent, void, void> {
  const ended = new AbortController()
  const either = AbortSignal.any([signal, ended.signal])
  const events = source(channel, either)
  try {
    const first = events.next()
    // Its failure is thrown below, where it is awaited again.
    first.catch(() => {})
    const refused = first.then(() => new Promise<never>(() => {}))
    await Promise.race([channel.call(runtimeService.version, {}, { signal: either }), refused])
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
