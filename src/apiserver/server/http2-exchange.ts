import type { IncomingHttpHeaders } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { Query } from '../request.ts'
import { readBody } from './body.ts'
import { compressed, compressor, isLarge, takesGzip } from './compression.ts'
import { type Exchange, NOWHERE, type ResponseStream } from './exchange.ts'
import { certificateOf, type PeerCertificate } from './peer.ts'

/** The headers of an answer that went through gzip. `vary`: what else it depends on. */
export const gzipHeaders = (vary: unknown) => ({
  'content-encoding': 'gzip',
  vary: vary ? `${vary}, Accept-Encoding` : 'Accept-Encoding',
})

/** An exchange on an HTTP/2 stream, by the core API (the compatibility layer costs twice the CPU). */
export class Http2Exchange implements Exchange {
  readonly method: string
  readonly path: string
  readonly query: Query
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string
  readonly peerCertificate: PeerCertificate | undefined
  readonly #stream: ServerHttp2Stream
  readonly #answer: Record<string, string | number | readonly string[]> = {}
  #abort: AbortController | undefined
  #abandoned = false

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
    if (this.headers.expect === '100-continue' && !this.#stream.closed)
      this.#stream.additionalHeaders({ ':status': 100 })
    return readBody(this.#stream, this.headers, limit)
  }

  setHeader(name: string, value: string | readonly string[]): void {
    // HTTP/2 has no such header; the client sees the connection end.
    if (name !== 'connection') this.#answer[name] = value
  }

  respond(status: number, contentType: string, body: Buffer | string): void {
    if (this.#abandoned || this.#stream.destroyed || this.#stream.closed) return
    // An answer that has begun cannot become another one; the client must not take it for whole.
    if (this.#stream.headersSent) {
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      return
    }
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (isLarge(bytes) && takesGzip(this.headers)) void this.#respondGzip(status, contentType, bytes)
    else this.#send(status, contentType, bytes)
  }

  abandon(status: number, contentType: string, body: string): void {
    this.respond(status, contentType, body)
    this.#abandoned = true
    // What is still to come of the request is not wanted.
    this.#stream.once('finish', () => this.#stream.close(constants.NGHTTP2_NO_ERROR))
  }

  async #respondGzip(status: number, contentType: string, bytes: Buffer): Promise<void> {
    const body = await compressed(bytes)
    Object.assign(this.#answer, gzipHeaders(this.#answer.vary))
    const { destroyed, closed, headersSent } = this.#stream
    if (!destroyed && !closed && !headersSent) this.#send(status, contentType, body)
  }

  #send(status: number, contentType: string, bytes: Buffer): void {
    this.#stream.respond({
      ':status': status,
      'content-type': contentType,
      'content-length': bytes.length,
      ...this.#answer,
    } as Record<string, string | number | string[]>)
    this.#stream.end(this.method === 'HEAD' ? undefined : bytes)
  }

  stream(status: number, contentType: string, large = false): ResponseStream {
    if (this.#abandoned) return NOWHERE
    const stream = this.#stream
    const zip = large && takesGzip(this.headers) ? compressor() : undefined
    if (zip) Object.assign(this.#answer, gzipHeaders(this.#answer.vary))
    zip?.pipe(stream)
    const out = zip ?? stream
    if (!stream.destroyed && !stream.closed) {
      const headers = { ':status': status, 'content-type': contentType, ...this.#answer }
      stream.respond(headers as Record<string, string | number | string[]>)
    }
    return {
      write: chunk => stream.writable && out.write(chunk),
      drained: () => drained(out, stream),
      get pending() {
        return stream.writableLength
      },
      end: () => {
        if (stream.writable) out.end()
      },
    }
  }
}

/** Resolves at the next 'drain', or when the client has gone. */
export function drained(
  stream: NodeJS.WritableStream & { destroyed?: boolean; writableNeedDrain?: boolean },
  client: typeof stream = stream,
): Promise<void> {
  if (client.destroyed || stream.writableNeedDrain === false) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      stream.off('drain', done)
      client.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    client.on('close', done)
  })
}
