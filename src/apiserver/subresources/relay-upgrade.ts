import http, { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { StatusError, serviceUnavailable } from '../../apimachinery/errors.ts'
import { join } from '../../apimachinery/httpstream/join.ts'
import { refuseUpgrade } from '../endpoints/upgrade.ts'

const KEPT_BACK =
  /^(authorization|host|x-forwarded-for|sec-websocket-protocol|content-length|transfer-encoding|impersonate-.*|x-remote-.*)$/i
const ENDS_HERE = /^(connection|keep-alive|transfer-encoding|upgrade)$/i

export interface RelayOptions {
  readonly method?: string
  /** Headers beside those of the client. */
  readonly headers?: http.OutgoingHttpHeaders
  /** Whether the other end may send the client elsewhere. */
  readonly redirects?: boolean
}

/**
 * Hands an upgrading request on: the same request goes out on `connection` under another path. Once the other end has agreed
 * to leave HTTP, bytes pass both ways untouched, so whatever protocol the ends agree on is theirs. If it does not agree, its
 * answer goes to the client and the connection ends: what the client says next must not become requests in our name
 * (CVE-2018-1002105).
 */
export function relayUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  connection: Duplex,
  path: string,
  { method = request.method ?? 'GET', headers = {}, redirects = true }: RelayOptions = {},
): void {
  const sent = http.request({
    createConnection: () => connection as never,
    method,
    path,
    // Without a length, a POST would end with an empty chunk, in the middle of what follows the upgrade.
    headers: [...headersOf(request, headers), ...(method === 'GET' ? [] : ['content-length', '0'])],
  })
  const failed = (error: StatusError) => {
    connection.destroy()
    refuseUpgrade(client, error.status)
  }
  client.once('close', () => connection.destroy())
  sent.on('error', error => {
    if (!client.writableEnded) failed(serviceUnavailable(`error trying to reach service: ${error.message}`))
  })
  sent.on('upgrade', (response, socket, first) => {
    client.write(headOf(response, response.rawHeaders))
    if (first.length > 0) client.write(first)
    if (head.length > 0) socket.write(head)
    join(client, socket)
  })
  sent.on('response', response => {
    const { statusCode = 0 } = response
    if (!redirects && statusCode >= 300 && statusCode < 400) {
      const message = 'the backend attempted to redirect this request, which is not permitted'
      failed(new StatusError(502, 'InternalError', message))
      return
    }
    client.write(headOf(response, [...withoutHopByHop(response.rawHeaders), 'connection', 'close']))
    response.pipe(client)
    response.on('close', () => connection.destroy())
  })
  sent.end()
}

function headersOf(request: IncomingMessage, more: http.OutgoingHttpHeaders): string[] {
  const headers = ['host', 'kubelet']
  for (const [name, value] of pairsOf(request.rawHeaders)) if (!KEPT_BACK.test(name)) headers.push(name, value)
  for (const [name, values] of Object.entries(more)) {
    if (name !== 'host') for (const value of [values].flat()) headers.push(name, String(value))
  }
  const protocols = withoutToken(request.headers['sec-websocket-protocol'])
  if (protocols) headers.push('sec-websocket-protocol', protocols)
  return headers
}

function* pairsOf(raw: readonly string[]): Iterable<[string, string]> {
  for (let i = 0; i < raw.length; i += 2) yield [raw[i]!, raw[i + 1]!]
}

const withoutHopByHop = (raw: readonly string[]) => [...pairsOf(raw)].filter(([name]) => !ENDS_HERE.test(name)).flat()

function headOf({ statusCode = 0, statusMessage }: IncomingMessage, headers: readonly string[]): string {
  const lines = [...pairsOf(headers)].map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${statusCode} ${statusMessage || STATUS_CODES[statusCode] || ''}\r\n${lines.join('')}\r\n`
}

/** A bearer token that came as a subprotocol goes no further than here. */
function withoutToken(protocols: string | undefined): string {
  return (protocols ?? '')
    .split(/, */)
    .filter(p => p && !p.startsWith('base64url.bearer.authorization.k8s.io.'))
    .join(', ')
}
