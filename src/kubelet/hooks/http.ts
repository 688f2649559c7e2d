import http from 'node:http'
import https from 'node:https'
import type { Container } from '../../api/core/pod/container.ts'
import type { HTTPGetAction } from '../../api/core/pod/probe.ts'

/** The number of a port that is given by number or by name. */
export function portNumber(container: Container, port: number | string): number {
  const number =
    typeof port === 'number' ? port : (container.ports ?? []).find(({ name }) => name === port)?.containerPort
  const value = number ?? Number(port)
  if (!Number.isInteger(value) || value < 1 || value > 65535) throw new Error(`invalid port number: ${port}`)
  return value
}

export interface HttpAnswer {
  readonly status: number
  readonly statusText: string
  readonly body: string
  /** For redirects. */
  readonly location?: string
}

/** What is read of an answer at most. */
const MAX_BODY = 10 << 10

/** The URL that an HTTP action leads to. */
export function urlOf(container: Container, action: HTTPGetAction, podIP: string): URL {
  const host = action.host || podIP
  const path = action.path.startsWith('/') ? action.path : `/${action.path}`
  const address = host.includes(':') ? `[${host}]` : host
  return new URL(`${action.scheme.toLowerCase()}://${address}:${portNumber(container, action.port)}${path}`)
}

/** One GET request, on a connection of its own; certificates are not checked. */
export function get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = { headers, signal, agent: false as const, rejectUnauthorized: false }
    const client = url.protocol === 'https:' ? https : http
    const request = client.get(url, options, response => {
      const chunks: Buffer[] = []
      let size = 0
      const done = () => {
        const { statusCode: status = 0, statusMessage: statusText = '', headers: answered } = response
        const body = Buffer.concat(chunks).toString('utf8', 0, MAX_BODY)
        resolve({ status, statusText, body, location: answered.location })
        request.destroy()
      }
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size >= MAX_BODY) done()
      })
      response.on('end', done)
      response.on('error', reject)
    })
    request.on('error', reject)
  })
}

/** The headers of an action, and what tells servers who asks. */
export function headersOf(action: HTTPGetAction, agent: string): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': agent, accept: '*/*' }
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value
  if (!headers.accept) delete headers.accept
  return headers
}
