import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Arrival } from '../audit/record.ts'
import { Query, type UserInfo } from '../request.ts'
import type { Exchange } from '../server/exchange.ts'
import { certificateOf } from '../server/peer.ts'
import { isLongRunning, type RequestInfo } from './request-info.ts'

/** A request as it came in, whether it is answered over HTTP or leaves it. */
export type Incoming = Pick<Exchange, 'method' | 'path' | 'query' | 'headers' | 'remoteAddress' | 'peerCertificate'>

/** What a request to upgrade says. */
export function incomingOf(request: IncomingMessage): Incoming {
  const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s, 2)
  return {
    method: request.method ?? 'GET',
    path,
    query: new Query(search),
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress ?? '',
    peerCertificate: certificateOf(request.socket as TLSSocket),
  }
}

/** What a client may call its request by. */
const AUDIT_ID = /^[\w.:-]{1,64}$/

/** The name the client gave its request, if it may be called so. */
export function givenAuditId({ 'audit-id': given }: IncomingHttpHeaders): string | undefined {
  return typeof given === 'string' && AUDIT_ID.test(given) ? given : undefined
}

/** What the audit log says of a request's arrival; `received` in milliseconds since the epoch. */
export function arrivalOf(
  incoming: Incoming,
  info: RequestInfo,
  auditId: string,
  received: number,
  user: UserInfo | undefined,
): Arrival {
  const { path, query, headers } = incoming
  return {
    auditId,
    uri: query.search ? `${path}?${query.search}` : path,
    info,
    user,
    sourceIPs: sourceIPs(incoming),
    userAgent: headers['user-agent'] ?? '',
    received,
    longRunning: isLongRunning(info),
  }
}

/** How a request tried to say who makes it (upstream getAuthMethods). */
export function credentialsTried({ headers: { authorization = '' }, query, peerCertificate }: Incoming): string[] {
  return [
    ...(/^basic /i.test(authorization) ? ['basic'] : []),
    ...(/^bearer \S/i.test(authorization) ? ['bearer'] : []),
    ...(query.string('access_token') ? ['access_token'] : []),
    ...(peerCertificate ? ['x509'] : []),
  ]
}

/** Where a request came from by its own account, then who the connection is from (upstream util/net SourceIPs). */
function sourceIPs({ headers, remoteAddress }: Incoming): string[] {
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map(text => text.trim())
  const real = String(headers['x-real-ip'] ?? '').trim()
  const ips = forwarded.filter(isIP)
  if (isIP(real) && !ips.includes(real)) ips.push(real)
  const remote = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  if (isIP(remote) && ips.at(-1) !== remote) ips.push(remote)
  return ips
}

/** Calls `begun` before the first bytes go out on a connection that left HTTP. */
export function beforeFirstWrite(socket: Duplex, begun: () => void): void {
  const write = socket.write
  socket.write = (...args: unknown[]) => {
    socket.write = write
    begun()
    return (write as (...args: unknown[]) => boolean).apply(socket, args)
  }
}
