import dgram from 'node:dgram'
import net from 'node:net'
import { type DecodedPacket, decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../apimachinery/clock.ts'
import { type Forward, forwarder, framed, unframed } from './forward.ts'
import { listenDns } from './server.ts'
import { type Answer, type Resolution, Zone } from './zone.ts'

const HOST = '127.0.0.1'
let end = new AbortController()
afterEach(() => {
  end.abort()
  end = new AbortController()
})

const address = (name: string, data: string): Answer => ({ name, type: 'A', ttl: 5, data })
const many = (name: string) => Array.from({ length: 100 }, (_, i) => address(name, `10.0.0.${i}`))

/** Answers by name instead of by a cluster's objects. */
class FakeZone extends Zone {
  constructor() {
    super('cluster.local', undefined as never)
  }
  override resolve(question: string): Resolution {
    const name = question.toLowerCase()
    if (name === 'web.cluster.local') return { kind: 'answers', answers: [address(name, '10.96.0.7')] }
    if (name === 'many.cluster.local') return { kind: 'answers', answers: many(name) }
    if (name === 'srv.cluster.local')
      return {
        kind: 'answers',
        answers: [
          { name, type: 'SRV', ttl: 5, data: { priority: 0, weight: 100, port: 80, target: 'a.cluster.local' } },
        ],
        additionals: [address('a.cluster.local', '10.0.0.1')],
      }
    if (name === 'alias.cluster.local')
      return { kind: 'answers', answers: [{ name, type: 'CNAME', ttl: 5, data: 'example.com' }], alias: 'example.com' }
    if (name === 'typeless.cluster.local') return { kind: 'no-data' }
    if (name === 'broken.cluster.local') throw new Error('broken')
    return name.endsWith('cluster.local') ? { kind: 'no-name' } : { kind: 'elsewhere' }
  }
}

const serve = (forward: Forward = async () => undefined) =>
  listenDns(HOST, 0, { zone: new FakeZone(), domain: 'cluster.local', forward }, end.signal)

const queryFor = (name: string, more: Partial<Packet> = {}): Packet => ({
  type: 'query',
  id: 4711,
  flags: RECURSION_DESIRED,
  questions: [{ type: 'A', name }],
  ...more,
})
const offering = (udpPayloadSize: number): Partial<Packet> => ({
  additionals: [
    { type: 'OPT', name: '.', udpPayloadSize, flags: 0, flag_do: false, extendedRcode: 0, ednsVersion: 0, options: [] },
  ],
})

function overUdp(port: number, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4')
    socket.once('error', reject)
    socket.once('message', reply => {
      socket.close()
      resolve(reply)
    })
    socket.send(message, port, HOST)
  })
}

/** Sends all at once and resolves to as many answers. */
function overTcp(port: number, ...messages: Buffer[]): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, HOST, () => socket.write(Buffer.concat(messages.map(framed))))
    let received = Buffer.alloc(0)
    socket.once('error', reject)
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      const replies = unframed(received).messages
      if (replies.length < messages.length) return
      socket.destroy()
      resolve(replies)
    })
  })
}

const asked = async (port: number, packet: Packet): Promise<DecodedPacket & { rcode?: string }> =>
  decode(await overUdp(port, encode(packet)))

test('answers over UDP, with the question and its spelling', async () => {
  const reply = await asked(await serve(), queryFor('WEB.cluster.local'))
  expect(reply).toMatchObject({
    id: 4711,
    type: 'response',
    rcode: 'NOERROR',
    flag_aa: true,
    flag_rd: true,
    flag_ra: true,
    questions: [{ name: 'WEB.cluster.local' }],
    answers: [{ name: 'WEB.cluster.local', type: 'A', ttl: 5, data: '10.96.0.7' }],
  })
})

test('answers several questions of one connection over TCP, also in full length', async () => {
  const port = await serve()
  const names = ['web.cluster.local', 'many.cluster.local']
  const replies = await overTcp(port, ...names.map((name, i) => encode(queryFor(name, { id: i }))))
  const byId = new Map(replies.map(r => [decode(r).id, decode(r)]))
  expect(byId.get(0)!.answers).toHaveLength(1)
  expect(byId.get(1)!.answers).toHaveLength(100)
})

test('a question that comes in pieces over TCP is answered', async () => {
  const port = await serve()
  const bytes = framed(encode(queryFor('web.cluster.local')))
  const reply = await new Promise<Buffer>(resolve => {
    const socket = net.connect({ port, host: HOST, noDelay: true }, () => {
      socket.write(bytes.subarray(0, 1), () =>
        socket.write(bytes.subarray(1, 9), () => socket.write(bytes.subarray(9))),
      )
    })
    socket.once('data', chunk => {
      socket.destroy()
      resolve(chunk)
    })
  })
  expect(decode(reply.subarray(2)).answers).toHaveLength(1)
})

test('what does not fit a datagram is cut, and says so', async () => {
  const port = await serve()
  const reply = await overUdp(port, encode(queryFor('many.cluster.local')))
  expect(reply.length).toBeLessThanOrEqual(512)
  expect(decode(reply)).toMatchObject({ flag_tc: true, rcode: 'NOERROR', answers: [] })
  expect((await asked(port, queryFor('many.cluster.local', offering(65_535)))).flag_tc).toBe(true)
})

