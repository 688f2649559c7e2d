import dgram from 'node:dgram'
import { readFile } from 'node:fs/promises'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Forward } from './server.ts'

const TIMEOUT_MS = 2000
const PORT = 53

/** The name servers of the node itself, without this one. */
export async function nameservers(own: string): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '')
  return [...text.matchAll(/^nameserver\s+(\S+)/gm)].map(match => match[1]!).filter(server => server !== own)
}

/** Asks the given servers, one after the other, until one answers. */
export function forwarder(servers: readonly string[], clock: Clock): Forward {
  return async query => {
    for (const server of servers) {
      const reply = await ask(server, query, clock)
      if (reply) return reply
    }
    return undefined
  }
}

function ask(server: string, query: Buffer, clock: Clock): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = dgram.createSocket(server.includes(':') ? 'udp6' : 'udp4')
    const timer = clock.timer(TIMEOUT_MS, () => finish(undefined))
    const finish = (reply: Buffer | undefined) => {
      timer.cancel()
      socket.close()
      resolve(reply)
    }
    socket.once('message', finish)
    socket.once('error', () => finish(undefined))
    socket.send(query, PORT, server)
  })
}
