import type { TLSSocket } from 'node:tls'

const certificates = new WeakMap<TLSSocket, Buffer | null>()

/** The client certificate of a connection in DER, if a trusted authority signed it; asked of TLS once per connection. */
export function certificateOf(socket: TLSSocket): Buffer | undefined {
  let certificate = certificates.get(socket)
  if (certificate === undefined) {
    const raw = socket.authorized ? socket.getPeerCertificate()?.raw : undefined
    certificate = raw ? Buffer.from(raw) : null
    certificates.set(socket, certificate)
  }
  return certificate ?? undefined
}
