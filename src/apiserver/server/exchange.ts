import type { IncomingHttpHeaders } from 'node:http'
import type { Query } from '../request.ts'
import type { PeerCertificate } from './peer.ts'

/** One HTTP request and its answer, over HTTP/1.1 or HTTP/2. */
export interface Exchange {
  readonly method: string
  /** Percent-encoded, without the query. */
  readonly path: string
  readonly query: Query
  readonly headers: IncomingHttpHeaders
  /** Aborted when the client goes away before the answer is finished. */
  readonly signal: AbortSignal
  readonly remoteAddress: string
  /** The client's certificate, if it showed one. */
  readonly peerCertificate: PeerCertificate | undefined

  /** The whole body. Throws StatusError 413 beyond `limit` bytes. */
  body(limit: number): Promise<Buffer>
  /** Headers to go out with whatever answer follows. */
  setHeader(name: string, value: string | readonly string[]): void
  /** Sends a whole answer. */
  respond(status: number, contentType: string, body: Buffer | string): void
  /** Told what the answer holds where its bytes are not JSON; only there when somebody wants to know. */
  note?(answer: unknown): void
  /** Answers in place of the handler, whose own answer is dropped from then on; breaks off one that has begun. */
  abandon(status: number, contentType: string, body: string): void
  /** Begins an answer that is written piece by piece. `large`: all of it is on its way, so it may be compressed. */
  stream(status: number, contentType: string, large?: boolean): ResponseStream
}

/** An answer nobody gets. */
export const NOWHERE: ResponseStream = {
  write: () => true,
  drained: () => Promise.resolve(),
  pending: 0,
  end: () => {},
}

export interface ResponseStream {
  /** False when the client is slower than we are; then wait for `drained`. */
  write(chunk: Buffer): boolean
  /** Resolves when there is room again, or the client has gone. */
  drained(): Promise<void>
  /** Bytes accepted but not yet taken by the client. */
  readonly pending: number
  end(): void
}
