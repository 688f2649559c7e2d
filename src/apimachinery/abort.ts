import { setMaxListeners } from 'node:events'

/**
 * A signal that aborts with the first of several. AbortSignal.any of Node 20 may be collected while it is still listened to,
 * and then never aborts; here the sources hold on to it. Its listeners go once it has aborted.
 */
export function anySignal(...sources: readonly AbortSignal[]): AbortSignal {
  const any = new AbortController()
  // Whatever is under way listens to it: requests, waits. Each stops listening when it is done.
  setMaxListeners(0, any.signal)
  const onAbort = (event: Event) => finish((event.target as AbortSignal).reason)
  const finish = (reason: unknown) => {
    for (const source of sources) source.removeEventListener('abort', onAbort)
    any.abort(reason)
  }
  for (const source of sources) {
    if (source.aborted) {
      finish(source.reason)
      break
    }
    source.addEventListener('abort', onAbort)
  }
  return any.signal
}
