import type { TLSSocket } from 'node:tls'

/** The certificate a client showed. */
export interface PeerCertificate {
  readonly der: Buffer
  /** Why it says nothing about the client: no trusted authority signed it, or its time is over. */
  readonly problem?: string
}

const certificates = new WeakMap<TLSSocket, PeerCertificate | null>()

/** The client certificate of a connection, if it showed one; asked of TLS once per connection. */
export function certificateOf(socket: TLSSocket): PeerCertificate | undefined {
  let certificate = certificates.get(socket)
  if (certificate === undefined) {
    const raw = socket.getPeerCertificate?.()?.raw
    const problem = socket.authorized ? undefined : String(socket.authorizationError)
    certificate = raw ? { der: Buffer.from(raw), ...(problem && { problem }) } : null
    certificates.set(socket, certificate)
  }
  return certificate ?? undefined
}
