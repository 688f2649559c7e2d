import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takesGzip } from './compression.ts'
import type { Exchange } from './exchange.ts'
import { Http1Exchange } from './http1-exchange.ts'
import { Http2Exchange } from './http2-exchange.ts'

let folder: string
let socket: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tsukube-exchange-'))
  socket = path.join(folder, 'socket')
})
afterEach(() => rmSync(folder, { recursive: true }))

const LARGE = Buffer.alloc(1 << 20, 'x')
const accept = { 'accept-encoding': 'gzip' }

async function over1(answer: (exchange: Exchange) => void) {
  const server = http.createServer((request, response) => answer(new Http1Exchange(request, response)))
  server.listen(socket)
  await once(server, 'listening')
  const [response] = await once(http.get({ socketPath: socket, headers: accept }), 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  server.close()
  return { headers: response.headers, body: Buffer.concat(chunks) }
}

async function over2(answer: (exchange: Exchange) => void) {
  const server = http2.createServer()
  server.on('stream', (stream, headers) => answer(new Http2Exchange(stream, headers)))
  server.listen(socket)
  await once(server, 'listening')
  const session = http2.connect('http://localhost', { path: socket } as http2.ClientSessionOptions)
  const stream = session.request(accept)
  const [headers] = await once(stream, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  session.close()
  server.close()
  return { headers, body: Buffer.concat(chunks) }
}

test.each([over1, over2])('large answers are compressed (%o)', async over => {
  const whole = await over(exchange => exchange.respond(200, 'application/json', LARGE))
  expect(whole.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(whole.body).equals(LARGE)).toBe(true)
  rmSync(socket, { force: true })
  const pieces = await over(exchange => {
    const stream = exchange.stream(200, 'application/json', true)
    stream.write(LARGE)
    stream.write(LARGE)
    stream.end()
  })
  expect(gunzipSync(pieces.body)).toHaveLength(2 << 20)
})

test.each([over1, over2])('small answers and watches are not (%o)', async over => {
  const small = await over(exchange => exchange.respond(200, 'application/json', 'small'))
  expect(small.body.toString()).toBe('small')
  rmSync(socket, { force: true })
  const watch = await over(exchange => {
    const stream = exchange.stream(200, 'application/json')
    stream.write(LARGE)
    stream.end()
  })
  expect(watch.body).toHaveLength(1 << 20)
})

test('only who asks gets gzip', () => {
  expect(takesGzip(accept)).toBe(true)
  expect(takesGzip({ 'accept-encoding': 'br, gzip' })).toBe(true)
  expect(takesGzip({ 'accept-encoding': 'identity' })).toBe(false)
  expect(takesGzip({ 'accept-encoding': 'gzip;q=0, br' })).toBe(false)
})
