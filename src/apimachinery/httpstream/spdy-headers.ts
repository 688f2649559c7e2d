import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'

/** Header names, lower case, to values; several values of one name are separated by a NUL. */
export type SpdyHeaders = Record<string, string>

const WORDS = [
  ...'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges'.split(
    ' ',
  ),
  ...'age allow authorization cache-control connection content-base content-encoding content-language'.split(' '),
  ...'content-length content-location content-md5 content-range content-type date etag expect expires from'.split(' '),
  ...'host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location'.split(' '),
  ...'max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te'.split(' '),
  ...'trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status'.split(' '),
  '200 OK',
  ...'version HTTP/1.1 url public set-cookie keep-alive origin'.split(' '),
]
const PHRASES =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized' +
  '403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,' +
  'text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

/** What both ends of a SPDY/3 connection assume to have been sent already (draft-mbelshe-httpbis-spdy-00, 2.6.10.1). */
const DICTIONARY = Buffer.concat([...WORDS.map(lengthPrefixed), Buffer.from(PHRASES)])
const DICTIONARY_ID = 0xe3c6a7c2

/** zlib's header for deflate with a 32 KiB window and a preset dictionary. */
const ZLIB_HEADER = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2])
const WINDOW_BYTES = 32_768
const MAX_BLOCK_BYTES = 1 << 20

/*
 * All header blocks of one direction are one zlib stream, flushed to a byte boundary after each block. Between two blocks
 * the state of such a stream is nothing but its last 32 KiB of plain text. So each block is (de)compressed by itself, with
 * that text as its dictionary: the same bytes as from one long-lived stream, without that stream's callbacks.
 */

export class HeaderCompressor {
  #window: Buffer = DICTIONARY
  #started = false

  compress(headers: SpdyHeaders): Buffer {
    const block = encodeBlock(headers)
    const deflated = deflateRawSync(block, { dictionary: this.#window, finishFlush: constants.Z_SYNC_FLUSH })
    this.#window = slide(this.#window, block)
    if (this.#started) return deflated
    this.#started = true
    return Buffer.concat([ZLIB_HEADER, deflated])
  }
}

export class HeaderDecompressor {
  #window: Buffer = DICTIONARY
  #started = false

  /** Throws when the bytes are not the continuation of the peer's stream, or more than 1 MiB of headers. */
  decompress(bytes: Buffer): SpdyHeaders {
    const deflated = this.#started ? bytes : withoutZlibHeader(bytes)
    this.#started = true
    const block = inflateRawSync(deflated, {
      dictionary: this.#window,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_BLOCK_BYTES,
    })
    this.#window = slide(this.#window, block)
    return decodeBlock(block)
  }
}

function withoutZlibHeader(bytes: Buffer): Buffer {
  const valid =
    bytes.length > ZLIB_HEADER.length &&
    (bytes[0]! & 0x0f) === 8 &&
    bytes.readUInt16BE(0) % 31 === 0 &&
    (bytes[1]! & 0x20) !== 0 &&
    bytes.readUInt32BE(2) === DICTIONARY_ID
  if (!valid) throw new Error('SPDY headers are not compressed with the SPDY/3 dictionary')
  return bytes.subarray(ZLIB_HEADER.length)
}

function slide(window: Buffer, block: Buffer): Buffer {
  const text = Buffer.concat([window, block])
  return text.subarray(Math.max(0, text.length - WINDOW_BYTES))
}

function encodeBlock(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers)
  const fields = entries.flatMap(([name, value]) => [lengthPrefixed(name.toLowerCase()), lengthPrefixed(value)])
  return Buffer.concat([uint32(entries.length), ...fields])
}

function decodeBlock(block: Buffer): SpdyHeaders {
  const headers: SpdyHeaders = {}
  let at = 4
  const next = () => {
    const end = at + 4 + block.readUInt32BE(at)
    if (end > block.length) throw new RangeError('a SPDY header reaches beyond its block')
    const text = block.toString('utf8', at + 4, end)
    at = end
    return text
  }
  for (let left = block.readUInt32BE(0); left > 0; left--) {
    const name = next()
    Object.defineProperty(headers, name, { value: next(), enumerable: true, writable: true, configurable: true })
  }
  return headers
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([uint32(bytes.length), bytes])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
