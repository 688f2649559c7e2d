import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { FrameDecoder } from './spdy-decoder.ts'
import { FrameEncoder } from './spdy-encoder.ts'
import { type Frame, GOAWAY_STATUS, RST_STATUS, SpdyProtocolError } from './spdy-frames.ts'
import type { SpdyHeaders } from './spdy-headers.ts'
import { SpdyStream, SpdyStreamResetError, type StreamTransport } from './spdy-stream.ts'

/** Longest DATA frame sent, so that streams take turns. */
const MAX_DATA_BYTES = 64 << 10
/** Unread bytes of one stream at which the connection stops reading. Peers that ignore windows, as Go's, need it. */
const MAX_UNREAD_BYTES = 1 << 20
/** Taken bytes after which the peer is told: half of SPDY's initial window. */
const WINDOW_UPDATE_BYTES = 32 << 10
const LAST_STREAM_ID = 2 ** 31 - 1

export interface SpdyConnectionOptions {
  /** Who opens odd streams: the side that asked for the upgrade is the client. */
  role: 'client' | 'server'
  /** What came with the upgrade, after the HTTP head. */
  head?: Buffer
  /**
   * Called for each stream that the peer opens. The stream is accepted (SYN_REPLY) when it returns and refused
   * (RST_STREAM) when it throws. Without it every stream is refused.
   */
  onStream?: (stream: SpdyStream) => void
}

/**
 * SPDY/3.1 over any Duplex, as far as Kubernetes' streaming uses it and Go's moby/spdystream speaks it. Data is sent as
 * fast as the socket takes it, whatever the peer's window: client-go and containerd never open theirs. Windows of peers
 * that keep to ours are opened as their data is read.
 */
export class SpdyConnection {
  readonly #socket: Duplex
  readonly #role: 'client' | 'server'
  readonly #onStream: (stream: SpdyStream) => void
  readonly #encoder = new FrameEncoder()
  readonly #streams = new Map<number, SpdyStream>()
  /** Streams we asked for that have no answer yet. */
  readonly #opening = new Map<number, (error?: Error) => void>()
  readonly #pings = new Map<number, (error?: Error) => void>()
  readonly #transport: StreamTransport
  readonly #closed: Promise<Error | undefined>
  #nextStreamId: number
  #nextPingId: number
  #lastReceivedId = 0
  #goingAway = false
  /** Bytes per stream that were read and not yet told to the peer. */
  readonly #unreported = new Map<number, number>()
  #sessionUnreported = 0
  #full: (() => void)[] = []
  /** The stream whose unread data keeps the connection from reading, and the call that lets it go on. */
  #stalled: { stream: SpdyStream; readOn: () => void } | undefined

  constructor(socket: Duplex, { role, head, onStream = refuse }: SpdyConnectionOptions) {
    this.#socket = socket
    this.#role = role
    this.#onStream = onStream
    this.#nextStreamId = this.#nextPingId = role === 'client' ? 1 : 2
    this.#transport = {
      sendData: (stream, data, fin, done) => this.#sendData(stream, data, fin, done),
      sendReset: stream => this.#reset(stream.id, RST_STATUS.CANCEL),
      consumed: (stream, bytes) => this.#consumed(stream, bytes),
      forget: stream => this.#forget(stream),
    }
    socket.on('drain', () => this.#drained())
    // The reading loop hears of errors; this is for those after its end.
    socket.on('error', () => {})
    if (head && head.length > 0) socket.unshift(head)
    this.#closed = this.#run()
  }

  /** Resolves when the connection is over: with the error that ended it, or undefined when either side closed it. */
  get closed(): Promise<Error | undefined> {
    return this.#closed
  }

  /** Opens a stream and waits for the peer to accept it. Rejects with SpdyStreamResetError when it does not. */
  async open(headers: SpdyHeaders): Promise<SpdyStream> {
    if (this.#goingAway || this.#socket.destroyed) throw new SpdyStreamResetError(undefined)
    const id = this.#nextStreamId
    if (id > LAST_STREAM_ID) throw new Error('the SPDY connection has no stream numbers left')
    this.#nextStreamId += 2
    const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const stream = new SpdyStream(id, lowered, this.#transport)
    this.#streams.set(id, stream)
    const answered = new Promise<void>((resolve, reject) => {
      this.#opening.set(id, error => (error ? reject(error) : resolve()))
    })
    stream.once('reset', error => this.#answered(id, error))
    const flags = { associatedTo: 0, priority: 0, fin: false, unidirectional: false }
    this.#send({ type: 'SYN_STREAM', streamId: id, ...flags, headers: lowered })
    await answered
    return stream
  }

  /** Resolves when the peer has answered. Rejects when the connection ends first. */
  ping(): Promise<void> {
    const id = this.#nextPingId
    this.#nextPingId = id + 2 > LAST_STREAM_ID ? (id % 2) + 2 : id + 2
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new SpdyStreamResetError(undefined))
      this.#pings.set(id, error => (error ? reject(error) : resolve()))
      this.#send({ type: 'PING', id })
    })
  }

