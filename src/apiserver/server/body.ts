import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { badRequest, requestEntityTooLarge } from '../../apimachinery/errors.ts'

/** Reads a request's body, unpacked if it came compressed. Throws 413 beyond `limit` bytes, 400 when it breaks off. */
export function readBody(stream: Readable, headers: IncomingHttpHeaders, limit: number): Promise<Buffer> {
  if (Number(headers['content-length'] ?? 0) > limit) {
    stream.resume()
    return Promise.reject(requestEntityTooLarge(limit))
  }
  const gunzip = headers['content-encoding'] === 'gzip' ? stream.pipe(createGunzip()) : undefined
  const source = gunzip ?? stream
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let over = false
    source.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (over) return
      if (length > limit) {
        over = true
        chunks.length = 0
        // The rest is read, so that the client sees the answer, but not unpacked.
        if (gunzip) {
          stream.unpipe(gunzip)
          stream.resume()
          gunzip.destroy()
        }
        reject(requestEntityTooLarge(limit))
      } else chunks.push(chunk)
    })
    source.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    source.on('error', error => reject(badRequest(`unable to read the request body: ${error.message}`)))
    stream.on('close', () => {
      if (!source.readableEnded) reject(badRequest('unable to read the request body: unexpected EOF'))
    })
  })
}
