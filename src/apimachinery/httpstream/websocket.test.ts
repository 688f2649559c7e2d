import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { acceptWebSocket, CHANNEL_PROTOCOLS, WebSocketChannels, webSocketTunnel } from './websocket.ts'

const cleanups: (() => void)[] = []

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** Both ends of a WebSocket; the server takes the given subprotocols. */
async function connect(offered: string[], accepted: readonly string[]): Promise<[WebSocket, WebSocket | undefined]> {
  const server = http.createServer().listen(0, '127.0.0.1')
  cleanups.push(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const taken = new Promise<WebSocket | undefined>((resolve, reject) => {
    server.on('upgrade', (request, socket, head) => {
      acceptWebSocket(request, socket, head, accepted).then(taken => resolve(taken?.webSocket), reject)
    })
  })
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, offered)
  cleanups.push(() => client.terminate())
  client.on('error', () => {})
  const webSocket = await taken
  if (webSocket) {
    cleanups.push(() => webSocket.terminate())
    if (client.readyState !== WebSocket.OPEN) await once(client, 'open')
  }
  return [client, webSocket]
}

async function channels(protocol: string) {
  const [client, server] = await connect(protocol ? [protocol] : [], [...CHANNEL_PROTOCOLS, ''])
  client.pause()
  const ids = { channels: [0, 1, 2] }
  return {
    raw: client,
    client: new WebSocketChannels(client, { role: 'client', protocol, ...ids }),
    server: new WebSocketChannels(server!, { role: 'server', protocol, ...ids }),
  }
}

test.each([...CHANNEL_PROTOCOLS, ''])('channels of protocol "%s" carry bytes both ways', async protocol => {
  const { client, server } = await channels(protocol)
  server.channel(0).pipe(server.channel(1))
  client.channel(0).write(Buffer.from([0, 255, 10]))
  const [data] = await once(client.channel(1), 'data')
  expect([...data]).toEqual([0, 255, 10])
})

test('in base64 protocols messages are text', async () => {
  const { raw, server } = await channels('base64.channel.k8s.io')
  const message = once(raw, 'message')
  server.channel(2).write('hello')
  const [data, binary] = await message
  expect([String(data), binary]).toEqual(['2aGVsbG8=', false])
})

test('in v5 the client can close one channel and go on', async () => {
  const { client, server } = await channels('v5.channel.k8s.io')
  server.channel(0).resume()
  client.channel(0).end('last')
  await once(server.channel(0), 'end')
  client.channel(2).write('more')
  expect(String((await once(server.channel(2), 'data'))[0])).toBe('more')
})

test('all channels end with the WebSocket', async () => {
  const { raw, server } = await channels('v4.channel.k8s.io')
  server.channel(0).resume()
  server.channel(1).resume()
  const ended = Promise.all([once(server.channel(0), 'end'), once(server.channel(1), 'end')])
  raw.terminate()
  await Promise.all([ended, server.closed])
})

test('a channel that nobody reads stops the WebSocket, and lets it go on when it is read', async () => {
  const { raw, server } = await channels('v4.channel.k8s.io')
  const message = Buffer.concat([Buffer.from([0]), Buffer.alloc(1 << 20)])
  for (let i = 0; i < 20; i++) raw.send(message)
  const channel = server.channel(0)
  await once(channel, 'readable')
  expect(channel.readableLength).toBeLessThan(3 << 20)
  let bytes = 0
  for await (const chunk of channel) {
    bytes += chunk.length
    if (bytes === 20 << 20) break
  }
  expect(bytes).toBe(20 << 20)
})

test('an upgrade with none of our protocols is answered 403', async () => {
  const [client, server] = await connect(['v9.channel.k8s.io'], CHANNEL_PROTOCOLS)
  const [, response] = await once(client, 'unexpected-response')
  expect([server, response.statusCode]).toEqual([undefined, 403])
})

test('the first protocol of the client that we have is taken', async () => {
  const [client] = await connect(['v9.channel.k8s.io', 'v4.channel.k8s.io', 'v5.channel.k8s.io'], CHANNEL_PROTOCOLS)
  expect(client.protocol).toBe('v4.channel.k8s.io')
})

test('a tunnel carries bytes, whatever the messages', async () => {
  const [client, server] = await connect(['bytes.k8s.io'], ['bytes.k8s.io'])
  const tunnel = webSocketTunnel(server!)
  tunnel.pipe(tunnel)
  const near = webSocketTunnel(client)
  near.end('through')
  const chunks: Buffer[] = []
  for await (const chunk of near) chunks.push(chunk)
  expect(String(Buffer.concat(chunks))).toBe('through')
})