  /** Resets all streams that are still open, says goodbye, and ends the socket behind what has been written. */
  close(): void {
    if (this.#socket.writableEnded || this.#socket.destroyed) return
    for (const stream of [...this.#streams.values()]) stream.destroy()
    this.#goingAway = true
    this.#send({ type: 'GOAWAY', lastGoodStreamId: this.#lastReceivedId, status: GOAWAY_STATUS.OK })
    this.#socket.end()
  }

  /** Ends the connection at once. */
  destroy(error?: Error): void {
    this.#goingAway = true
    this.#socket.destroy(error)
  }

  async #run(): Promise<Error | undefined> {
    const failure = await this.#readAll().then(
      () => undefined,
      error => this.#failure(error),
    )
    if (failure instanceof SpdyProtocolError) {
      this.#send({ type: 'GOAWAY', lastGoodStreamId: this.#lastReceivedId, status: GOAWAY_STATUS.PROTOCOL_ERROR })
    }
    this.#end()
    // A peer that only stopped sending still gets what is on its way.
    if (this.#socket.writable) await this.#finishSocket()
    this.#socket.destroy()
    return failure
  }

  async #readAll(): Promise<void> {
    const decoder = new FrameDecoder()
    for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
      for (const frame of decoder.decode(chunk)) {
        this.#handle(frame)
        if (frame.type === 'DATA') await this.#untilTaken(this.#streams.get(frame.streamId))
      }
    }
  }

  /** Waits while a stream holds more unread data than it should. Every stream waits with it, as in Go's spdystream. */
  async #untilTaken(stream: SpdyStream | undefined): Promise<void> {
    if (!stream || stream.readableLength <= MAX_UNREAD_BYTES || this.#socket.destroyed) return
    await new Promise<void>(resolve => {
      this.#stalled = { stream, readOn: resolve }
    })
    this.#stalled = undefined
  }

  /** The socket's being destroyed by us is no failure. */
  #failure(error: unknown): Error | undefined {
    const premature = error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
    if (premature && this.#goingAway) return undefined
    return error instanceof Error ? error : new Error(String(error))
  }

  async #finishSocket(): Promise<void> {
    this.#socket.end()
    if (!this.#socket.writableFinished) await Promise.race([once(this.#socket, 'finish'), once(this.#socket, 'close')])
  }

  #end(): void {
    this.#goingAway = true
    for (const stream of [...this.#streams.values()]) stream.receiveReset(undefined)
    const error = new SpdyStreamResetError(undefined)
    for (const answer of this.#pings.values()) answer(error)
    this.#pings.clear()
    this.#drained()
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case 'SYN_STREAM':
        this.#accept(frame)
        break
      case 'SYN_REPLY':
        this.#streams.get(frame.streamId)?.opened()
        this.#receiveFin(frame)
        this.#answered(frame.streamId)
        break
      case 'HEADERS':
        this.#receiveFin(frame)
        break
      case 'DATA':
        this.#receiveData(frame.streamId, frame.data)
        this.#receiveFin(frame)
        break
      case 'RST_STREAM':
        this.#streams.get(frame.streamId)?.receiveReset(frame.status)
        break
      case 'PING':
        this.#handlePing(frame.id)
        break
      case 'GOAWAY':
        this.#handleGoAway(frame.lastGoodStreamId)
        break
      case 'SETTINGS':
      case 'WINDOW_UPDATE':
        break
    }
  }

  #receiveData(streamId: number, data: Buffer): void {
    const stream = this.#streams.get(streamId)
    if (!stream) this.#takeForSession(data.length)
    else if (data.length > 0) stream.receive(data)
  }

