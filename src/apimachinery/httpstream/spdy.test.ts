import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { socketPair } from './socket-pair.ts'
import { SpdyConnection, type SpdyConnectionOptions } from './spdy.ts'
import { FrameDecoder } from './spdy-decoder.ts'
import { FrameEncoder } from './spdy-encoder.ts'
import { type Frame, RST_STATUS, SpdyProtocolError } from './spdy-frames.ts'
import { type SpdyStream, SpdyStreamResetError } from './spdy-stream.ts'

const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

async function pair(): Promise<[Socket, Socket]> {
  const both = await socketPair()
  sockets.push(...both)
  return both
}

async function connect(onStream: SpdyConnectionOptions['onStream']) {
  const [a, b] = await pair()
  return {
    client: new SpdyConnection(a, { role: 'client' }),
    server: new SpdyConnection(b, { role: 'server', onStream }),
    socket: a,
  }
}

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** A peer that speaks in frames. */
class RawPeer {
  readonly #encoder = new FrameEncoder()
  readonly #socket: Socket
  readonly #decoder = new FrameDecoder()
  readonly frames: Frame[] = []
  readonly ended: Promise<void>

  constructor(socket: Socket) {
    this.#socket = socket
    this.ended = (async () => {
      for await (const chunk of socket) {
        this.frames.push(...this.#decoder.decode(chunk))
        socket.emit('frames')
      }
    })().catch(() => {})
  }

  send(...frames: Frame[]): void {
    for (const frame of frames) for (const part of this.#encoder.encode(frame)) this.#socket.write(part)
  }

  async until<T extends Frame['type']>(type: T, matches: (frame: Frame & { type: T }) => boolean = () => true) {
    for (;;) {
      const found = this.frames.find(
        (frame): frame is Frame & { type: T } => frame.type === type && matches(frame as never),
      )
      if (found) return found
      await once(this.#socket, 'frames')
    }
  }
}

const syn = (streamId: number): Frame => ({
  type: 'SYN_STREAM',
  streamId,
  associatedTo: 0,
  priority: 0,
  fin: false,
  unidirectional: false,
  headers: { streamtype: 'data' },
})

test('a stream carries bytes both ways and its headers', async () => {
  const { client } = await connect(stream => stream.pipe(stream))
  const stream = await client.open({ streamType: 'stdin', port: '80' })
  expect(stream.header('StreamType')).toBe('stdin')
  stream.end('over and back')
  expect(await text(stream)).toBe('over and back')
})

test('the server sees the headers, and may open streams too', async () => {
  const seen: (string | undefined)[] = []
  const [a, b] = await pair()
  new SpdyConnection(a, { role: 'client', onStream: stream => stream.end(`from ${stream.id}`) })
  const server = new SpdyConnection(b, { role: 'server', onStream: stream => seen.push(stream.header('streamtype')) })
  expect(await text(await server.open({ streamtype: 'x' }))).toBe('from 2')
  expect(seen).toEqual([])
})

test('each half closes by itself', async () => {
  const finished = new PassThrough()
  const { client } = await connect(stream => {
    stream.on('end', () => stream.end('heard all')).pipe(finished)
  })
  const stream = await client.open({})
  stream.end('question')
  expect(await text(stream)).toBe('heard all')
  expect(await text(finished)).toBe('question')
  if (!stream.closed) await once(stream, 'close')
})

test('many streams at once do not mix', async () => {
  const { client } = await connect(stream => stream.pipe(stream))
  const echo = async (i: number) => {
    const stream = await client.open({ id: String(i) })
    stream.end(`${i} `.repeat(1000))
    return text(stream)
  }
  const echoes = await Promise.all(Array.from({ length: 50 }, (_, i) => echo(i)))
  expect(echoes).toEqual(Array.from({ length: 50 }, (_, i) => `${i} `.repeat(1000)))
})

test('30 MB go through one stream, whole', async () => {
  const chunk = Buffer.alloc(1 << 20, 'abcdefg')
  const sent = createHash('sha256')
  const received = createHash('sha256')
  let bytes = 0
  const { client } = await connect(stream => stream.pipe(stream))
  const stream = await client.open({})
  const source = Readable.from(
    (function* () {
      for (let i = 0; i < 30; i++) {
        sent.update(chunk)
        yield chunk
      }
    })(),
  )
  const writing = pipeline(source, stream, { end: false }).then(() => stream.end())
  for await (const part of stream) {
    bytes += part.length
    received.update(part)
  }
  await writing
  expect(bytes).toBe(30 << 20)
  expect(received.digest('hex')).toBe(sent.digest('hex'))
})

test('a stream that nobody reads holds back its sender, and goes on when it is read', async () => {
  const MEGABYTE = 1 << 20
  let waiting: SpdyStream | undefined
  const { client } = await connect(stream => {
    waiting = stream
  })
  const stream = await client.open({})
  let written = 0
  const source = Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(MEGABYTE)))
  source.on('data', () => written++)
  source.pipe(stream)
  while (waiting!.readableLength <= MEGABYTE) await nextTurn()
  for (let turns = 0; turns < 100; turns++) await nextTurn()
  expect(waiting!.readableLength).toBeLessThan(1.2 * MEGABYTE)
  expect(written).toBeLessThan(64)
  expect((await text(waiting!)).length).toBe(64 * MEGABYTE)
})

test('a refused stream rejects', async () => {
  const { client } = await connect(() => {
    throw new Error('no')
  })
  await expect(client.open({})).rejects.toThrow(new SpdyStreamResetError(RST_STATUS.REFUSED_STREAM))
})

test('a reset ends reading behind what has arrived, and fails writing', async () => {
  const { client } = await connect(stream => {
    stream.write('last words', () => stream.destroy())
  })
  const stream = await client.open({})
  const [chunk] = await once(stream, 'data')
  expect(String(chunk)).toBe('last words')
  if (!stream.readableEnded) await once(stream, 'end')
  expect(stream.cutOff).toEqual(new SpdyStreamResetError(RST_STATUS.CANCEL))
  const failed = once(stream, 'error')
  stream.write('too late')
  expect((await failed)[0]).toBeInstanceOf(SpdyStreamResetError)
})

test('destroying a stream resets it at the peer and leaves the others alone', async () => {
  const resets: number[] = []
  const { client } = await connect(stream => {
    stream.on('reset', () => resets.push(stream.id)).pipe(stream)
  })
  const doomed = await client.open({})
  const other = await client.open({})
  doomed.destroy()
  await client.ping()
  expect(resets).toEqual([1])
  other.end('still here')
  expect(await text(other)).toBe('still here')
})

test('pings are answered', async () => {
  const { client, server } = await connect(() => {})
  await Promise.all([client.ping(), client.ping(), server.ping()])
})

test('closing sends what was written, then resets, then says goodbye', async () => {
  const { client, server } = await connect(stream => {
    stream.write('answer', () => server.close())
  })
  const stream = await client.open({})
  expect(await text(stream)).toBe('answer')
  expect(stream.aborted).toBe(false)
  expect(await client.closed).toBeUndefined()
  expect(await server.closed).toBeUndefined()
  await expect(client.open({})).rejects.toThrow('the SPDY connection has ended')
})

test('a connection that breaks ends its streams as aborted', async () => {
  const { client, server, socket } = await connect(stream => stream.write('half'))
  const stream = await client.open({})
  const [chunk] = await once(stream, 'data')
  expect(String(chunk)).toBe('half')
  const ping = client.ping()
  server.destroy()
  await expect(ping).rejects.toThrow(SpdyStreamResetError)
  stream.resume()
  if (!stream.readableEnded) await once(stream, 'end')
  expect(stream.aborted).toBe(true)
  await client.closed
  expect(socket.destroyed).toBe(true)
})

test('data waits until the peer has accepted the stream', async () => {
  const [a, b] = await pair()
  const server = new RawPeer(b)
  const client = new SpdyConnection(a, { role: 'client' })
  const opening = client.open({})
  await server.until('SYN_STREAM')
  server.send({ type: 'SYN_REPLY', streamId: 1, fin: false, headers: {} })
  const stream = await opening
  stream.end('now')
  const { data } = await server.until('DATA')
  expect(data.toString()).toBe('now')
})

test('a sender gets its window back, though we never wait for ours', async () => {
  const [a, b] = await pair()
  const client = new RawPeer(a)
  const streams: SpdyStream[] = []
  new SpdyConnection(b, {
    role: 'server',
    onStream: stream => {
      streams.push(stream)
      stream.resume()
      stream.write(Buffer.alloc(200_000))
    },
  })
  client.send(syn(1), { type: 'DATA', streamId: 1, fin: false, data: Buffer.alloc(60_000) })
  expect((await client.until('WINDOW_UPDATE', frame => frame.streamId === 1)).delta).toBeGreaterThanOrEqual(32_768)
  await client.until('WINDOW_UPDATE', frame => frame.streamId === 0)
  const received = () => client.frames.reduce((sum, frame) => sum + (frame.type === 'DATA' ? frame.data.length : 0), 0)
  while (received() < 200_000) await once(a, 'frames')
})

test('stream numbers that go backwards or are ours are protocol errors', async () => {
  const [a, b] = await pair()
  const client = new RawPeer(a)
  new SpdyConnection(b, { role: 'server', onStream: () => {} })
  client.send(syn(5), syn(3), syn(2))
  await client.until('RST_STREAM', frame => frame.streamId === 3 && frame.status === RST_STATUS.PROTOCOL_ERROR)
  await client.until('RST_STREAM', frame => frame.streamId === 2 && frame.status === RST_STATUS.PROTOCOL_ERROR)
  await client.until('SYN_REPLY', frame => frame.streamId === 5)
})

test('what is no SPDY ends the connection with a goodbye', async () => {
  const [a, b] = await pair()
  const client = new RawPeer(a)
  const server = new SpdyConnection(b, { role: 'server' })
  a.write(Buffer.from('8002000600000004000000010000', 'hex'))
  expect(await server.closed).toBeInstanceOf(SpdyProtocolError)
  expect((await client.until('GOAWAY')).status).toBe(1)
  await client.ended
})

test('closing resets open streams before the goodbye', async () => {
  const [a, b] = await pair()
  const client = new RawPeer(a)
  const server = new SpdyConnection(b, { role: 'server', onStream: () => {} })
  client.send(syn(1))
  await client.until('SYN_REPLY')
  server.close()
  await client.ended
  expect(client.frames.map(frame => frame.type)).toEqual(['SYN_REPLY', 'RST_STREAM', 'GOAWAY'])
})

test('bytes that came with the upgrade come first', async () => {
  const [a, b] = await pair()
  const client = new RawPeer(a)
  const head = Buffer.concat(new FrameEncoder().encode({ type: 'PING', id: 1 }))
  new SpdyConnection(b, { role: 'server', head })
  expect((await client.until('PING')).id).toBe(1)
})

test('a client sends no window updates: a runtime that has closed would answer them with a reset', async () => {
  const [client, peer] = await pair()
  const connection = new SpdyConnection(client, { role: 'client' })
  const [decoder, encoder] = [new FrameDecoder(), new FrameEncoder()]
  const sent: string[] = []
  peer.on('data', chunk => {
    for (const frame of decoder.decode(chunk)) sent.push(frame.type)
  })
  const opening = connection.open({ streamtype: 'stdout' })
  await expect.poll(() => sent).toEqual(['SYN_STREAM'])
  peer.write(Buffer.concat(encoder.encode({ type: 'SYN_REPLY', streamId: 1, fin: false, headers: {} })))
  const stream = await opening
  peer.write(Buffer.concat(encoder.encode({ type: 'DATA', streamId: 1, fin: false, data: Buffer.alloc(1 << 20) })))
  peer.write(Buffer.concat(encoder.encode({ type: 'DATA', streamId: 1, fin: true, data: Buffer.alloc(1) })))
  let received = 0
  for await (const chunk of stream) received += chunk.length
  expect(received).toBe((1 << 20) + 1)
  const ended = once(peer, 'end')
  connection.close()
  await ended
  expect(sent).not.toContain('WINDOW_UPDATE')
})
