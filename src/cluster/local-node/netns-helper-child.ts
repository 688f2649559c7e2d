import dgram from 'node:dgram'
import net from 'node:net'

/** What the helper is asked over its IPC channel; the answer is a HelperReply with the socket as its handle. */
export type HelperRequest = { id: number } & (
  | { kind: 'listen'; host: string; port: number }
  | { kind: 'connect'; host: string; port: number }
  | { kind: 'bind'; host: string; port: number }
)

export type HelperReply = { id: number } & ({ ok: true; port: number } | { ok: false; code: string; message: string })

/**
 * The process that opens sockets inside a network namespace and hands them to its parent. It runs until the parent
 * disconnects. Sockets that were handed over live on without it.
 */
export function runNetnsHelper(): void {
  if (!process.send) throw new Error('this command is run by tsukube itself, with an IPC channel')
  process.on('message', message => serve(message as HelperRequest))
  process.on('disconnect', () => process.exit(0))
  // The parent decides when it ends; a terminal's Ctrl-C reaches both.
  process.on('SIGINT', () => {})
}

function serve({ id, kind, host, port }: HelperRequest): void {
  const refuse = (error: NodeJS.ErrnoException) =>
    reply({ id, ok: false, code: error.code ?? 'UNKNOWN', message: error.message })
  if (kind === 'listen') {
    const server = net.createServer()
    server.once('error', refuse)
    server.listen({ host, port }, () => {
      reply({ id, ok: true, port: (server.address() as net.AddressInfo).port }, server)
      server.close()
    })
  } else if (kind === 'connect') {
    // Paused, so that nothing is read here that the parent would then miss.
    const socket = net.connect({ host, port, allowHalfOpen: true, autoSelectFamily: false })
    socket.pause()
    socket.once('error', refuse)
    socket.once('connect', () => {
      socket.off('error', refuse)
      socket.on('error', () => {})
      reply({ id, ok: true, port: socket.localPort ?? 0 }, socket)
    })
  } else {
    const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', refuse)
    socket.bind({ address: host, port }, () => {
      reply({ id, ok: true, port: socket.address().port }, socket)
      socket.close()
    })
  }
}

function reply(message: HelperReply, handle?: net.Server | net.Socket | dgram.Socket): void {
  // A parent that is gone needs no answer; `disconnect` ends this process.
  process.send?.(message, handle, undefined, () => {})
}
