import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { CHANNEL, type RemoteCommandStreams, translateRemoteCommand, tunnelPortForward } from './remotecommand.ts'
import { SpdyConnection } from './spdy.ts'
import type { SpdyStream } from './spdy-stream.ts'
import { acceptSpdy, answer } from './upgrade.ts'
import { WebSocketChannels, webSocketTunnel } from './websocket.ts'

const cleanups: (() => void)[] = []

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

type OnUpgrade = (request: http.IncomingMessage, socket: net.Socket, head: Buffer) => void

async function serve(onUpgrade: OnUpgrade): Promise<number> {
  const server = http.createServer().on('upgrade', (request, socket, head) => {
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {})
    onUpgrade(request, socket as net.Socket, head)
  })
  server.listen(0, '127.0.0.1')
  cleanups.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

type Streams = Record<string, SpdyStream>

/** A container runtime that calls `command` when it has the streams, as containerd does, and closes when it is done. */
function runtime(names: string[], command: (streams: Streams, connection: SpdyConnection) => Promise<void>) {
  const connections: SpdyConnection[] = []
  const onUpgrade: OnUpgrade = (request, socket, head) => {
    if (!acceptSpdy(request, socket, ['v4.channel.k8s.io'])) return
    const streams: Streams = {}
    const connection = new SpdyConnection(socket, {
      role: 'server',
      head,
      onStream: stream => {
        streams[stream.header('streamType')!] = stream
        if (Object.keys(streams).length === names.length) setImmediate(() => void run())
      },
    })
    const run = async () => {
      expect(Object.keys(streams).sort()).toEqual([...names].sort())
      await command(streams, connection)
      connection.close()
    }
    connections.push(connection)
  }
  return { onUpgrade, connections }
}

interface Session {
  client: WebSocketChannels
  translated: Promise<void>
  webSocket: WebSocket
}

