import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import type { Clock } from '../../apimachinery/clock.ts'
import { CriError, criErrorOf } from './error.ts'
import type { Input, Message } from './protobuf.ts'

/** One gRPC method: its full path and its message types. */
export interface Method<Req, Res> {
  readonly path: string
  readonly request: Message<Req>
  readonly response: Message<Res>
}

export interface CallOptions {
  /** Ends the call; the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED; 0 waits for ever. */
  timeoutMs?: number
  metadata?: Record<string, string>
}

/** A connection to a gRPC server on a unix socket. It connects when first used and again after every loss. */
export interface Channel {
  call<Req, Res>(method: Method<Req, Res>, request: Input<Req>, options?: CallOptions): Promise<Res>
  /** Server-streamed messages; the iteration ends with the stream, or throws a CriError. Ending it cancels the call. */
  stream<Req, Res>(
    method: Method<Req, Res>,
    request: Input<Req>,
    options?: CallOptions,
  ): AsyncGenerator<Res, void, void>
  close(): void
}

/** The largest answer read: a node's whole list of containers with their annotations stays far below. */
const MAX_MESSAGE_BYTES = 64 << 20

/** How soon a lost runtime is looked for again. Calls in between fail at once. */
const RECONNECT_MS = { first: 50, last: 1_000 }

export function openChannel(socketPath: string, clock: Clock): Channel {
  const client = new Client(`unix://${socketPath}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.first,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS.last,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  })
  const name = (path: string) => path.slice(path.lastIndexOf('/') + 1)

  return {
    call: (method, request, { signal, timeoutMs = 0, metadata } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        let failure: unknown
        const call = client.makeUnaryRequest(
          method.path,
          value => method.request.encode(value),
          bytes => method.response.decode(bytes),
          request,
          metadataOf(metadata),
          (error, response) => {
            timer?.cancel()
            signal?.removeEventListener('abort', onAbort)
            if (error) reject(failure ?? criErrorOf(error, name(method.path)))
            else resolve(response!)
          },
        )
        const cancel = (why: unknown) => {
          failure ??= why
          call.cancel()
        }
        const onAbort = () => cancel(signal!.reason)
        signal?.addEventListener('abort', onAbort, { once: true })
        const late = () =>
          cancel(new CriError('DEADLINE_EXCEEDED', `no answer within ${timeoutMs / 1000} s`, name(method.path)))
        const timer = timeoutMs > 0 ? clock.timer(timeoutMs, late) : undefined
      }),

    async *stream(method, request, { signal, metadata } = {}) {
      signal?.throwIfAborted()
      const call: ClientReadableStream<unknown> = client.makeServerStreamRequest(
        method.path,
        value => method.request.encode(value),
        bytes => method.response.decode(bytes),
        request,
        metadataOf(metadata),
      )
      const onAbort = () => call.cancel()
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        for await (const item of call) yield item as never
      } catch (error) {
        signal?.throwIfAborted()
        throw criErrorOf(error as ServiceError, name(method.path))
      } finally {
        signal?.removeEventListener('abort', onAbort)
        // A cancelled call reports an error once more; nobody waits for it by now.
        call.on('error', () => {})
        call.cancel()
      }
    },

    close: () => client.close(),
  }
}

function metadataOf(values: Record<string, string> | undefined): Metadata {
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(values ?? {})) metadata.set(key, value)
  return metadata
}