test('clients that speak EDNS are answered so', async () => {
  const port = await serve()
  const reply = await asked(port, queryFor('web.cluster.local', offering(4096)))
  expect(reply.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }])
  expect((await asked(port, queryFor('web.cluster.local'))).additionals).toEqual([])
})

test('addresses are added where they help', async () => {
  const reply = await asked(
    await serve(),
    queryFor('srv.cluster.local', { questions: [{ type: 'SRV', name: 'srv.cluster.local' }] }),
  )
  expect(reply.additionals).toMatchObject([{ name: 'a.cluster.local', data: '10.0.0.1' }])
})

test('no such name and no such data differ, and both say for how long', async () => {
  const port = await serve()
  const noName = await asked(port, queryFor('nobody.cluster.local'))
  const noData = await asked(port, queryFor('typeless.cluster.local'))
  expect([noName.rcode, noData.rcode]).toEqual(['NXDOMAIN', 'NOERROR'])
  for (const { answers, authorities } of [noName, noData]) {
    expect(answers).toEqual([])
    expect(authorities).toMatchObject([{ type: 'SOA', name: 'cluster.local', data: { minimum: 5 } }])
  }
})

test('other names are asked of others, and what these say is passed on', async () => {
  const port = await serve(async query =>
    encode({
      type: 'response',
      id: decode(query).id,
      questions: decode(query).questions,
      answers: [address('example.com', '192.0.2.1') as never],
    }),
  )
  const reply = await asked(port, queryFor('example.com'))
  expect(reply).toMatchObject({ id: 4711, answers: [{ data: '192.0.2.1' }] })
  expect((await asked(port, queryFor('alias.cluster.local'))).answers).toMatchObject([
    { type: 'CNAME', data: 'example.com' },
    { type: 'A', data: '192.0.2.1' },
  ])
})

test('where nobody can be asked, names fail and unknown addresses have no names', async () => {
  const port = await serve()
  expect(await asked(port, queryFor('example.com'))).toMatchObject({ rcode: 'SERVFAIL', flag_aa: false })
  expect(await asked(port, queryFor('1.2.0.192.in-addr.arpa'))).toMatchObject({ rcode: 'NXDOMAIN' })
  expect((await asked(port, queryFor('alias.cluster.local'))).answers).toHaveLength(1)
})

test('a failure is answered and survived', async () => {
  const port = await serve()
  expect((await asked(port, queryFor('broken.cluster.local'))).rcode).toBe('SERVFAIL')
  expect((await asked(port, queryFor('web.cluster.local'))).rcode).toBe('NOERROR')
})

test('messages that make no sense are told so or passed over, and the next is answered', async () => {
  const port = await serve()
  const good = encode(queryFor('web.cluster.local'))
  expect(decode(await overUdp(port, good.subarray(0, 20)))).toMatchObject({ id: 4711, rcode: 'FORMERR' })
  const endless = Buffer.concat([good.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])])
  expect(decode(await overUdp(port, endless))).toMatchObject({ rcode: 'FORMERR' })
  const socket = dgram.createSocket('udp4')
  for (const junk of [Buffer.alloc(0), Buffer.from([1]), Buffer.alloc(600, 0xff)])
    await new Promise(resolve => socket.send(junk, port, HOST, resolve))
  socket.close()
  expect((await asked(port, { ...queryFor('web.cluster.local'), flags: 4 << 11 })).rcode).toBe('NOTIMP')
  expect((await asked(port, queryFor('', { questions: [] }))).rcode).toBe('FORMERR')
  const chaos = queryFor('version.bind', { questions: [{ type: 'TXT', name: 'version.bind', class: 'CH' }] })
  expect((await asked(port, chaos)).rcode).toBe('REFUSED')
  expect((await asked(port, queryFor('web.cluster.local'))).rcode).toBe('NOERROR')
})

test('a port in use is an error that says so', async () => {
  const port = await serve()
  const options = { zone: new FakeZone(), domain: 'cluster.local', forward: async () => undefined }
  await expect(listenDns(HOST, port, options, end.signal)).rejects.toThrow('another program listens there')
})

test('nobody listens after the end', async () => {
  const port = await serve()
  end.abort()
  end = new AbortController()
  const options = { zone: new FakeZone(), domain: 'cluster.local', forward: async () => undefined }
  expect(await listenDns(HOST, port, options, end.signal)).toBe(port)
})

test('the forwarder asks a server over UDP and TCP, and goes on from one that is not there', async () => {
  const port = await serve()
  for (const transport of ['udp', 'tcp'] as const) {
    const forward = forwarder(['127.0.0.9', HOST], systemClock, port)
    const reply = await forward(encode(queryFor('web.cluster.local')), transport)
    expect(decode(reply!).answers).toMatchObject([{ data: '10.96.0.7' }])
  }
  expect(await forwarder([], systemClock)(encode(queryFor('example.com')), 'udp')).toBeUndefined()
})
