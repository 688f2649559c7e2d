import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { anySignal } from '../../apimachinery/abort.ts'
import { answer } from '../../apimachinery/httpstream/upgrade.ts'
import { Authorizer } from './authorizer.ts'
import { type Call, type Endpoint, HttpError, type ServerTools } from './endpoint.ts'
import { endpoints } from './index.ts'

/** The kubelet's HTTPS server that runs. */
interface KubeletServer {
  readonly port: number
  close(): Promise<void>
}

const DEFAULT_PORT = 10250

/** Serves logs, exec, statistics and the like, to clients that the cluster's authority has signed a certificate for. */
export async function startServer(parts: Omit<ServerTools, 'attached'>): Promise<KubeletServer | undefined> {
  const tools: ServerTools = { ...parts, attached: new Map() }
  const { serving, clientCa, listen } = tools.settings
  if (!serving || !clientCa) return undefined
  const { certificate: cert, key } = serving
  const server = https.createServer({ cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false })
  const authorizer = new Authorizer(tools.settings)
  const sockets = new Set<Duplex>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => void serve(request, response, tools, authorizer))
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head, tools, authorizer))
  const { address, port = DEFAULT_PORT } = listen ?? {}
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(
        new Error(
          `the kubelet cannot listen at port ${port}: ${error.message}; end the program that uses it, or choose another`,
        ),
      ),
    )
    server.listen(port, address, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

interface Route {
  readonly endpoint: Endpoint
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

/** The endpoint with the longest name that the path begins with. */
function routeOf(request: IncomingMessage): Route {
  const url = new URL(request.url ?? '/', 'https://kubelet')
  const path = url.pathname.replace(/^\/+|\/+$/g, '')
  const found = endpoints
    .filter(({ name }) => path === name || path.startsWith(`${name}/`))
    .sort((a, b) => b.name.length - a.name.length)[0]
  if (!found) throw new HttpError(404, '404 page not found')
  const rest = path.slice(found.name.length + 1)
  return { endpoint: found, path: rest ? rest.split('/').map(decodeURIComponent) : [], query: url.searchParams }
}

async function admit(request: IncomingMessage, authorizer: Authorizer): Promise<Route> {
  const socket = request.socket as TLSSocket
  if (!socket.authorized) throw new HttpError(401, 'Unauthorized')
  const route = routeOf(request)
  const { endpoint } = route
  if (!endpoint.methods.includes(request.method ?? '')) throw new HttpError(405, '405: Method Not Allowed')
  await authorizer.check(socket.getPeerCertificate(), request.method ?? 'GET', endpoint.subresource)
  return route
}

/** A call that ends when its client has gone, that is when `end`, an answer or a connection, is closed. */
function callOf({ path, query }: Route, end: Writable, tools: ServerTools): Call {
  const gone = new AbortController()
  end.once('close', () => gone.abort(new Error('the client has gone')))
  return { path, query, tools, signal: anySignal(gone.signal, tools.signal) }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  tools: ServerTools,
  authorizer: Authorizer,
): Promise<void> {
  try {
    const route = await admit(request, authorizer)
    await route.endpoint.handle(callOf(route, response, tools), response, request)
  } catch (error) {
    if (response.headersSent) {
      response.destroy()
      return
    }
    response.writeHead(error instanceof HttpError ? error.status : 500, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(`${(error as Error).message}\n`)
  }
}

async function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  tools: ServerTools,
  authorizer: Authorizer,
): Promise<void> {
  socket.on('error', () => {})
  try {
    const route = await admit(request, authorizer)
    if (!route.endpoint.upgrade) throw new HttpError(400, `/${route.endpoint.name} does not speak other protocols`)
    await route.endpoint.upgrade(callOf(route, socket, tools), request, socket, head)
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500
    answer(socket, status, 'text/plain; charset=utf-8', Buffer.from(`${(error as Error).message}\n`))
  }
}
