import http, { type IncomingMessage } from 'node:http'
import tls, { type TLSSocket } from 'node:tls'
import type { APIService } from '../../api/apiregistration/apiservice.ts'
import type { ApiServer } from '../apiserver.ts'
import type { UserInfo } from '../request.ts'
import { dialService } from '../webhook/service-endpoint.ts'

/** By what extension servers know this one, and believe whom it says a request is from. PEM. */
export interface FrontProxy {
  readonly certificate: string
  readonly key: string
}

/** A TLS connection to the service behind an APIService. */
export async function connectTo(
  server: ApiServer,
  { spec }: APIService,
  frontProxy: FrontProxy | undefined,
): Promise<TLSSocket> {
  const { namespace = '', name = '', port = 443 } = spec.service!
  const socket = await dialService(server, namespace, name, port)
  const ca = spec.caBundle && Buffer.from(spec.caBundle, 'base64').toString()
  return new Promise((resolve, reject) => {
    const secure = tls.connect(
      {
        socket,
        servername: `${name}.${namespace}.svc`,
        rejectUnauthorized: !spec.insecureSkipTLSVerify,
        ...(ca && { ca }),
        ...(frontProxy && { cert: frontProxy.certificate, key: frontProxy.key }),
      },
      () => resolve(secure),
    )
    secure.once('error', error => {
      socket.destroy()
      reject(error)
    })
  })
}

const NOT_PASSED_ON =
  /^(:|host$|authorization$|connection$|content-length$|transfer-encoding$|upgrade$|impersonate-|x-remote-)/i

/** A request's headers for the extension server: who asks stands in X-Remote headers, credentials stay here. */
export function headersFor(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  { name, uid, groups, extra = {} }: UserInfo,
): http.OutgoingHttpHeaders {
  const passed: http.OutgoingHttpHeaders = {}
  for (const [key, value] of Object.entries(headers)) if (!NOT_PASSED_ON.test(key)) passed[key] = value
  passed['x-remote-user'] = name
  if (uid) passed['x-remote-uid'] = uid
  passed['x-remote-group'] = [...groups]
  for (const [key, values] of Object.entries(extra)) passed[`x-remote-extra-${encodeURIComponent(key)}`] = [...values]
  return passed
}

/** One request over a connection. Resolves with the answer's head. */
export function send(
  connection: TLSSocket,
  request: { method: string; path: string; headers: http.OutgoingHttpHeaders; body?: Buffer; signal?: AbortSignal },
): Promise<IncomingMessage> {
  const { body, ...options } = request
  return new Promise((resolve, reject) => {
    const sent = http.request({ ...options, createConnection: () => connection })
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}

const MAX_DOCUMENT_BYTES = 32 << 20

/** A document as an extension server answered with it. */
export interface RemoteDocument {
  readonly status: number
  readonly etag: string | undefined
  readonly text: string
}

/** Asks an extension server for a document, in our own name. */
export async function fetchDocument(
  server: ApiServer,
  service: APIService,
  frontProxy: FrontProxy | undefined,
  path: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<RemoteDocument> {
  const connection = await connectTo(server, service, frontProxy)
  const stop = () => connection.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const user = { name: 'system:kube-aggregator', groups: ['system:masters'] }
    const sent = { ...headersFor(headers, user), host: 'aggregator' }
    const response = await send(connection, { method: 'GET', path, headers: sent })
    const text = (await bodyOf(response)).toString()
    return { status: response.statusCode ?? 0, etag: response.headers.etag, text }
  } finally {
    signal.removeEventListener('abort', stop)
    connection.destroy()
  }
}

/** An answer's body. Rejects where it is larger than documents are. */
export async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > MAX_DOCUMENT_BYTES) throw new Error('the answer is too large')
  }
  return Buffer.concat(chunks)
}

/** A document of an extension server, parsed. Rejects where it does not answer with 200. */
export async function fetchJson(
  server: ApiServer,
  service: APIService,
  frontProxy: FrontProxy | undefined,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  const headers = { accept: 'application/json' }
  const { status, text } = await fetchDocument(server, service, frontProxy, path, signal, headers)
  if (status !== 200) throw new Error(`bad status: ${status}`)
  return JSON.parse(text)
}
