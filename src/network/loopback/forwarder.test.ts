import dgram from 'node:dgram'
import net from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { World } from '../../../test/support/world.ts'
import { event as eventKind } from '../../api/core/event.ts'
import { service as serviceKind } from '../../api/core/service.ts'
import { systemClock } from '../../apimachinery/clock.ts'
import { systemRandom } from '../../apimachinery/random.ts'
import { type LoopbackOptions, startLoopbackForwarder } from './forwarder.ts'
import { forwardUdp } from './udp.ts'

const HOST = '127.0.0.1'
let end: AbortController
let closing: (() => unknown)[]
beforeEach(() => {
  end = new AbortController()
  closing = []
})
afterEach(async () => {
  end.abort()
  for (const close of closing) await close()
})

/** A server on a free port, as what stands inside the cluster. */
async function serverOf(onConnection: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, onConnection)
  await new Promise<void>(resolve => server.listen(0, HOST, resolve))
  closing.push(() => server.close())
  return (server.address() as net.AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>(resolve => server.listen(0, HOST, resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

const connect = (port: number): Promise<net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: HOST, allowHalfOpen: true }, () => resolve(socket))
    socket.once('error', reject)
  })

/** What comes over a connection until its end, or the code of the error. */
async function said(port: number, text = ''): Promise<string> {
  try {
    const socket = await connect(port)
    socket.end(text)
    let answer = ''
    for await (const chunk of socket) answer += chunk
    return answer
  } catch (error) {
    return (error as NodeJS.ErrnoException).code!
  }
}

async function start(options: Partial<LoopbackOptions> = {}) {
  const world = await World.start()
  closing.push(() => world.stop())
  const logs: string[] = []
  const dialled: string[] = []
  const ports = await startLoopbackForwarder({
    client: world.client,
    clock: systemClock,
    random: systemRandom,
    signal: end.signal,
    log: line => logs.push(line),
    address: HOST,
    nodeAddresses: ['n1', 'n2'],
    dial: host => {
      dialled.push(host)
      return Promise.reject(new Error('refused'))
    },
    ...options,
  })
  return { client: world.client, logs, dialled, ports }
}

const nodePort = (name: string, port: number, protocol = 'TCP') => ({
  metadata: { name, namespace: 'default' },
  spec: {
    type: 'NodePort',
    clusterIP: '10.96.0.9',
    clusterIPs: ['10.96.0.9'],
    ports: [{ port: 80, nodePort: port, protocol }],
  },
})

test('a node port comes with its Service, reaches all nodes in turn and goes with it', async () => {
  const inside = await serverOf(socket => socket.end('hello'))
  const dialled: string[] = []
  const dial = (host: string, port: number) => {
    dialled.push(`${host}:${port}`)
    return connect(inside)
  }
  const { client } = await start({ dial })
  const port = await freePort()
  await client.create(serviceKind, nodePort('web', port))
  await expect.poll(() => said(port)).toBe('hello')
  expect(await said(port)).toBe('hello')
  expect(new Set(dialled)).toEqual(new Set([`n1:${port}`, `n2:${port}`]))
  const other = await freePort()
  const ports = [{ port: 80, nodePort: other, protocol: 'TCP', targetPort: 80 }]
  await client.patch(serviceKind, { namespace: 'default', name: 'web' }, 'merge', { spec: { ports } })
  await expect.poll(() => said(other)).toBe('hello')
  expect(await said(port)).toBe('ECONNREFUSED')
  await client.delete(serviceKind, { namespace: 'default', name: 'web' })
  await expect.poll(() => said(other)).toBe('ECONNREFUSED')
})

test('a node that refuses is passed over; when all do, so is the client', async () => {
  const inside = await serverOf(socket => socket.end('hello'))
  const port = await freePort()
  const { client } = await start({
    dial: host => (host === 'n2' ? connect(inside) : Promise.reject(new Error('refused'))),
  })
  await client.create(serviceKind, nodePort('web', port))
  await expect.poll(() => said(port)).toBe('hello')
  expect(await said(port)).toBe('hello')
  end.abort()
  end = new AbortController()
  const nobody = await freePort()
  const second = await start()
  await second.client.create(serviceKind, nodePort('web', nobody))
  await expect.poll(() => said(nobody)).toBe('ECONNRESET')
  expect(new Set(second.dialled)).toEqual(new Set(['n1', 'n2']))
})

