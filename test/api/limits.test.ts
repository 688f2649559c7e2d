import http2, { type ClientHttp2Session } from 'node:http2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
let api: ApiUnderTest
let clock: VirtualClock
let session: ClientHttp2Session

beforeEach(async () => {
  clock = new VirtualClock(Date.now())
  api = await startApi({ clock })
  session = http2.connect(api.cluster.url, { ca: api.cluster.access.ca })
})
afterEach(async () => {
  session.destroy()
  await api.stop()
})

/** A request that is worked on until it is given its body. */
function hanging(query = '') {
  const stream = session.request({
    ':method': 'POST',
    ':path': MAPS + query,
    authorization: `Bearer ${api.cluster.access.token}`,
    'content-type': 'application/json',
  })
  stream.on('error', () => {})
  const answer = new Promise<{ status: number; text: string }>(resolve => {
    stream.once('response', async headers => {
      const chunks: Buffer[] = []
      stream.on('data', chunk => chunks.push(chunk))
      stream.on('end', () => resolve({ status: Number(headers[':status']), text: Buffer.concat(chunks).toString() }))
    })
  })
  return { answer, finish: (name: string) => stream.end(JSON.stringify({ metadata: { name } })) }
}

const workedOn = (count: number) =>
  expect
    .poll(async () => (await api.request('GET', '/metrics')).text)
    // The question itself is one.
    .toMatch(new RegExp(`^apiserver_current_inflight_requests ${count + 1}$`, 'm'))

test('a body that is too large is refused', async () => {
  const body = JSON.stringify({ metadata: { name: 'a' }, data: { x: 'y'.repeat(3 * 1024 * 1024) } })
  const { status, json } = await api.request('POST', MAPS, body)
  expect([status, json.reason, json.message]).toEqual([
    413,
    'RequestEntityTooLarge',
    'Request entity too large: limit is 3145728',
  ])
})

test('a request that takes longer than a minute is given up', async () => {
  const slow = hanging()
  await workedOn(1)
  await clock.advance(59_000)
  await workedOn(1)
  await clock.advance(1_000)
  const { status, text } = await slow.answer
  expect(status).toBe(504)
  expect(JSON.parse(text)).toMatchObject({
    reason: 'Timeout',
    message: 'Timeout: request did not complete within the allotted timeout',
    code: 504,
  })
  await workedOn(0)
  expect((await api.request('GET', `${MAPS}`)).status).toBe(200)
})

test('a client may ask for less time, not for more', async () => {
  const [brief, long] = [hanging('?timeout=5s'), hanging('?timeout=1h')]
  await workedOn(2)
  await clock.advance(5_000)
  expect((await brief.answer).status).toBe(504)
  await workedOn(1)
  await clock.advance(55_000)
  expect((await long.answer).status).toBe(504)
  const { status, json } = await api.request('GET', `${MAPS}?timeout=soon`)
  expect([status, json.message]).toEqual([
    400,
    'invalid timeout specified in the request URL - time: invalid duration "soon"',
  ])
})

test('a server that stops finishes what it works on, ends watches, and takes nothing new', async () => {
  const running = hanging()
  await workedOn(1)
  const watch = api.watch(`${MAPS}?watch=1`, () => false)
  const drained = api.cluster.drain(60_000)
  expect(await watch).toEqual(expect.any(Array))
  const refused = await api.request('GET', MAPS)
  expect([refused.status, refused.headers['retry-after'], refused.json.message]).toEqual([
    503,
    '5',
    'The apiserver is shutting down, please try again later.',
  ])
  const ready = await api.request('GET', '/readyz')
  expect([ready.status, ready.text]).toEqual([500, expect.stringContaining('[-]shutdown failed: reason withheld\n')])
  expect((await api.request('GET', '/livez')).status).toBe(200)
  running.finish('last')
  expect((await running.answer).status).toBe(201)
  await drained
})

test('a server that stops does not wait for ever', async () => {
  hanging()
  await workedOn(1)
  const drained = api.cluster.drain(3_000)
  await clock.advance(3_000)
  await drained
})
