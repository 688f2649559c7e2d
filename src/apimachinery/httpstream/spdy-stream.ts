import { Duplex } from 'node:stream'
import type { SpdyHeaders } from './spdy-headers.ts'

/** What a stream asks of its connection. */
export interface StreamTransport {
  /** Sends DATA; calls back when the socket can take more, or with why it cannot. */
  sendData(stream: SpdyStream, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void
  sendReset(stream: SpdyStream): void
  /** The reader has taken so many bytes. */
  consumed(stream: SpdyStream, bytes: number): void
  forget(stream: SpdyStream): void
}

/** The peer has reset the stream, or the connection is gone; what is written now reaches nobody. */
export class SpdyStreamResetError extends Error {
  /** RST_STREAM status; undefined when the connection ended. */
  readonly status: number | undefined
  constructor(status: number | undefined) {
    super(status === undefined ? 'the SPDY connection has ended' : `the peer reset the SPDY stream (status ${status})`)
    this.name = 'SpdyStreamResetError'
    this.status = status
  }
}

/**
 * One stream of a SPDY connection. `end()` closes our half (FIN), `destroy()` resets the stream when either half is open.
 * A reset by the peer ends the reading half after what has arrived, as Go's spdystream does, since peers reset streams
 * right behind their last data; what is written afterwards fails with SpdyStreamResetError. `cutOff` and the event `reset` tell of it.
 */
export class SpdyStream extends Duplex {
  readonly id: number
  /** The headers that opened it. */
  readonly headers: SpdyHeaders
  readonly #transport: StreamTransport
  /** Writes held back until the other side knows of the stream. */
  #held: (() => void) | undefined
  #open = false
  #reset: SpdyStreamResetError | undefined
  #aborted = false
  #received = 0
  #reported = 0
  #finSent = false
  #finReceived = false

  constructor(id: number, headers: SpdyHeaders, transport: StreamTransport) {
    super({ allowHalfOpen: true })
    this.id = id
    this.headers = headers
    this.#transport = transport
    // A peer's reset must not end the process where nobody listens; pipelines and `reset` tell of it.
    this.on('error', () => {})
  }

  /** Why the stream was cut off from the peer's side, if it was. */
  get cutOff(): SpdyStreamResetError | undefined {
    return this.#reset
  }

  /** Whether the connection ended before the peer closed or reset the stream, so that data may be missing. */
  get aborted(): boolean {
    return this.#aborted
  }

  /** Value of a header, whatever the case of `name`. */
  header(name: string): string | undefined {
    return this.headers[name.toLowerCase()]
  }

  /** The peer has accepted the stream, or we have the peer's: data may be sent. */
  opened(): void {
    this.#open = true
    const held = this.#held
    this.#held = undefined
    held?.()
  }

  /** Bytes from the peer. */
  receive(data: Buffer): void {
    if (this.#finReceived || this.#reset || this.destroyed) {
      this.#transport.consumed(this, data.length)
      return
    }
    this.#received += data.length
    this.push(data)
    this.#reportConsumed()
  }

  /** The peer has closed its half. */
  receiveFin(): void {
    if (this.#finReceived) return
    this.#finReceived = true
    this.push(null)
  }

  /** The peer has reset the stream, or the connection has ended (`status` undefined). */
  receiveReset(status: number | undefined): void {
    if (this.#reset || this.destroyed) return
    this.#aborted = status === undefined && !this.#finReceived
    this.#reset = new SpdyStreamResetError(status)
    this.emit('reset', this.#reset)
    this.receiveFin()
    this.opened()
    this.#transport.forget(this)
  }

  override read(size?: number): unknown {
    const chunk = super.read(size)
    this.#reportConsumed()
    return chunk
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, false, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#send(Buffer.alloc(0), true, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const whole = this.#finSent && this.#finReceived
    if (!whole && !this.#reset) this.#transport.sendReset(this)
    this.#transport.forget(this)
    this.#held?.()
    done(error)
  }

  #send(data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (!this.#open && !this.destroyed) {
      this.#held = () => this.#send(data, fin, done)
      return
    }
    if (this.#reset || this.destroyed) {
      // An error would throw away what has arrived and is still to be read.
      const unread = this.readableLength > 0
      done(fin || unread ? null : (this.#reset ?? new SpdyStreamResetError(undefined)))
      return
    }
    if (fin) this.#finSent = true
    this.#transport.sendData(this, data, fin, done)
  }

  #reportConsumed(): void {
    const taken = this.#received - this.readableLength
    if (taken > this.#reported) {
      const bytes = taken - this.#reported
      this.#reported = taken
      this.#transport.consumed(this, bytes)
    }
  }
}
