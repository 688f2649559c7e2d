/**
 * Time as a dependency. Components take a Clock and never touch Date.now or setTimeout, so the same code runs on the
 * machine's time and on simulated time.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Runs `fire` once, `ms` milliseconds from now. The returned timer can be cancelled. Never keeps the process alive. */
  timer(ms: number, fire: () => void): Timer
}

/** A pending call made by `Clock.timer`. */
export interface Timer {
  cancel(): void
}

/** Longest delay a Node timer can hold; longer ones are re-armed. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  timer(ms, fire) {
    const due = Date.now() + ms
    let handle: NodeJS.Timeout
    const arm = () => {
      const left = due - Date.now()
      handle = left > MAX_DELAY_MS ? setTimeout(arm, MAX_DELAY_MS) : setTimeout(fire, Math.max(0, left))
      handle.unref()
    }
    arm()
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Resolves after `ms` milliseconds of the clock's time; rejects with the signal's reason when aborted first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = clock.timer(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    const onAbort = () => {
      timer.cancel()
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** RFC 3339 with whole seconds, the wire form of metav1.Time. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** RFC 3339 with microseconds, the wire form of metav1.MicroTime. */
export function rfc3339Micro(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}
