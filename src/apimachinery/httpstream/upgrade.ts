import http, { type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const SPDY_UPGRADE = 'SPDY/3.1'
const PROTOCOL_HEADER = 'x-stream-protocol-version'

/** The peer answered an upgrade request with something else. */
export class UpgradeError extends Error {
  /** HTTP status of the answer. */
  readonly status: number
  readonly contentType: string | undefined
  readonly body: Buffer
  constructor(status: number, contentType: string | undefined, body: Buffer) {
    super(`unable to upgrade connection: ${body.toString().trim() || `the server answered ${status}`}`)
    this.name = 'UpgradeError'
    this.status = status
    this.contentType = contentType
    this.body = body
  }
}

interface Upgraded {
  socket: Duplex
  /** What came right behind the HTTP head. */
  head: Buffer
  /** The stream protocol that the server chose of those offered. */
  protocol: string
}

/**
 * Asks the server at the other end of `connection` to go on in SPDY/3.1, offering stream protocols in order of preference.
 * Throws UpgradeError with the server's answer when it does not.
 */
export function requestSpdy(
  connection: Duplex,
  { path, protocols, method = 'POST' }: { path: string; protocols: readonly string[]; method?: string },
): Promise<Upgraded> {
  const headers = {
    host: 'localhost',
    connection: 'Upgrade',
    upgrade: SPDY_UPGRADE,
    'content-length': 0,
    [PROTOCOL_HEADER]: [...protocols],
  }
  return new Promise((resolve, reject) => {
    const request = http.request({ method, path, headers, createConnection: () => connection as Socket })
    request.on('upgrade', (response, socket, head) => {
      resolve({ socket, head, protocol: single(response.headers[PROTOCOL_HEADER]) ?? protocols[0]! })
    })
    request.on('response', response => {
      collect(response).then(
        body => reject(new UpgradeError(response.statusCode!, response.headers['content-type'], body)),
        reject,
      )
    })
    request.on('error', reject)
    request.end()
  })
}

/**
 * Answers a client's request for SPDY/3.1 with 101, choosing the first of its stream protocols that we have; undefined,
 * and an error to the client, when there is none (upstream's httpstream Handshake).
 */
export function acceptSpdy(request: IncomingMessage, socket: Duplex, protocols: readonly string[]): string | undefined {
  const offered = tokens(request.headers[PROTOCOL_HEADER])
  const chosen = offered.find(protocol => protocols.includes(protocol))
  if (chosen === undefined) {
    const list = `client supports [${offered.join(' ')}], server accepts [${protocols.join(' ')}]`
    answer(socket, 403, 'text/plain', Buffer.from(`unable to upgrade: unable to negotiate protocol: ${list}\n`))
    return undefined
  }
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${SPDY_UPGRADE}`]
  socket.write(`${[...lines, `X-Stream-Protocol-Version: ${chosen}`].join('\r\n')}\r\n\r\n`)
  return chosen
}

/** Answers a request whose connection has been handed to us, and closes it. */
export function answer(socket: Duplex, status: number, contentType: string, body: Buffer): void {
  if (socket.destroyed) return
  socket.on('error', () => {})
  const head = [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  socket.end(body)
}

/** The comma-separated words of a header. */
export function tokens(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '')
  return text
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '')
}

function single(header: string | string[] | undefined): string | undefined {
  return tokens(header)[0]
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks)
}