  #receiveFin({ streamId, fin }: { streamId: number; fin: boolean }): void {
    if (fin) this.#streams.get(streamId)?.receiveFin()
  }

  #accept(frame: Frame & { type: 'SYN_STREAM' }): void {
    const { streamId, headers } = frame
    const refusal = this.#refusal(streamId)
    if (refusal) {
      this.#reset(streamId, refusal)
      return
    }
    this.#lastReceivedId = streamId
    const stream = new SpdyStream(streamId, headers, this.#transport)
    this.#streams.set(streamId, stream)
    try {
      this.#onStream(stream)
    } catch {
      stream.receiveReset(RST_STATUS.REFUSED_STREAM)
      stream.destroy()
      this.#reset(streamId, RST_STATUS.REFUSED_STREAM)
      return
    }
    // A handler may have destroyed it, which has told the peer.
    if (stream.destroyed) return
    this.#send({ type: 'SYN_REPLY', streamId, fin: false, headers: {} })
    stream.opened()
    if (frame.fin) stream.receiveFin()
    if (frame.unidirectional) stream.end()
  }

  /** The status to reset a new stream of the peer with, if it cannot be. */
  #refusal(streamId: number): number | undefined {
    const ours = streamId % 2 === this.#nextStreamId % 2
    if (streamId === 0 || ours || streamId <= this.#lastReceivedId) return RST_STATUS.PROTOCOL_ERROR
    return this.#goingAway ? RST_STATUS.REFUSED_STREAM : undefined
  }

  #handlePing(id: number): void {
    if (id % 2 === this.#nextPingId % 2) {
      this.#pings.get(id)?.()
      this.#pings.delete(id)
    } else this.#send({ type: 'PING', id })
  }

  #handleGoAway(lastGoodStreamId: number): void {
    this.#goingAway = true
    for (const [id, stream] of [...this.#streams]) {
      const ours = id % 2 === this.#nextStreamId % 2
      // Go's spdystream counts wrongly here; streams that it has answered it has accepted.
      if (ours && id > lastGoodStreamId && this.#opening.has(id)) stream.receiveReset(RST_STATUS.REFUSED_STREAM)
    }
    this.#endWhenUnused()
  }

  #answered(id: number, error?: Error): void {
    this.#opening.get(id)?.(error)
    this.#opening.delete(id)
  }

  #forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id)
    this.#unreported.delete(stream.id)
    this.#answered(stream.id, new SpdyStreamResetError(undefined))
    if (this.#stalled?.stream === stream) this.#stalled.readOn()
    if (this.#goingAway) this.#endWhenUnused()
  }

  #endWhenUnused(): void {
    if (this.#streams.size === 0 && !this.#socket.writableEnded) this.#socket.end()
  }

  #consumed(stream: SpdyStream, bytes: number): void {
    if (this.#stalled?.stream === stream && stream.readableLength <= MAX_UNREAD_BYTES / 2) this.#stalled.readOn()
    // Go's runtimes keep no windows, and close as soon as they have sent everything: a window update that meets a closed
    // connection makes the kernel throw away what we have not read yet.
    if (this.#role === 'client') return
    const total = (this.#unreported.get(stream.id) ?? 0) + bytes
    const due = total >= WINDOW_UPDATE_BYTES && this.#streams.has(stream.id)
    this.#unreported.set(stream.id, due ? 0 : total)
    if (due) this.#send({ type: 'WINDOW_UPDATE', streamId: stream.id, delta: total })
    this.#takeForSession(bytes)
  }

  /** The window of the whole connection is that of stream 0 (SPDY/3.1). */
  #takeForSession(bytes: number): void {
    this.#sessionUnreported += bytes
    if (this.#sessionUnreported < WINDOW_UPDATE_BYTES) return
    this.#send({ type: 'WINDOW_UPDATE', streamId: 0, delta: this.#sessionUnreported })
    this.#sessionUnreported = 0
  }

  #sendData(stream: SpdyStream, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    const rest = data.subarray(MAX_DATA_BYTES)
    const last = rest.length === 0
    const writable = this.#send({
      type: 'DATA',
      streamId: stream.id,
      fin: fin && last,
      data: last ? data : data.subarray(0, MAX_DATA_BYTES),
    })
    const proceed = () => (last ? done() : this.#sendData(stream, rest, fin, done))
    if (writable || !this.#socket.writable) proceed()
    else this.#full.push(proceed)
  }

  #drained(): void {
    for (const proceed of this.#full.splice(0)) proceed()
  }

  #reset(streamId: number, status: number): void {
    this.#send({ type: 'RST_STREAM', streamId, status })
  }

  /** Whether the socket wants more right away. */
  #send(frame: Frame): boolean {
    if (!this.#socket.writable) return true
    const parts = this.#encoder.encode(frame)
    if (parts.length === 1) return this.#socket.write(parts[0])
    this.#socket.cork()
    let more = true
    for (const part of parts) more = this.#socket.write(part)
    this.#socket.uncork()
    return more
  }
}

function refuse(): never {
  throw new Error('no streams are expected')
}
