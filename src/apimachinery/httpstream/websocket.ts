import type { IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { createWebSocketStream, type RawData, type WebSocket, WebSocketServer } from 'ws'
import { own } from '../own.ts'
import { answer, tokens } from './upgrade.ts'

/** Unread bytes of one channel at which the WebSocket stops reading. */
const MAX_UNREAD_BYTES = 1 << 20
/** Channel of the v5 protocol's one signal: the payload's only byte names the channel that is closed. */
const CLOSE_CHANNEL = 255
const DIGIT_ZERO = 48
const GOING_NORMALLY = 1000

/** How a subprotocol puts channels into messages. */
interface ChannelProtocol {
  /** Text messages: a digit for the channel, then base64. Otherwise binary: a byte for the channel, then the data. */
  base64: boolean
  /** Has the CLOSE signal. */
  closes: boolean
}

const BINARY: ChannelProtocol = { base64: false, closes: false }
const BASE64: ChannelProtocol = { base64: true, closes: false }

/** The channel subprotocols, and what a client that names none gets (upstream's wsstream). */
const PROTOCOLS: Record<string, ChannelProtocol> = {
  '': BINARY,
  'channel.k8s.io': BINARY,
  'base64.channel.k8s.io': BASE64,
  'v4.channel.k8s.io': BINARY,
  'v4.base64.channel.k8s.io': BASE64,
  'v5.channel.k8s.io': { base64: false, closes: true },
}

/** Every channel subprotocol a client may name, best first. */
export const CHANNEL_PROTOCOLS: readonly string[] = Object.keys(PROTOCOLS).filter(Boolean).reverse()

/** Agrees on no subprotocol by itself: it would refuse `SPDY/3.1+portforward.k8s.io`, whose slash no subprotocol may have. */
const server = new WebSocketServer({ noServer: true, perMessageDeflate: false })
const PROTOCOL_HEADER = 'sec-websocket-protocol'
const agreed = new WeakMap<IncomingMessage, string>()
server.on('headers', (headers, request) => {
  const protocol = agreed.get(request)
  if (protocol) headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
})

interface AcceptedWebSocket {
  /** Paused, so that nothing is lost until someone listens. */
  webSocket: WebSocket
  /** The agreed subprotocol, '' for none. */
  protocol: string
}

/**
 * Takes a client's upgrade to a WebSocket in the first of its subprotocols that is among ours. Resolves with undefined,
 * having answered 403, when there is none. `''` among ours lets in clients that name none. Rejects when the client leaves
 * or its handshake is wrong, which it has then been told.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocols: readonly string[],
): Promise<AcceptedWebSocket | undefined> {
  const offered = tokens(request.headers[PROTOCOL_HEADER])
  const protocol = offered.length === 0 ? '' : offered.find(one => protocols.includes(one))
  if (protocol === undefined || !protocols.includes(protocol)) {
    const reason = `unable to upgrade: none of the protocols [${offered.join(' ')}] is supported\n`
    answer(socket, 403, 'text/plain', Buffer.from(reason))
    return Promise.resolve(undefined)
  }
  const headers = { ...request.headers, [PROTOCOL_HEADER]: undefined }
  const withoutProtocol: IncomingMessage = Object.create(request, { headers: { value: headers } })
  agreed.set(withoutProtocol, protocol)
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('the client went away during its upgrade')))
    server.handleUpgrade(withoutProtocol, socket, head, webSocket => {
      webSocket.pause()
      resolve({ webSocket, protocol })
    })
  })
}

/** A WebSocket as a Duplex of its messages' bytes, as port-forward's SPDY tunnel uses it (KEP-4006). */
export function webSocketTunnel(webSocket: WebSocket): Duplex {
  const tunnel = createWebSocketStream(webSocket)
  webSocket.resume()
  return tunnel
}

interface WebSocketChannelsOptions {
  /** Only the client's side signals in v5 that it has closed a channel. */
  role: 'client' | 'server'
  /** The agreed subprotocol, '' for none. */
  protocol: string
  /** Numbers of the channels in use; messages on others are dropped. */
  channels: readonly number[]
}

/** A WebSocket that carries several byte streams, each a Duplex. They end when it closes. */
export class WebSocketChannels {
  readonly #webSocket: WebSocket
  readonly #protocol: ChannelProtocol
  readonly #channels: Map<number, Channel>
  readonly #closed: Promise<void>

  constructor(webSocket: WebSocket, { role, protocol, channels }: WebSocketChannelsOptions) {
    this.#webSocket = webSocket
    this.#protocol = own(PROTOCOLS, protocol) ?? BINARY
    const signals = role === 'client' && this.#protocol.closes
    this.#channels = new Map(channels.map(id => [id, new Channel(id, signals, this)]))
    this.#closed = new Promise(resolve => {
      webSocket.once('close', () => {
        for (const channel of this.#channels.values()) channel.receiveEnd()
        resolve()
      })
    })
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('message', data => this.#receive(toBuffer(data)))
    webSocket.resume()
  }

  /** Resolves when the WebSocket has closed, for whatever reason. */
  get closed(): Promise<void> {
    return this.#closed
  }

  /** The stream of a channel that was named at the start. */
  channel(id: number): Duplex {
    const channel = this.#channels.get(id)
    if (!channel) throw new RangeError(`channel ${id} is not in use`)
    return channel
  }

  /** One message on a channel; an empty one tells the other side that the channel is there. */
  send(channel: number, data: Buffer, done: (error?: Error | null) => void): void {
    if (this.#protocol.base64) {
      this.#webSocket.send(String.fromCharCode(DIGIT_ZERO + channel) + data.toString('base64'), done)
    } else {
      this.#webSocket.send(Buffer.concat([Buffer.from([channel]), data]), done)
    }
  }

  /** Signals that nothing more will be sent on a channel. */
  sendClose(channel: number, done: (error?: Error | null) => void): void {
    this.#webSocket.send(Buffer.from([CLOSE_CHANNEL, channel]), done)
  }

  /** Closes the WebSocket behind what has been sent. */
  close(): void {
    this.#webSocket.close(GOING_NORMALLY)
    this.#webSocket.resume()
  }

  /** Lets the WebSocket go on reading, now that a channel has room. */
  resume(): void {
    if (this.#webSocket.isPaused) this.#webSocket.resume()
  }

  #receive(message: Buffer): void {
    if (message.length === 0) return
    const first = message[0]!
    if (this.#protocol.closes && first === CLOSE_CHANNEL) {
      if (message.length > 1) this.#channels.get(message[1]!)?.receiveEnd()
      return
    }
    const channel = this.#channels.get(this.#protocol.base64 ? first - DIGIT_ZERO : first)
    const data = this.#protocol.base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1)
    if (!channel || data.length === 0) return
    if (!channel.receive(data)) this.#webSocket.pause()
  }
}

class Channel extends Duplex {
  readonly #id: number
  readonly #signalsClose: boolean
  readonly #channels: WebSocketChannels
  #ended = false

  constructor(id: number, signalsClose: boolean, channels: WebSocketChannels) {
    super({ allowHalfOpen: true })
    this.#id = id
    this.#signalsClose = signalsClose
    this.#channels = channels
    // A client that leaves must not end the process where nobody listens; pipelines and `closed` tell of it.
    this.on('error', () => {})
  }

  /** Whether there is room for more. */
  receive(data: Buffer): boolean {
    if (!this.#ended && !this.destroyed) this.push(data)
    return this.readableLength < MAX_UNREAD_BYTES
  }

  receiveEnd(): void {
    if (this.#ended) return
    this.#ended = true
    this.push(null)
  }

  override _read(): void {
    this.#channels.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channels.send(this.#id, chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#signalsClose) this.#channels.sendClose(this.#id, () => done())
    else done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#channels.resume()
    done(error)
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