test('each direction ends by itself, and nothing is cut off', async () => {
  const size = 3_000_000
  const inside = await serverOf(socket => {
    let length = 0
    socket.on('data', chunk => {
      length += chunk.length
    })
    socket.on('end', () => socket.end(`${length} ${'x'.repeat(size)}`))
  })
  const port = await freePort()
  const { client } = await start({ dial: () => connect(inside) })
  await client.create(serviceKind, nodePort('web', port))
  await expect.poll(() => said(port, '').then(text => text.length)).toBe(size + 2)
  const answer = await said(port, 'y'.repeat(size))
  expect(answer.length).toBe(size + 8)
  expect(answer.startsWith(`${size} x`)).toBe(true)
})

test('a port in use is told in the log and in an event', async () => {
  const taken = await serverOf(socket => socket.end())
  const { client, logs } = await start()
  await client.create(serviceKind, nodePort('web', taken))
  await expect
    .poll(() => logs)
    .toEqual([
      `service default/web: Node port ${taken}/TCP cannot be reached at ${HOST}: another program listens there`,
    ])
  const reasons = async () => (await client.list(eventKind)).items.map(e => e.reason)
  await expect.poll(reasons).toContain('PortUnavailable')
})

test('a further port that is in use gives way to another, and it is told which', async () => {
  const inside = await serverOf(socket => socket.end('ingress'))
  const [taken, free] = [await serverOf(socket => socket.end('other')), await freePort()]
  const dialled: string[] = []
  const { ports, logs } = await start({
    fixed: new Map([
      [taken, 80],
      [free, 443],
    ]),
    dial: (host, port) => {
      dialled.push(`${host}:${port}`)
      return connect(inside)
    },
  })
  expect(ports.fixed.get(free)).toBe(free)
  const instead = ports.fixed.get(taken)!
  expect(instead).toBeGreaterThanOrEqual(taken + 8000)
  expect(await said(instead)).toBe('ingress')
  expect(await said(free)).toBe('ingress')
  expect(dialled).toEqual(['n1:80', 'n1:443'])
  expect(logs).toEqual([
    `port ${taken} of ${HOST} is taken (another program listens there); ${instead} is used instead`,
  ])
})

test('a UDP node port is brought out where datagrams can be sent inside', async () => {
  const inside = dgram.createSocket('udp4')
  inside.on('message', (text, peer) => inside.send(`got ${text}`, peer.port, peer.address))
  await new Promise<void>(resolve => inside.bind(0, HOST, resolve))
  closing.push(() => inside.close())
  const bind = async () => {
    const socket = dgram.createSocket('udp4')
    await new Promise<void>(resolve => socket.bind(0, HOST, resolve))
    return socket
  }
  const forwarding = await forwardUdp(HOST, 0, () => [HOST, inside.address().port], bind, systemClock)
  closing.push(() => forwarding.close())
  const clients = [await bind(), await bind()]
  closing.push(...clients.map(c => () => c.close()))
  const answers = await Promise.all(
    clients.map(
      (client, i) =>
        new Promise(resolve => {
          client.once('message', text => resolve(text.toString()))
          client.send(`hello ${i}`, forwarding.port, HOST)
        }),
    ),
  )
  expect(answers).toEqual(['got hello 0', 'got hello 1'])
})

test('a UDP node port opens and closes with its Service', async () => {
  const { client } = await start({ bind: () => Promise.reject(new Error('not needed')) })
  const port = await freePort()
  await client.create(serviceKind, nodePort('dns', port, 'UDP'))
  const isTaken = () =>
    new Promise<boolean>(resolve => {
      const probe = dgram.createSocket('udp4')
      probe.once('error', () => resolve(true))
      probe.bind(port, HOST, () => probe.close(() => resolve(false)))
    })
  await expect.poll(isTaken).toBe(true)
  await client.delete(serviceKind, { namespace: 'default', name: 'dns' })
  await expect.poll(isTaken).toBe(false)
})
