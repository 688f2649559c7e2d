import https, { type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { internalError, methodNotAllowed, StatusError, unauthorized } from '../apimachinery/errors.ts'
import { type FrontProxyTrust, isFrontProxy } from './front-proxy.ts'
import { answer, type Providers } from './routes.ts'

/** A certificate and its key, in PEM. */
export interface ServingCertificate {
  readonly certificate: string
  readonly key: string
}

/** The HTTPS server that the API server passes requests on to. */
export async function serve(
  providers: Providers,
  { host, port, serving, trust }: { host: string; port: number; serving: ServingCertificate; trust: FrontProxyTrust },
): Promise<{ readonly server: Server; readonly port: number }> {
  const { certificate: cert, key } = serving
  const options = { cert, key, ca: trust.ca, requestCert: true, rejectUnauthorized: false }
  const server = https.createServer(options, async (request, response) => {
    const reply = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    try {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'https://adapter')
      if (/^\/(healthz|livez|readyz)$/.test(pathname)) return response.end('ok')
      if (!isFrontProxy(request.socket as TLSSocket, trust)) throw unauthorized()
      if (request.method !== 'GET') throw methodNotAllowed({ group: '', plural: 'metrics' }, request.method ?? '')
      reply(200, await answer(providers, pathname, searchParams))
    } catch (error) {
      const { status } = error instanceof StatusError ? error : internalError((error as Error).message)
      reply(status.code, status)
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  return { server, port: (server.address() as AddressInfo).port }
}
