import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameDecoder } from './spdy-decoder.ts'
import { FrameEncoder } from './spdy-encoder.ts'
import { type Frame, SpdyProtocolError } from './spdy-frames.ts'
import { HeaderDecompressor } from './spdy-headers.ts'

const streamId = fc.integer({ min: 1, max: 2 ** 31 - 1 })
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const headers = fc.dictionary(
  fc.stringMatching(/^[a-z-]{1,20}$/).filter(name => name !== '__proto__'),
  fc.oneof(fc.string(), fc.constantFrom('stdout', 'v4.channel.k8s.io', 'x'.repeat(50_000))),
  { noNullPrototype: true },
)
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('SYN_STREAM' as const),
    streamId,
    associatedTo: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    priority: fc.integer({ min: 0, max: 7 }),
    fin: fc.boolean(),
    unidirectional: fc.boolean(),
    headers,
  }),
  fc.record({ type: fc.constantFrom('SYN_REPLY' as const, 'HEADERS' as const), streamId, fin: fc.boolean(), headers }),
  fc.record({
    type: fc.constant('DATA' as const),
    streamId,
    fin: fc.boolean(),
    data: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  }),
  fc.record({ type: fc.constant('RST_STREAM' as const), streamId, status: word }),
  fc.record({
    type: fc.constant('SETTINGS' as const),
    settings: fc.array(
      fc.record({ id: fc.integer({ min: 0, max: 2 ** 24 - 1 }), flags: fc.integer({ min: 0, max: 255 }), value: word }),
      { maxLength: 4 },
    ),
  }),
  fc.record({ type: fc.constant('PING' as const), id: word }),
  fc.record({ type: fc.constant('GOAWAY' as const), lastGoodStreamId: streamId, status: word }),
  fc.record({ type: fc.constant('WINDOW_UPDATE' as const), streamId, delta: streamId }),
)

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

test('frames come back as they were sent, however the bytes are cut', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 10 })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), sizes, (frames, sizes) => {
      const encoder = new FrameEncoder()
      const decoder = new FrameDecoder()
      const decoded: Frame[] = []
      for (const frame of frames) {
        const pieces: Frame[] = []
        for (const chunk of cut(Buffer.concat(encoder.encode(frame)), sizes)) pieces.push(...decoder.decode(chunk))
        if (frame.type === 'DATA') {
          const parts = pieces.filter(piece => piece.type === 'DATA')
          const data = Buffer.concat(parts.map(part => part.data))
          expect(parts.map(part => part.fin).slice(0, -1)).not.toContain(true)
          decoded.push({ ...parts.at(-1)!, data })
        } else decoded.push(...pieces)
      }
      expect(decoded).toEqual(frames)
    }),
    { numRuns: 300, seed: 3 },
  )
})

test('header blocks use the text of those before them', () => {
  const encoder = new FrameEncoder()
  const reply = { type: 'SYN_REPLY', streamId: 1, fin: false, headers: { streamtype: 'stdout', port: '8080' } } as const
  const [first, second] = [encoder.encode(reply)[0]!, encoder.encode(reply)[0]!]
  expect(second.length).toBeLessThan(first.length - 20)
})

/** Made with Python's zlib from the dictionary in the SPDY/3 draft, one stream, flushed after each block. */
test('reads what another zlib has compressed as one stream', () => {
  const decompressor = new HeaderDecompressor()
  const blocks = [
    '78f9e3c6a7c202a62346703a2b294a4dcc851625acc525c03c01000000ffff',
    '02651c4ca954501c404aec2250ea66b23000000000ffff',
  ].map(hex => Buffer.from(hex, 'hex'))
  expect(decompressor.decompress(blocks[0]!)).toEqual({ streamtype: 'stdin' })
  expect(decompressor.decompress(blocks[1]!)).toEqual({ streamtype: 'error', port: '80' })
})

test('a frame of another version is refused', () => {
  const decode = () => [...new FrameDecoder().decode(Buffer.from('8002000600000004', 'hex'))]
  expect(() => [...decode(), ...new FrameDecoder().decode(Buffer.from('800200060000000400000001', 'hex'))]).toThrow(
    new SpdyProtocolError('version 2 is not supported'),
  )
})

test('headers that are no zlib stream are refused', () => {
  const bytes = Buffer.from('8003000200000010000000010102030405060708090a0b0c', 'hex')
  expect(() => [...new FrameDecoder().decode(bytes)]).toThrow(SpdyProtocolError)
})

test('a header bomb is refused', () => {
  const huge = { type: 'SYN_REPLY', streamId: 1, fin: false, headers: { bomb: 'x'.repeat(5 << 20) } } as const
  const bytes = Buffer.concat(new FrameEncoder().encode(huge))
  expect(() => [...new FrameDecoder().decode(bytes)]).toThrow(SpdyProtocolError)
})
