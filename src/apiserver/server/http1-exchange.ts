import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { Query } from '../request.ts'
import { readBody } from './body.ts'
import type { Exchange, ResponseStream } from './exchange.ts'
import { drained } from './http2-exchange.ts'
import { certificateOf } from './peer.ts'

/** An exchange over HTTP/1.1. */
export class Http1Exchange implements Exchange {
  readonly method: string
  readonly path: string
  readonly query: Query
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string
  readonly peerCertificate: Buffer | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #abort: AbortController | undefined

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
    this.#response.setHeader(name, value)
  }

  respond(status: number, contentType: string, body: Buffer | string): void {
    const response = this.#response
    if (response.destroyed) return
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (!this.#request.complete) response.setHeader('connection', 'close')
    response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length })
    response.end(this.method === 'HEAD' ? undefined : bytes)
  }

  stream(status: number, contentType: string): ResponseStream {
    const response = this.#response
    response.writeHead(status, { 'content-type': contentType })
    response.flushHeaders()
    return {
      write: chunk => !response.destroyed && response.write(chunk),
      drained: () => drained(response),
      get pending() {
        return response.writableLength
      },
      end: () => response.end(),
    }
  }
}
