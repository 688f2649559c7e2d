import dgram from 'node:dgram'
import net from 'node:net'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { answer, type DnsServerOptions } from './answer.ts'
import { framed, unframed } from './forward.ts'

/** Connections without a question for so long are ended. */
const IDLE_MS = 10_000

/**
 * Listens for questions on an address, over UDP and TCP, until the signal aborts. `port` 0 takes any. Resolves to the port;
 * throws MachineError when it is taken.
 */
export async function listenDns(
  address: string,
  port: number,
  options: DnsServerOptions,
  signal: AbortSignal,
): Promise<number> {
  const udp = dgram.createSocket('udp4')
  const connections = new Set<net.Socket>()
  const tcp = net.createServer(socket => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    serveStream(socket, options)
  })
  udp.on('message', (query, peer) => {
    void answer(query, options, 'udp').then(reply => {
      if (reply && !signal.aborted) udp.send(reply, peer.port, peer.address, () => {})
    })
  })
  let bound = port
  try {
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind(port, address, resolve)
    })
    bound = udp.address().port
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject)
      tcp.listen(bound, address, resolve)
    })
  } catch (error) {
    udp.close()
    throw cannotListen(error as NodeJS.ErrnoException, address, bound)
  }
  udp.on('error', () => {})
  tcp.on('error', () => {})
  signal.addEventListener(
    'abort',
    () => {
      udp.close()
      tcp.close()
      for (const socket of connections) socket.destroy()
    },
    { once: true },
  )
  return bound
}

function cannotListen({ code, message }: NodeJS.ErrnoException, address: string, port: number): Error {
  return new MachineError(
    `The cluster's DNS cannot listen on ${address}:${port}`,
    code === 'EADDRINUSE' ? 'another program listens there' : message,
    `End that program ("ss -lnp 'sport = :${port}'" names it); it is tried again when the agent starts.`,
  )
}

function serveStream(socket: net.Socket, options: DnsServerOptions): void {
  let rest = Buffer.alloc(0)
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    const received = unframed(Buffer.concat([rest, chunk]))
    rest = Buffer.from(received.rest)
    for (const query of received.messages) {
      void answer(query, options, 'tcp').then(reply => {
        if (reply && socket.writable) socket.write(framed(reply))
      })
    }
  })
}
