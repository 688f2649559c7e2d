import dgram from 'node:dgram'
import net from 'node:net'
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import type { Resolution, Zone } from './zone.ts'
import { TTL } from './zone.ts'

const NXDOMAIN = 3
const SERVFAIL = 2
const FORMERR = 1
/** Longest answer over UDP for clients that offer no more. */
const PLAIN_UDP_BYTES = 512
const IDLE_MS = 10_000

/** Passes a question the cluster cannot answer on; undefined when nobody can be asked. */
export type Forward = (query: Buffer) => Promise<Buffer | undefined>

export interface DnsServerOptions {
  readonly zone: Zone
  readonly domain: string
  readonly forward: Forward
}

/** Listens for questions on an address, over UDP and TCP. Rejects when the port is taken. */
export async function listenDns(
  address: string,
  port: number,
  options: DnsServerOptions,
  signal: AbortSignal,
): Promise<void> {
  const udp = dgram.createSocket('udp4')
  udp.on('message', (query, peer) => {
    void answer(query, options, true).then(reply => {
      if (reply && !signal.aborted) udp.send(reply, peer.port, peer.address)
    })
  })
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject)
    udp.bind(port, address, resolve)
  })
  udp.on('error', () => {})
  const tcp = net.createServer(socket => serveStream(socket, options))
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject)
    tcp.listen(port, address, resolve)
  })
  signal.addEventListener(
    'abort',
    () => {
      udp.close()
      tcp.close()
    },
    { once: true },
  )
}

function serveStream(socket: net.Socket, options: DnsServerOptions): void {
  let buffer = Buffer.alloc(0)
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    buffer = Buffer.concat([buffer, chunk])
    while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
      const end = 2 + buffer.readUInt16BE(0)
      const query = buffer.subarray(2, end)
      buffer = buffer.subarray(end)
      void answer(query, options, false).then(reply => {
        if (!reply) return
        const head = Buffer.alloc(2)
        head.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([head, reply]))
      })
    }
  })
}

async function answer(bytes: Buffer, options: DnsServerOptions, udp: boolean): Promise<Buffer | undefined> {
  let query: Packet
  try {
    query = decode(bytes)
  } catch {
    if (bytes.length < 2) return undefined
    return encode({ type: 'response', id: bytes.readUInt16BE(0), flags: FORMERR })
  }
  const [question] = query.questions ?? []
  if (query.type === 'response' || !question) return undefined
  const resolution = options.zone.resolve(question.name, question.type)
  if (resolution.kind === 'elsewhere') {
    const forwarded = await options.forward(bytes)
    return forwarded ?? encode(replyTo(query, SERVFAIL, []))
  }
  const reply = replyTo(query, resolution.kind === 'no-name' ? NXDOMAIN : 0, answersOf(resolution))
  if (resolution.kind !== 'answers') reply.authorities = [authority(options.domain)]
  const out = encode(reply)
  if (!udp || out.length <= limitOf(query)) return out
  return encode({ ...replyTo(query, 0, []), flags: (reply.flags ?? 0) | TRUNCATED_RESPONSE })
}

const answersOf = (resolution: Resolution) =>
  (resolution.kind === 'answers' ? resolution.answers : []) as Packet['answers']

function replyTo(query: Packet, rcode: number, answers: Packet['answers']): Packet {
  const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | rcode
  return { type: 'response', id: query.id, flags, questions: query.questions, answers }
}

function limitOf(query: Packet): number {
  const edns = query.additionals?.find(a => a.type === 'OPT') as { udpPayloadSize?: number } | undefined
  return Math.max(PLAIN_UDP_BYTES, Math.min(edns?.udpPayloadSize ?? 0, 4096))
}

/** Says how long a "no" may be kept. */
function authority(domain: string) {
  return {
    name: domain,
    type: 'SOA' as const,
    ttl: TTL,
    data: {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: TTL,
    },
  }
}
