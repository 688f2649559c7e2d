import http from 'node:http'
import type { AddressInfo } from 'node:net'

type Labels = Readonly<Record<string, string>>

/** A Prometheus that answers what it is told to. */
export interface StubPrometheus {
  readonly url: string
  /** Series by the selector that finds them. */
  readonly series: Map<string, readonly Labels[]>
  /** What an expression is; undefined for nothing. */
  query: (expression: string) => readonly { readonly labels: Labels; readonly value: number }[] | undefined
  /** Requests so far: path and what was asked for. */
  readonly seen: { readonly path: string; readonly what: string }[]
  stop(): Promise<void>
}

/** An HTTP server on loopback with the parts of Prometheus' API that adapters use. */
export async function stubPrometheus(): Promise<StubPrometheus> {
  const stub = { series: new Map<string, readonly Labels[]>(), seen: [] as StubPrometheus['seen'] }
  const server = http.createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const form = new URLSearchParams(body)
    const path = request.url ?? ''
    const what = form.get('query') ?? form.get('match[]') ?? ''
    stub.seen.push({ path, what })
    const found = prometheus.query(what)
    const data =
      path === '/api/v1/series'
        ? (stub.series.get(what) ?? [])
        : {
            resultType: 'vector',
            result: (found ?? []).map(({ labels, value }) => ({
              metric: labels,
              value: [Number(form.get('time')), String(value)],
            })),
          }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ status: 'success', data }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const prometheus: StubPrometheus = {
    ...stub,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    query: () => undefined,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return prometheus
}
