import {
  CONTROL,
  FLAG_FIN,
  FLAG_UNIDIRECTIONAL,
  FRAME_HEADER_BYTES,
  type Frame,
  SPDY_VERSION,
  SpdyProtocolError,
} from './spdy-frames.ts'
import { HeaderDecompressor, type SpdyHeaders } from './spdy-headers.ts'

const NOTHING = Buffer.alloc(0)
/** Control frames are read whole; no honest one comes near this. */
const MAX_CONTROL_BYTES = 1 << 20

/** Bytes to frames, however the bytes are cut. */
export class FrameDecoder {
  readonly #headers = new HeaderDecompressor()
  #pending: Buffer = NOTHING
  /** The DATA frame whose payload is arriving. */
  #data: { streamId: number; fin: boolean; left: number } | undefined;

  /** The frames that `chunk` completes. Throws SpdyProtocolError; the decoder is of no use after that. */
  *decode(chunk: Buffer): Generator<Frame, void, void> {
    let bytes = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk
    this.#pending = NOTHING
    for (;;) {
      if (this.#data) {
        if (bytes.length === 0 && this.#data.left > 0) return
        const data = bytes.subarray(0, this.#data.left)
        bytes = bytes.subarray(data.length)
        yield this.#takeData(this.#data, data)
        continue
      }
      if (bytes.length < FRAME_HEADER_BYTES) break
      const length = bytes.readUIntBE(5, 3)
      if (bytes[0]! & 0x80) {
        if (length > MAX_CONTROL_BYTES) throw new SpdyProtocolError(`a control frame of ${length} bytes`)
        if (bytes.length < FRAME_HEADER_BYTES + length) break
        const frame = this.#control(bytes.subarray(0, FRAME_HEADER_BYTES + length))
        bytes = bytes.subarray(FRAME_HEADER_BYTES + length)
        if (frame) yield frame
      } else {
        this.#data = { streamId: bytes.readUInt32BE(0), fin: (bytes[4]! & FLAG_FIN) !== 0, left: length }
        bytes = bytes.subarray(FRAME_HEADER_BYTES)
      }
    }
    this.#pending = bytes
  }

  #takeData(current: { streamId: number; fin: boolean; left: number }, data: Buffer): Frame {
    current.left -= data.length
    const last = current.left === 0
    if (last) this.#data = undefined
    return { type: 'DATA', streamId: current.streamId, fin: last && current.fin, data }
  }

  #control(bytes: Buffer): Frame | undefined {
    const version = bytes.readUInt16BE(0) & 0x7fff
    if (version !== SPDY_VERSION) throw new SpdyProtocolError(`version ${version} is not supported`)
    try {
      return this.#controlFrame(bytes.readUInt16BE(2), bytes[4]!, bytes.subarray(FRAME_HEADER_BYTES))
    } catch (error) {
      if (error instanceof SpdyProtocolError) throw error
      throw new SpdyProtocolError('a control frame cannot be read', { cause: error })
    }
  }

  #controlFrame(type: number, flags: number, payload: Buffer): Frame | undefined {
    const word = (i: number) => payload.readUInt32BE(i * 4)
    const id = (i: number) => word(i) & 0x7fffffff
    const fin = (flags & FLAG_FIN) !== 0
    switch (type) {
      case CONTROL.SYN_STREAM: {
        const unidirectional = (flags & FLAG_UNIDIRECTIONAL) !== 0
        const priority = payload.readUInt8(8) >> 5
        const headers = this.#decompress(payload, 10)
        return { type: 'SYN_STREAM', streamId: id(0), associatedTo: id(1), priority, fin, unidirectional, headers }
      }
      case CONTROL.SYN_REPLY:
        return { type: 'SYN_REPLY', streamId: id(0), fin, headers: this.#decompress(payload, 4) }
      case CONTROL.HEADERS:
        return { type: 'HEADERS', streamId: id(0), fin, headers: this.#decompress(payload, 4) }
      case CONTROL.RST_STREAM:
        return { type: 'RST_STREAM', streamId: id(0), status: word(1) }
      case CONTROL.SETTINGS: {
        const settings = Array.from({ length: Math.min(word(0), payload.length >> 3) }, (_, i) => ({
          flags: payload.readUInt8(4 + 8 * i),
          id: payload.readUIntBE(5 + 8 * i, 3),
          value: payload.readUInt32BE(8 + 8 * i),
        }))
        return { type: 'SETTINGS', settings }
      }
      case CONTROL.PING:
        return { type: 'PING', id: word(0) }
      case CONTROL.GOAWAY:
        return { type: 'GOAWAY', lastGoodStreamId: id(0), status: word(1) }
      case CONTROL.WINDOW_UPDATE:
        return { type: 'WINDOW_UPDATE', streamId: id(0), delta: id(1) }
      default:
        // Unknown control frames are to be ignored (SPDY/3, 2.2.1).
        return undefined
    }
  }

  #decompress(payload: Buffer, from: number): SpdyHeaders {
    return this.#headers.decompress(payload.subarray(from))
  }
}
