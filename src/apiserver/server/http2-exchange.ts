import type { IncomingHttpHeaders } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { Query } from '../request.ts'
import { readBody } from './body.ts'
import type { Exchange, ResponseStream } from './exchange.ts'
import { certificateOf } from './peer.ts'

/** An exchange on an HTTP/2 stream, by the core API (the compatibility layer costs twice the CPU). */
export class Http2Exchange implements Exchange {
  readonly method: string
  readonly path: string
  readonly query: Query
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string
  readonly peerCertificate: Buffer | undefined
  readonly #stream: ServerHttp2Stream
  readonly #answer: Record<string, string | number | readonly string[]> = {}
  #abort: AbortController | undefined

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream
    this.headers = headers
    this.method = headers[constants.HTTP2_HEADER_METHOD] as string
    const url = headers[constants.HTTP2_HEADER_PATH] as string
    const mark = url.indexOf('?')
    this.path = mark < 0 ? url : url.slice(0, mark)
    this.query = new Query(mark < 0 ? '' : url.slice(mark + 1))
    const socket = stream.session?.socket as TLSSocket | undefined
    this.remoteAddress = socket?.remoteAddress ?? ''
    this.peerCertificate = socket && certificateOf(socket)
    stream.on('error', () => {})
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      const abort = new AbortController()
      this.#abort = abort
      if (this.#stream.destroyed) abort.abort()
      this.#stream.once('close', () => abort.abort())
    }
    return this.#abort.signal
  }

  body(limit: number): Promise<Buffer> {
    return readBody(this.#stream, this.headers, limit)
  }

  setHeader(name: string, value: string | readonly string[]): void {
    this.#answer[name] = value
  }

  respond(status: number, contentType: string, body: Buffer | string): void {
    if (this.#stream.destroyed) return
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.#stream.respond({
      ':status': status,
      'content-type': contentType,
      'content-length': bytes.length,
      ...this.#answer,
    } as Record<string, string | number | string[]>)
    this.#stream.end(this.method === 'HEAD' ? undefined : bytes)
  }

  stream(status: number, contentType: string): ResponseStream {
    const stream = this.#stream
    if (!stream.destroyed) {
      const headers = { ':status': status, 'content-type': contentType, ...this.#answer }
      stream.respond(headers as Record<string, string | number | string[]>)
    }
    return {
      write: chunk => !stream.destroyed && stream.write(chunk),
      drained: () => drained(stream),
      get pending() {
        return stream.writableLength
      },
      end: () => {
        if (!stream.destroyed) stream.end()
      },
    }
  }
}

/** Resolves at the next 'drain', or when the stream is closed. */
export function drained(
  stream: NodeJS.WritableStream & { destroyed?: boolean; writableNeedDrain?: boolean },
): Promise<void> {
  if (stream.destroyed || stream.writableNeedDrain === false) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}
