import { type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { tokens } from '../../apimachinery/httpstream/upgrade.ts'
import { acceptWebSocket } from '../../apimachinery/httpstream/websocket.ts'
import { Query } from '../request.ts'
import type { Exchange, ResponseStream } from './exchange.ts'
import { certificateOf, type PeerCertificate } from './peer.ts'

const PROTOCOL_HEADER = 'sec-websocket-protocol'
/** Carries a token, as browsers have no other place for it; it is no protocol to agree on. */
const BEARER_PROTOCOL = 'base64url.bearer.authorization.k8s.io.'
const FULL_BYTES = 1 << 20
const GOING_NORMALLY = 1000

type Frames = Pick<Awaited<ReturnType<typeof acceptWebSocket>> & object, 'webSocket'>['webSocket']

/** A watch over a WebSocket, as browsers ask for it: each piece of the streamed answer is a message of its own. */
export class WebSocketExchange implements Exchange {
  readonly method = 'GET'
  readonly path: string
  readonly query: Query
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string
  readonly peerCertificate: PeerCertificate | undefined
  readonly signal: AbortSignal
  readonly #request: IncomingMessage
  readonly #socket: Duplex
  readonly #head: Buffer

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s, 2)
    this.path = path
    this.query = new Query(search)
    this.headers = request.headers
    this.remoteAddress = request.socket.remoteAddress ?? ''
    this.peerCertificate = certificateOf(request.socket as TLSSocket)
    this.#request = request
    this.#socket = socket
    this.#head = head
    const end = new AbortController()
    this.signal = end.signal
    socket.once('close', () => end.abort())
  }

  body(): Promise<Buffer> {
    return Promise.resolve(Buffer.alloc(0))
  }

  /** A handshake has no room for headers of ours. */
  setHeader(): void {}

  /** Refuses the upgrade with a plain HTTP answer. */
  respond(status: number, contentType: string, body: Buffer | string): void {
    if (this.#socket.destroyed) return
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\ncontent-type: ${contentType}\r\n`
    this.#socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`)
    this.#socket.end(body)
  }

  abandon(status: number, contentType: string, body: string): void {
    this.respond(status, contentType, body)
  }

  stream(_status: number, contentType: string): ResponseStream {
    const offered = tokens(this.headers[PROTOCOL_HEADER]).filter(p => !p.startsWith(BEARER_PROTOCOL))
    const accepted = acceptWebSocket(this.#request, this.#socket, this.#head, offered.length ? offered : [''])
    const binary = !contentType.startsWith('application/json')
    let frames: Frames | undefined
    let ended = false
    const waiting: Buffer[] = []
    const send = (chunk: Buffer) => frames!.send(binary ? chunk : chunk.toString('utf8').trimEnd(), { binary })
    accepted.then(
      answer => {
        frames = answer?.webSocket
        if (!frames) return
        frames.on('error', () => frames?.terminate())
        frames.resume()
        for (const chunk of waiting) send(chunk)
        if (ended) frames.close(GOING_NORMALLY)
      },
      () => this.#socket.destroy(),
    )
    return {
      write(chunk) {
        if (!frames) waiting.push(chunk)
        else if (frames.readyState === frames.OPEN) send(chunk)
        return (frames?.bufferedAmount ?? 0) < FULL_BYTES
      },
      drained: () => Promise.resolve(),
      get pending() {
        return frames?.bufferedAmount ?? 0
      },
      end() {
        ended = true
        frames?.close(GOING_NORMALLY)
      },
    }
  }
}
