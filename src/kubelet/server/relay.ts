import type { IncomingMessage } from 'node:http'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { join } from '../../apimachinery/httpstream/join.ts'

/**
 * Hands an upgrading request on to the runtime's streaming server at `url`; from then on bytes pass both ways untouched.
 * Resolves when the connection to it stands; rejects when it cannot be made.
 */
export function relay(request: IncomingMessage, client: Duplex, head: Buffer, url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const upstream = net.connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    upstream.once('error', reject)
    upstream.once('connect', () => {
      upstream.off('error', reject)
      const headers: string[] = []
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        const [name, value] = [request.rawHeaders[i]!, request.rawHeaders[i + 1]!]
        if (name.toLowerCase() !== 'host') headers.push(`${name}: ${value}\r\n`)
      }
      upstream.write(
        `${request.method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${headers.join('')}\r\n`,
      )
      if (head.length > 0) upstream.write(head)
      join(client, upstream)
      resolve()
    })
  })
}
