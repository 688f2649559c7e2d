import dgram from 'node:dgram'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import type { Clock } from '../../apimachinery/clock.ts'

const TIMEOUT_MS = 2000
const PORT = 53

/** Passes a question the cluster cannot answer on; undefined when nobody answers. */
export type Forward = (query: Buffer, transport: 'udp' | 'tcp') => Promise<Buffer | undefined>

/** The name servers of the node itself, without this one. */
export async function nameservers(own: string): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '')
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(match => match[1]!).filter(server => server !== own)
}

/** Asks the given servers, one after the other, until one answers. `port` is theirs. */
export function forwarder(servers: readonly string[], clock: Clock, port = PORT): Forward {
  return async (query, transport) => {
    for (const server of servers) {
      const reply = await (transport === 'udp' ? askUdp : askTcp)(server, port, query, clock)
      if (reply) return reply
    }
    return undefined
  }
}

function askUdp(server: string, port: number, query: Buffer, clock: Clock): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = dgram.createSocket(server.includes(':') ? 'udp6' : 'udp4')
    let ended = false
    const finish = (reply: Buffer | undefined) => {
      if (ended) return
      ended = true
      timer.cancel()
      socket.close()
      resolve(reply)
    }
    const timer = clock.timer(TIMEOUT_MS, () => finish(undefined))
    socket.on('error', () => finish(undefined))
    // A connected socket hears only from the server it asked.
    socket.connect(port, server, () => socket.send(query))
    socket.on('message', reply => {
      if (reply.length >= 2 && reply.readUInt16BE(0) === query.readUInt16BE(0)) finish(reply)
    })
  })
}

function askTcp(server: string, port: number, query: Buffer, clock: Clock): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = net.connect(port, server)
    let received = Buffer.alloc(0)
    const finish = (reply: Buffer | undefined) => {
      timer.cancel()
      socket.destroy()
      resolve(reply)
    }
    const timer = clock.timer(TIMEOUT_MS, () => finish(undefined))
    socket.on('error', () => finish(undefined))
    socket.on('close', () => finish(undefined))
    socket.on('connect', () => socket.write(framed(query)))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      const [first] = unframed(received).messages
      if (first) finish(first)
    })
  })
}

/** A message as it travels over TCP: after its length. */
export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(message.length)
  return Buffer.concat([head, message])
}

/** The whole messages in what came over TCP, and what is left of it. */
export function unframed(bytes: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = []
  let rest = bytes
  while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
    const end = 2 + rest.readUInt16BE(0)
    messages.push(rest.subarray(2, end))
    rest = rest.subarray(end)
  }
  return { messages, rest }
}
