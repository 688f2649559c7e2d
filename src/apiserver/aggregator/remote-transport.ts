import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { serviceUnavailable } from '../../apimachinery/errors.ts'
import { deepFreeze } from '../../apimachinery/json.ts'
import { deliverEach, errorOf, METHODS, PATCH_TYPES, pathOf } from '../../client/http-transport.ts'
import type { ClientRequest, DiscoveredResource, Transport, WatchEvent, WatchRequest } from '../../client/transport.ts'
import type { UserInfo } from '../request.ts'
import { bodyOf, headersFor, send } from './remote.ts'

/** How clients inside this process reach an extension server: as its front proxy, in their own name. */
export class RemoteTransport implements Transport {
  readonly #connect: () => Promise<TLSSocket>
  readonly #user: UserInfo

  constructor(connect: () => Promise<TLSSocket>, user: UserInfo) {
    this.#connect = connect
    this.#user = user
  }

  async request(request: ClientRequest): Promise<unknown> {
    const { verb, body, patchType, options, signal } = request
    const type = verb === 'patch' ? PATCH_TYPES[patchType ?? 'merge'] : 'application/json'
    const content = body === undefined ? undefined : { type, text: JSON.stringify(body) }
    return this.#send(
      METHODS[verb],
      pathOf(request, options),
      signal,
      async response => {
        const text = (await bodyOf(response)).toString()
        const { statusCode = 0 } = response
        if (statusCode >= 300) throw errorOf(statusCode, text)
        return deepFreeze(JSON.parse(text))
      },
      content,
    )
  }

  async watch({ kind, namespace, options, signal }: WatchRequest, onEvent: (event: WatchEvent) => void): Promise<void> {
    const path = pathOf({ kind, namespace }, { ...options, watch: true })
    await this.#send('GET', path, signal, async response => {
      const { statusCode = 0 } = response
      if (statusCode >= 300) throw errorOf(statusCode, (await bodyOf(response)).toString())
      await deliverEach(response, signal, onEvent)
    })
  }

  async discover(apiVersion: string): Promise<readonly DiscoveredResource[]> {
    return this.#send('GET', `/apis/${apiVersion}`, undefined, async response => {
      const text = (await bodyOf(response)).toString()
      if (response.statusCode !== 200) throw errorOf(response.statusCode ?? 0, text)
      return (JSON.parse(text) as { resources: DiscoveredResource[] }).resources
    })
  }

  async close(): Promise<void> {}

  async #send<T>(
    method: string,
    path: string,
    signal: AbortSignal | undefined,
    take: (response: IncomingMessage) => Promise<T>,
    content?: { readonly type: string; readonly text: string },
  ): Promise<T> {
    const connection = await this.#connect()
    const stop = () => connection.destroy()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      signal?.throwIfAborted()
      const headers = { accept: 'application/json', ...(content && { 'content-type': content.type }) }
      const sent = { ...headersFor(headers, this.#user), host: 'aggregator' }
      const body = content && Buffer.from(content.text)
      const response = await send(connection, { method, path, headers: sent, body }).catch(error => {
        signal?.throwIfAborted()
        throw serviceUnavailable(`error trying to reach service: ${error.message}`)
      })
      return await take(response)
    } finally {
      signal?.removeEventListener('abort', stop)
      connection.destroy()
    }
  }
}
