import type { SpdyHeaders } from './spdy-headers.ts'

/** RST_STREAM status codes (SPDY/3, 2.6.3). */
export const RST_STATUS = {
  PROTOCOL_ERROR: 1,
  INVALID_STREAM: 2,
  REFUSED_STREAM: 3,
  CANCEL: 5,
  INTERNAL_ERROR: 6,
} as const

/** GOAWAY status codes (SPDY/3, 2.6.6). */
export const GOAWAY_STATUS = { OK: 0, PROTOCOL_ERROR: 1 } as const

/** A SPDY/3.1 frame. DATA longer than what has arrived comes as several, of which only the last can carry `fin`. */
export type Frame =
  | {
      type: 'SYN_STREAM'
      streamId: number
      associatedTo: number
      priority: number
      fin: boolean
      unidirectional: boolean
      headers: SpdyHeaders
    }
  | { type: 'SYN_REPLY' | 'HEADERS'; streamId: number; fin: boolean; headers: SpdyHeaders }
  | { type: 'DATA'; streamId: number; fin: boolean; data: Buffer }
  | { type: 'RST_STREAM'; streamId: number; status: number }
  | { type: 'SETTINGS'; settings: Setting[] }
  | { type: 'PING'; id: number }
  | { type: 'GOAWAY'; lastGoodStreamId: number; status: number }
  | { type: 'WINDOW_UPDATE'; streamId: number; delta: number }

export interface Setting {
  id: number
  flags: number
  value: number
}

/** Numbers of control frames. */
export const CONTROL = {
  SYN_STREAM: 1,
  SYN_REPLY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  HEADERS: 8,
  WINDOW_UPDATE: 9,
} as const

export const SPDY_VERSION = 3
export const FLAG_FIN = 1
export const FLAG_UNIDIRECTIONAL = 2
/** Every frame begins with this many bytes. */
export const FRAME_HEADER_BYTES = 8
/** The length field has 24 bits. */
export const MAX_FRAME_BYTES = 2 ** 24 - 1

/** The peer broke the protocol; the connection cannot go on. */
export class SpdyProtocolError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(`SPDY: ${message}`, options)
    this.name = 'SpdyProtocolError'
  }
}
