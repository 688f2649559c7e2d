import type { KubeObject } from '../apimachinery/schema/kind.ts'
import type { ClientRequest, DiscoveredResource, ListOf, Transport, WatchEvent, WatchRequest } from './transport.ts'

/** A server that does what a test says: lists `objects`, sends the events that the test emits, keeps what it was asked. */
export class ScriptedTransport implements Transport {
  objects: KubeObject[] = []
  revision = 1
  readonly requests: ClientRequest[] = []
  readonly watches: WatchRequest[] = []
  /** Answers writes; the body by default. Throws to refuse. */
  answer: (request: ClientRequest) => unknown = ({ body }) => body
  #emit: ((event: WatchEvent) => void) | undefined
  #end: ((error?: unknown) => void) | undefined

  async request(request: ClientRequest): Promise<unknown> {
    this.requests.push(request)
    if (request.verb !== 'list') return this.answer(request)
    return {
      items: [...this.objects],
      metadata: { resourceVersion: String(this.revision) },
    } satisfies ListOf<KubeObject>
  }

  watch(request: WatchRequest, onEvent: (event: WatchEvent) => void): Promise<void> {
    this.watches.push(request)
    this.#emit = onEvent
    return new Promise((resolve, reject) => {
      this.#end = error => (error ? reject(error) : resolve())
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true })
    })
  }

  async discover(): Promise<readonly DiscoveredResource[]> {
    return []
  }

  async close(): Promise<void> {}

  emit(type: WatchEvent['type'], object: KubeObject): void {
    this.#emit!({ type, object })
  }
  /** Ends the watch under way, with an error or, as after the server's timeout, without. */
  endWatch(error?: unknown): void {
    this.#end!(error)
  }
}

/** Lets everything happen that is due without time passing. */
export const turn = () => new Promise(resolve => setImmediate(resolve))

export const objectOf = (name: string, resourceVersion: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion, labels },
})
