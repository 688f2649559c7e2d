import type { IncomingMessage, ServerResponse } from 'node:http'
import http2, { type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Exchange } from './exchange.ts'
import { Http1Exchange } from './http1-exchange.ts'
import { Http2Exchange } from './http2-exchange.ts'

/** How long an idle HTTP/1.1 connection stays open (upstream's IdleTimeout). */
const KEEP_ALIVE_MS = 90_000

export interface ServeOptions {
  /** PEM. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** PEM of the authorities whose client certificates are trusted. */
  readonly clientCa: string | string[]
  readonly onExchange: (exchange: Exchange) => void
  /** A request that wants to leave HTTP: SPDY or WebSocket. */
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** Listeners of one TLS port that speak HTTP/1.1 and HTTP/2. */
export interface HttpServer {
  readonly port: number
  /** Also serves the connections of a listener that is already bound, as one handed over from another namespace. */
  adopt(listener: Server): void
  /** Also serves one connection that was accepted elsewhere. */
  serve(socket: Socket): void
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

/** Starts serving. Rejects with the system's error (EADDRINUSE, EACCES) when the port cannot be had. */
export async function listen(host: string, port: number, options: ServeOptions): Promise<HttpServer> {
  const server = http2.createSecureServer({
    cert: options.certificate,
    key: options.key,
    ca: options.clientCa,
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: 1000, initialWindowSize: 1 << 20 },
  })
  // Longer than clients keep idle connections, so that none is closed in front of a request.
  Object.assign(server, { keepAliveTimeout: KEEP_ALIVE_MS })
  const sockets = new Set<Duplex>()
  track(server, sockets)
  server.on('stream', (stream, headers) => options.onExchange(new Http2Exchange(stream, headers)))
  // Adding a 'request' listener would also run the compatibility layer for every HTTP/2 stream.
  server.removeAllListeners('newListener')
  server.on('request', (request, response) => {
    const [req, res] = [request as unknown as IncomingMessage, response as unknown as ServerResponse]
    options.onExchange(new Http1Exchange(req, res))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    options.onUpgrade(request, socket, head)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const adopted: Server[] = []
  return {
    port: (server.address() as { port: number }).port,
    adopt(listener) {
      adopted.push(listener)
      listener.on('connection', socket => server.emit('connection', socket))
    },
    serve: socket => void server.emit('connection', socket),
    async close() {
      for (const listener of adopted) listener.close()
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function track(server: Http2SecureServer, sockets: Set<Duplex>): void {
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('session', (session: ServerHttp2Session) => session.on('error', () => session.destroy()))
}
