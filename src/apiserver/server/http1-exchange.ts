import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { Query } from '../request.ts'
import { readBody } from './body.ts'
import { compressed, compressor, isLarge, takesGzip } from './compression.ts'
import { type Exchange, NOWHERE, type ResponseStream } from './exchange.ts'
import { drained, gzipHeaders } from './http2-exchange.ts'
import { certificateOf, type PeerCertificate } from './peer.ts'

/** An exchange over HTTP/1.1. */
export class Http1Exchange implements Exchange {
  readonly method: string
  readonly path: string
  readonly query: Query
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string
  readonly peerCertificate: PeerCertificate | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #abort: AbortController | undefined
  #abandoned = false

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
    this.headers = request.headers
    this.method = request.method ?? 'GET'
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    this.path = mark < 0 ? url : url.slice(0, mark)
    this.query = new Query(mark < 0 ? '' : url.slice(mark + 1))
    this.remoteAddress = request.socket.remoteAddress ?? ''
    this.peerCertificate = certificateOf(request.socket as TLSSocket)
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      const abort = new AbortController()
      this.#abort = abort
      this.#response.once('close', () => abort.abort())
    }
    return this.#abort.signal
  }

  body(limit: number): Promise<Buffer> {
    return readBody(this.#request, this.headers, limit)
  }

  setHeader(name: string, value: string | readonly string[]): void {
    if (!this.#abandoned) this.#response.setHeader(name, value)
  }

  respond(status: number, contentType: string, body: Buffer | string): void {
    const response = this.#response
    if (this.#abandoned || response.destroyed) return
    // An answer that has begun cannot become another one; the client must not take it for whole.
    if (response.headersSent) {
      response.destroy()
      return
    }
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (!this.#request.complete) response.setHeader('connection', 'close')
    if (isLarge(bytes) && takesGzip(this.headers)) void this.#respondGzip(status, contentType, bytes)
    else this.#send(status, contentType, bytes)
  }

  abandon(status: number, contentType: string, body: string): void {
    this.respond(status, contentType, body)
    this.#abandoned = true
  }

  async #respondGzip(status: number, contentType: string, bytes: Buffer): Promise<void> {
    const body = await compressed(bytes)
    if (!this.#response.destroyed && !this.#response.headersSent)
      this.#send(status, contentType, body, gzipHeaders(this.#response.getHeader('vary')))
  }

  #send(status: number, contentType: string, bytes: Buffer, headers = {}): void {
    const response = this.#response
    response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length, ...headers })
    response.end(this.method === 'HEAD' ? undefined : bytes)
  }

  stream(status: number, contentType: string, large = false): ResponseStream {
    if (this.#abandoned) return NOWHERE
    const response = this.#response
    const zip = large && takesGzip(this.headers) ? compressor() : undefined
    if (!response.destroyed) {
      response.writeHead(status, { 'content-type': contentType, ...(zip && gzipHeaders(response.getHeader('vary'))) })
      response.flushHeaders()
    }
    zip?.pipe(response)
    const out = zip ?? response
    return {
      write: chunk => !response.destroyed && out.write(chunk),
      drained: () => drained(out, response),
      get pending() {
        return response.writableLength
      },
      end: () => void out.end(),
    }
  }
}
