import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import { type Status, StatusError, serviceUnavailable } from '../apimachinery/errors.ts'
import { deepFreeze } from '../apimachinery/json.ts'
import type {
  ClientRequest,
  DiscoveredResource,
  PatchType,
  RequestOptions,
  Transport,
  WatchEvent,
  WatchRequest,
} from './transport.ts'

export interface HttpTransportOptions {
  /** `https://host:port`. */
  readonly server: string
  /** PEM of the authority that signed the server's certificate. */
  readonly ca?: string
  /** PEM client certificate and key. */
  readonly certificate?: string
  readonly key?: string
  readonly bearerToken?: string
  readonly userAgent?: string
}

export const METHODS: Record<ClientRequest['verb'], string> = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}
export const PATCH_TYPES: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

/** Answers under way at a time, in MB: with Node's 10 the connection is given up when a few large lists meet. */
const SESSION_MEGABYTES = 256

/** The client's way to an API server elsewhere: JSON over one HTTP/2 connection, made anew when it breaks. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions
  #session: ClientHttp2Session | undefined

  constructor(options: HttpTransportOptions) {
    this.#options = options
  }

  async request(request: ClientRequest): Promise<unknown> {
    const { verb, body, patchType, signal } = request
    const type = verb === 'patch' ? PATCH_TYPES[patchType ?? 'merge'] : 'application/json'
    const path = pathOf(request, request.options)
    const stream = this.#open(METHODS[verb], path, body === undefined ? undefined : type, signal)
    stream.end(body === undefined ? undefined : JSON.stringify(body))
    const { status, contentType } = await headOf(stream)
    const text = await textOf(stream)
    if (status >= 400) throw errorOf(status, text)
    // Not everything behind a proxy subresource is JSON.
    return contentType.includes('json') ? deepFreeze(JSON.parse(text)) : text
  }

  async watch({ kind, namespace, options, signal }: WatchRequest, onEvent: (event: WatchEvent) => void): Promise<void> {
    const path = pathOf({ kind, namespace }, { ...options, watch: true })
    const stream = this.#open('GET', path, undefined, signal)
    stream.end()
    const { status } = await headOf(stream)
    if (status >= 400) throw errorOf(status, await textOf(stream))
    await deliverEach(stream, signal, onEvent)
  }

  async discover(apiVersion: string): Promise<readonly DiscoveredResource[]> {
    const stream = this.#open('GET', `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`, undefined)
    stream.end()
    const { status } = await headOf(stream)
    const text = await textOf(stream)
    if (status >= 400) throw errorOf(status, text)
    return (JSON.parse(text) as { resources: DiscoveredResource[] }).resources
  }

  async close(): Promise<void> {
    this.#session?.destroy()
  }

  #open(method: string, path: string, contentType: string | undefined, signal?: AbortSignal): ClientHttp2Stream {
    const { bearerToken, userAgent = 'tsukube' } = this.#options
    return this.#connect().request(
      {
        ':method': method,
        ':path': path,
        accept: 'application/json',
        'user-agent': userAgent,
        ...(contentType && { 'content-type': contentType }),
        ...(bearerToken && { authorization: `Bearer ${bearerToken}` }),
      },
      { endStream: false, ...(signal && { signal }) },
    )
  }

  #connect(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session
    const { server, ca, certificate, key } = this.#options
    const session = http2.connect(server, {
      ca,
      cert: certificate,
      key,
      settings: { initialWindowSize: 1 << 22 },
      maxSessionMemory: SESSION_MEGABYTES,
    })
    session.setMaxListeners(0)
    const forget = () => {
      if (this.#session === session) this.#session = undefined
    }
    session.on('error', forget)
    session.on('close', forget)
    session.on('goaway', forget)
    this.#session = session
    return session
  }
}

/** A request's path and query. */
export function pathOf(
  { kind, namespace, name, subresource }: Pick<ClientRequest, 'kind' | 'namespace' | 'name' | 'subresource'>,
  options: (RequestOptions & { watch?: boolean }) | undefined,
): string {
  const segments = [kind.group ? `/apis/${kind.apiVersion}` : `/api/${kind.version}`]
  if (kind.scope === 'Namespaced' && namespace) segments.push('namespaces', encodeURIComponent(namespace))
  segments.push(kind.plural)
  if (name) segments.push(encodeURIComponent(name))
  if (subresource) segments.push(subresource)
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(options ?? {})) if (value !== undefined) query.set(key, String(value))
  const search = query.toString()
  return segments.join('/') + (search && `?${search}`)
}

function headOf(stream: ClientHttp2Stream): Promise<{ status: number; contentType: string }> {
  return new Promise((resolve, reject) => {
    stream.once('response', headers =>
      resolve({ status: Number(headers[':status']), contentType: String(headers['content-type'] ?? '') }),
    )
    stream.once('error', error =>
      reject(
        error.name === 'AbortError' ? error : serviceUnavailable(`the server cannot be reached: ${error.message}`),
      ),
    )
    stream.once('close', () => reject(serviceUnavailable('the connection to the server was closed')))
  })
}

async function textOf(stream: ClientHttp2Stream): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream) chunks.push(chunk)
  } catch (error) {
    throw serviceUnavailable(`the answer broke off: ${(error as Error).message}`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The failure that an answer with a status of 400 or more tells of. */
export function errorOf(code: number, text: string): StatusError {
  try {
    const status = JSON.parse(text) as Status
    if (status.kind === 'Status') return StatusError.of(status)
  } catch {
    // Not every server in between answers with a Status.
  }
  return new StatusError(code, '', text.trim() || `the server answered ${code}`)
}

/** Hands on the events of a watch as they arrive, a line each. Rejects as Transport.watch does. */
export async function deliverEach(
  stream: Readable,
  signal: AbortSignal,
  onEvent: (event: WatchEvent) => void,
): Promise<void> {
  let rest = ''
  stream.setEncoding('utf8')
  try {
    for await (const chunk of stream) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      for (const line of lines) if (line) deliver(JSON.parse(line), onEvent)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof StatusError ? error : serviceUnavailable(`the watch broke off: ${(error as Error).message}`)
  }
  signal.throwIfAborted()
}

function deliver(event: WatchEvent | { type: 'ERROR'; object: Status }, onEvent: (event: WatchEvent) => void): void {
  if (event.type === 'ERROR') throw StatusError.of(event.object as Status)
  deepFreeze(event.object)
  onEvent(event as WatchEvent)
}
