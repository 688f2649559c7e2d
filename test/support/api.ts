import http2 from 'node:http2'
import { type Cluster, type CreateClusterOptions, createCluster } from '../../src/cluster/create-cluster.ts'

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server answered
  readonly json: any
}

export interface ApiUnderTest {
  readonly cluster: Cluster
  /** One request over HTTP/2 as an administrator. */
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** The events of a watch until `enough` says so. */
  watch(path: string, enough: (events: WatchEvent[]) => boolean): Promise<WatchEvent[]>
  stop(): Promise<void>
}

export interface WatchEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server sent
  readonly object: any
}

/** An API server without controllers, and a plain HTTP/2 client that sees exactly what it sends. */
export async function startApi(options: CreateClusterOptions = {}): Promise<ApiUnderTest> {
  const cluster = await createCluster({ hollowNodes: 0, controllers: false, ...options })
  const session = http2.connect(cluster.url, { ca: cluster.access.ca })
  const authorization = `Bearer ${cluster.access.token}`
  const open = (method: string, path: string, headers: Record<string, string>) =>
    session.request({ ':method': method, ':path': path, authorization, ...headers }, { endStream: false })
  return {
    cluster,
    async request(method, path, body, headers = {}) {
      const stream = open(method, path, {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      })
      stream.end(
        body === undefined
          ? undefined
          : typeof body === 'string' || Buffer.isBuffer(body)
            ? body
            : JSON.stringify(body),
      )
      const head = new Promise<Record<string, string>>((resolve, reject) => {
        stream.once('response', h => resolve(h as unknown as Record<string, string>))
        stream.once('error', reject)
      })
      const received = await head
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      let json: unknown
      try {
        json = JSON.parse(text)
      } catch {
        json = undefined
      }
      return { status: Number(received[':status']), headers: received, text, json }
    },
    async watch(path, enough) {
      const stream = open('GET', path, {})
      stream.end()
      const events: WatchEvent[] = []
      let rest = ''
      stream.setEncoding('utf8')
      for await (const chunk of stream) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop()!
        for (const line of lines) if (line) events.push(JSON.parse(line))
        if (enough(events)) break
      }
      stream.close()
      return events
    },
    async stop() {
      session.destroy()
      await cluster.stop()
    },
  }
}
