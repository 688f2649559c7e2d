import http, { type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import tls, { type TLSSocket } from 'node:tls'
import { node as nodeKind } from '../../api/core/node.ts'
import { badRequest, notFound, StatusError, serviceUnavailable } from '../../apimachinery/errors.ts'
import type { ApiServer } from '../apiserver.ts'
import { kubeletAddress } from '../node-dialer.ts'

/** An authenticated connection to the kubelet of a node. Throws StatusError. */
export async function dialKubelet(server: ApiServer, nodeName: string): Promise<TLSSocket> {
  const entry = server.resources.of(nodeKind).cacher.get(nodeName)
  if (!entry) throw notFound(nodeKind, nodeName)
  const { host, port } = kubeletAddress(entry.object)
  const { kubelet } = server.nodes
  if (!kubelet) throw serviceUnavailable(`this server has no way to the kubelet of node ${JSON.stringify(nodeName)}`)
  const socket = await server.nodes.dial(host, port).catch(error => {
    throw new StatusError(
      502,
      'InternalError',
      `error dialing the kubelet of node ${nodeName} at ${host}:${port}: ${error.message}`,
    )
  })
  const { certificate: cert, key, ca } = kubelet
  return new Promise((resolve, reject) => {
    const secure = tls.connect({ socket, cert, key, ca, host, servername: '' }, () => resolve(secure))
    secure.once('error', error =>
      reject(new StatusError(502, 'InternalError', `error dialing the kubelet of node ${nodeName}: ${error.message}`)),
    )
  })
}

/** One request over a connection made for it. Resolves with the answer's head. */
export function requestOver(
  connection: Duplex,
  options: { method: string; path: string; headers?: http.OutgoingHttpHeaders; body?: Buffer; signal?: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options
    const request = http.request({ ...rest, createConnection: () => connection as TLSSocket })
    request.on('response', resolve)
    request.on('error', error => reject(badRequest(`error trying to reach service: ${error.message}`)))
    request.end(body)
  })
}

const HOP_BY_HOP = new Set(['authorization', 'host', 'x-forwarded-for', 'sec-websocket-protocol'])

/**
 * Hands an upgrading request on: the same request goes out on `connection` under another path, then bytes pass both ways
 * untouched, so whatever protocol the ends agree on is theirs.
 */
export function relayUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  connection: Duplex,
  path: string,
  method = request.method ?? 'GET',
  more: http.OutgoingHttpHeaders = {},
): void {
  let text = `${method} ${path} HTTP/1.1\r\nhost: kubelet\r\n`
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const [name, value] = [request.rawHeaders[i]!, request.rawHeaders[i + 1]!]
    if (!HOP_BY_HOP.has(name.toLowerCase()) && !name.toLowerCase().startsWith('x-remote-'))
      text += `${name}: ${value}\r\n`
  }
  for (const [name, values] of Object.entries(more)) {
    for (const value of [values].flat()) text += `${name}: ${value}\r\n`
  }
  const protocols = withoutToken(request.headers['sec-websocket-protocol'])
  if (protocols) text += `sec-websocket-protocol: ${protocols}\r\n`
  connection.write(`${text}\r\n`)
  if (head.length > 0) connection.write(head)
  join(client, connection)
}

/** A bearer token that came as a subprotocol goes no further than here. */
function withoutToken(protocols: string | undefined): string {
  return (protocols ?? '')
    .split(/, */)
    .filter(p => p && !p.startsWith('base64url.bearer.authorization.k8s.io.'))
    .join(', ')
}

/**
 * Joins two connections. When one has said all, the other is closed behind what it still has to send; when one breaks off,
 * so does the other.
 */
export function join(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      if (!from.readableEnded || to.writableFinished) to.destroy()
      else to.end(() => to.destroy())
    })
  }
}
