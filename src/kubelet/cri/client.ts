import type { Clock } from '../../apimachinery/clock.ts'
import { type CallOptions, type Method, openChannel } from './channel.ts'
import { type RuntimeEvent, runtimeEvents } from './events.ts'
import type { Input } from './protobuf.ts'
import { imageService, runtimeService } from './services.ts'

type Calls<S> = {
  [K in keyof S]: S[K] extends Method<infer Req, infer Res>
    ? (request?: Input<Req>, options?: Omit<CallOptions, 'metadata'>) => Promise<Res>
    : never
}

/**
 * A container runtime's CRI v1 services over its unix socket. Every call resolves to the decoded answer or rejects with
 * a CriError.
 */
export interface CriClient {
  readonly runtime: Calls<typeof runtimeService>
  readonly images: Calls<typeof imageService>
  /**
   * What happens to containers, until the signal ends it. It shares the connection of the calls: when a `resync` says
   * that the runtime is back, they work too.
   */
  events(signal: AbortSignal): AsyncGenerator<RuntimeEvent, void, void>
  close(): void
}

/** Upstream's runtimeRequestTimeout. */
export const REQUEST_TIMEOUT_MS = 120_000

/** Calls whose length is the caller's business: a pull, a command in a container, a container's grace period. */
const UNLIMITED = new Set(['pullImage', 'execSync', 'stopContainer'])

/** Opens a client for the runtime that listens on `socketPath`. It connects with the first call. */
export function connectCri(socketPath: string, clock: Clock): CriClient {
  const channel = openChannel(socketPath, clock)

  const calls = <S extends object>(service: S) =>
    Object.fromEntries(
      Object.entries(service).map(([name, method]: [string, Method<object, unknown>]) => {
        const timeoutMs = UNLIMITED.has(name) ? 0 : REQUEST_TIMEOUT_MS
        return [
          name,
          (request: Input<object> = {}, options?: CallOptions) =>
            channel.call(method, request, { timeoutMs, ...options }),
        ]
      }),
    ) as Calls<S>

  return {
    runtime: calls(runtimeService),
    images: calls(imageService),
    events: signal => runtimeEvents(channel, clock, signal),
    close: channel.close,
  }
}
