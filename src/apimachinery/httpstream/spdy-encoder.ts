import {
  CONTROL,
  FLAG_FIN,
  FLAG_UNIDIRECTIONAL,
  FRAME_HEADER_BYTES,
  type Frame,
  MAX_FRAME_BYTES,
  SPDY_VERSION,
} from './spdy-frames.ts'
import { HeaderCompressor } from './spdy-headers.ts'

/** Frames to bytes. Headers are compressed against those sent before, so frames must be sent in the order encoded. */
export class FrameEncoder {
  readonly #headers = new HeaderCompressor()

  /** The frame's bytes, in pieces: the data of a DATA frame is not copied. */
  encode(frame: Frame): Buffer[] {
    switch (frame.type) {
      case 'DATA':
        return encodeData(frame.streamId, frame.fin, frame.data)
      case 'SYN_STREAM': {
        const start = words(frame.streamId, frame.associatedTo, frame.priority << 29)
        const flags = (frame.fin ? FLAG_FIN : 0) | (frame.unidirectional ? FLAG_UNIDIRECTIONAL : 0)
        // The third word is half as long: three bits of priority, unused bits, and the credential slot.
        return control(CONTROL.SYN_STREAM, flags, [start.subarray(0, 10), this.#headers.compress(frame.headers)])
      }
      case 'SYN_REPLY':
      case 'HEADERS': {
        const payload = [words(frame.streamId), this.#headers.compress(frame.headers)]
        return control(CONTROL[frame.type], frame.fin ? FLAG_FIN : 0, payload)
      }
      case 'RST_STREAM':
        return control(CONTROL.RST_STREAM, 0, [words(frame.streamId, frame.status)])
      case 'SETTINGS': {
        const entries = frame.settings.flatMap(({ id, flags, value }) => [flags * 2 ** 24 + id, value])
        return control(CONTROL.SETTINGS, 0, [words(frame.settings.length, ...entries)])
      }
      case 'PING':
        return control(CONTROL.PING, 0, [words(frame.id)])
      case 'GOAWAY':
        return control(CONTROL.GOAWAY, 0, [words(frame.lastGoodStreamId, frame.status)])
      case 'WINDOW_UPDATE':
        return control(CONTROL.WINDOW_UPDATE, 0, [words(frame.streamId, frame.delta)])
    }
  }
}

function encodeData(streamId: number, fin: boolean, data: Buffer): Buffer[] {
  if (data.length > MAX_FRAME_BYTES) throw new RangeError(`a DATA frame holds at most ${MAX_FRAME_BYTES} bytes`)
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUInt32BE(streamId, 0)
  header.writeUInt8(fin ? FLAG_FIN : 0, 4)
  header.writeUIntBE(data.length, 5, 3)
  return data.length > 0 ? [header, data] : [header]
}

function control(type: number, flags: number, payload: Buffer[]): Buffer[] {
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUInt16BE(0x8000 | SPDY_VERSION, 0)
  header.writeUInt16BE(type, 2)
  header.writeUInt8(flags, 4)
  const length = payload.reduce((sum, part) => sum + part.length, 0)
  header.writeUIntBE(length, 5, 3)
  return [Buffer.concat([header, ...payload])]
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, i * 4)
  })
  return bytes
}