async function exec(
  node: OnUpgrade,
  streams: Partial<RemoteCommandStreams>,
  protocol = 'v5.channel.k8s.io',
): Promise<Session> {
  const nodePort = await serve(node)
  const all = { stdin: false, stdout: false, stderr: false, tty: false, ...streams }
  let translated: Promise<void> | undefined
  const port = await serve((request, socket, head) => {
    translated = translateRemoteCommand(request, socket, head, net.connect(nodePort, '127.0.0.1'), '/exec/x', all)
  })
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}`, [protocol])
  cleanups.push(() => webSocket.terminate())
  webSocket.once('open', () => webSocket.pause())
  await once(webSocket, 'open')
  const client = new WebSocketChannels(webSocket, { role: 'client', protocol, channels: Object.values(CHANNEL) })
  return { client, translated: translated!, webSocket }
}

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const SUCCESS = { metadata: {}, status: 'Success' }

/** Writes a stream and waits until it is on its way. */
function say(stream: SpdyStream, words: string): Promise<void> {
  return new Promise(resolve => stream.write(words, () => resolve()))
}

test('a command gets its input, and its output and status come back', async () => {
  const node = runtime(['error', 'stdin', 'stdout', 'stderr'], async streams => {
    const input = await text(streams.stdin!)
    await say(streams.stdout!, `out: ${input}`)
    await say(streams.stderr!, 'err')
    await say(streams.error!, JSON.stringify(SUCCESS))
  })
  const { client, translated } = await exec(node.onUpgrade, { stdin: true, stdout: true, stderr: true })
  client.channel(CHANNEL.stdin).end('input')
  const [out, err, status] = await Promise.all(
    [CHANNEL.stdout, CHANNEL.stderr, CHANNEL.error].map(id => text(client.channel(id))),
  )
  expect([out, err, JSON.parse(status!)]).toEqual(['out: input', 'err', SUCCESS])
  await translated
})

test('an exit code is passed on as the runtime put it', async () => {
  const status = {
    metadata: {},
    status: 'Failure',
    message: 'command terminated with non-zero exit code',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  }
  const node = runtime(['error', 'stdout'], ({ error }) => say(error!, JSON.stringify(status)))
  const { client } = await exec(node.onUpgrade, { stdout: true }, 'v4.channel.k8s.io')
  expect(JSON.parse(await text(client.channel(CHANNEL.error)))).toEqual(status)
})

test('in the first protocol the error channel is plain text', async () => {
  const failure = { status: 'Failure', message: 'command terminated with non-zero exit code: 3' }
  const node = runtime(['error', 'stdout'], ({ error }) => say(error!, JSON.stringify(failure)))
  const { client } = await exec(node.onUpgrade, { stdout: true }, 'channel.k8s.io')
  expect(await text(client.channel(CHANNEL.error))).toBe(failure.message)
})

test('a terminal has sizes and no stderr', async () => {
  const node = runtime(['error', 'stdin', 'stdout', 'resize'], async streams => {
    const [size] = await once(streams.resize!, 'data')
    await say(streams.stdout!, String(size))
  })
  const { client } = await exec(node.onUpgrade, { stdin: true, stdout: true, stderr: true, tty: true })
  client.channel(CHANNEL.resize).write('{"Width":80,"Height":24}')
  expect(await text(client.channel(CHANNEL.stdout))).toBe('{"Width":80,"Height":24}')
})

test('30 MB of output arrive whole', async () => {
  const node = runtime(['error', 'stdout'], async ({ stdout }) => {
    stdout!.end(Buffer.alloc(30 << 20, 'output '))
    await once(stdout!, 'finish')
  })
  const { client } = await exec(node.onUpgrade, { stdout: true })
  let bytes = 0
  for await (const chunk of client.channel(CHANNEL.stdout)) bytes += chunk.length
  expect(bytes).toBe(30 << 20)
})

test('a client that leaves ends the session at the runtime', async () => {
  let input: Promise<string> | undefined
  const node = runtime(['error', 'stdin', 'stdout'], async ({ stdin, stdout }) => {
    input = text(stdin!)
    await say(stdout!, 'ready')
    await input
  })
  const { client, translated, webSocket } = await exec(node.onUpgrade, { stdin: true, stdout: true })
  await once(client.channel(CHANNEL.stdout), 'data')
  webSocket.terminate()
  await Promise.all([translated, input, node.connections[0]!.closed])
})

test('a runtime that breaks off is an internal error', async () => {
  const node = runtime(['error', 'stdout'], async (_, connection) => connection.destroy())
  const { client } = await exec(node.onUpgrade, { stdout: true })
  expect(JSON.parse(await text(client.channel(CHANNEL.error)))).toMatchObject({
    status: 'Failure',
    reason: 'InternalError',
    code: 500,
  })
})

test("a runtime's refusal is told on the error channel", async () => {
  const refuse: OnUpgrade = (_, socket) => answer(socket, 404, 'text/plain', Buffer.from('container not found\n'))
  const { client } = await exec(refuse, { stdout: true })
  expect(JSON.parse(await text(client.channel(CHANNEL.error))).message).toBe(
    'Internal error occurred: unable to upgrade connection: container not found',
  )
})

async function forward(node: OnUpgrade): Promise<WebSocket> {
  const nodePort = await serve(node)
  const port = await serve((request, socket, head) => {
    void tunnelPortForward(request, socket, head, net.connect(nodePort, '127.0.0.1'), '/portForward/x')
  })
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}`, {
    headers: { 'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io' },
  })
  // The ws package takes the slash for a mistake, so it must not see the answer.
  webSocket.once('upgrade', ({ headers }) => {
    expect(headers['sec-websocket-protocol']).toBe('SPDY/3.1+portforward.k8s.io')
    delete headers['sec-websocket-protocol']
  })
  webSocket.on('error', () => {})
  cleanups.push(() => webSocket.terminate())
  return webSocket
}

test('port-forward speaks SPDY through its WebSocket', async () => {
  const webSocket = await forward((request, socket, head) => {
    expect(acceptSpdy(request, socket, ['portforward.k8s.io'])).toBe('portforward.k8s.io')
    new SpdyConnection(socket, { role: 'server', head, onStream: stream => stream.pipe(stream) })
  })
  await once(webSocket, 'open')
  const spdy = new SpdyConnection(webSocketTunnel(webSocket), { role: 'client' })
  const stream = await spdy.open({ streamType: 'data', port: '80', requestID: '0' })
  stream.end('through the tunnel')
  expect(await text(stream)).toBe('through the tunnel')
  spdy.close()
  await once(webSocket, 'close')
})

test("a node's refusal of port-forward is the client's answer", async () => {
  const webSocket = await forward((_, socket) => answer(socket, 404, 'text/plain', Buffer.from('no such pod\n')))
  const [, response] = await once(webSocket, 'unexpected-response')
  expect([response.statusCode, await text(response)]).toEqual([404, 'no such pod\n'])
})
