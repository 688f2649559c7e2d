import { once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const MAPS = '/api/v1/namespaces/default/configmaps'
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'

interface Answer1 {
  status: number
  headers: Record<string, string | string[] | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server answered
  json: any
}

/** One request over HTTP/1.1. */
async function http1(agent: https.Agent, method: string, path: string, body?: Buffer, headers: object = {}) {
  const { url, access } = api.cluster
  const request = https.request(`${url}${path}`, {
    method,
    agent,
    ca: access.ca,
    headers: { authorization: `Bearer ${access.token}`, ...headers },
  })
  if (!('expect' in headers)) request.end(body)
  else {
    await once(request, 'continue')
    request.end(body)
  }
  const [response] = await once(request, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return {
    status: response.statusCode,
    headers: response.headers,
    json: text.startsWith('{') && JSON.parse(text),
  } as Answer1
}

test('HTTP/1.1 connections are used again, and asked before large bodies', async () => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
  try {
    const body = Buffer.from(JSON.stringify({ metadata: { name: 'continued' }, data: { a: 'x'.repeat(2 << 18) } }))
    const headers = { expect: '100-continue', 'content-type': 'application/json', 'content-length': body.length }
    expect((await http1(agent, 'POST', MAPS, body, headers)).status).toBe(201)
    expect((await http1(agent, 'GET', `${MAPS}/continued`)).status).toBe(200)
    const head = await http1(agent, 'HEAD', `${MAPS}/continued`)
    expect(head.status).toBe(200)
    expect(Number(head.headers['content-length'])).toBeGreaterThan(2 << 18)
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1)
  } finally {
    agent.destroy()
  }
})

test('HTTP/2 clients may ask before large bodies, too', async () => {
  const session = http2.connect(api.cluster.url, { ca: api.cluster.access.ca })
  try {
    const authorization = `Bearer ${api.cluster.access.token}`
    const stream = session.request(
      { ':method': 'POST', ':path': MAPS, authorization, 'content-type': 'application/json', expect: '100-continue' },
      { endStream: false },
    )
    await once(stream, 'continue')
    stream.end(JSON.stringify({ metadata: { name: 'continued2' } }))
    const [headers] = await once(stream, 'response')
    expect(headers[':status']).toBe(201)
  } finally {
    session.close()
  }
})

test('clients that go away in the middle of a request do no harm', async () => {
  const session = http2.connect(api.cluster.url, { ca: api.cluster.access.ca })
  session.on('error', () => {})
  const authorization = `Bearer ${api.cluster.access.token}`
  for (let i = 0; i < 50; i++) {
    const stream = session.request(
      { ':method': 'POST', ':path': MAPS, authorization, 'content-type': 'application/json' },
      { endStream: false },
    )
    stream.on('error', () => {})
    stream.write(`{"metadata":{"generateName":"gone-"}`)
    if (i % 2) stream.end('}')
    setImmediate(() => stream.close(http2.constants.NGHTTP2_CANCEL))
  }
  await api.request('GET', MAPS)
  session.destroy()
  expect((await api.request('GET', '/readyz')).text).toBe('ok')
})

test('a small body that unpacks to a huge one is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(64 << 20, 0x20))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  expect((await api.request('POST', MAPS, bomb, headers)).status).toBe(413)
})

test('large answers are compressed for those who ask, watches are not', async () => {
  await api.request('POST', MAPS, { metadata: { name: 'long' }, data: { a: 'x'.repeat(200 << 10) } })
  const gzip = { 'accept-encoding': 'gzip' }
  for (const path of [`${MAPS}/long`, MAPS, '/openapi/v2', '/openapi/v3/api/v1']) {
    const { headers } = await api.request('GET', path, undefined, gzip)
    expect(headers, path).toMatchObject({
      'content-encoding': 'gzip',
      vary: expect.stringMatching(/(^|, )Accept-Encoding$/),
    })
    expect((await http1(new https.Agent(), 'GET', path, undefined, gzip)).headers['content-encoding']).toBe('gzip')
    expect((await api.request('GET', path)).headers['content-encoding']).toBeUndefined()
  }
  const watch = await api.request('GET', `${MAPS}?watch=1&timeoutSeconds=1`, undefined, gzip)
  expect(watch.headers['content-encoding']).toBeUndefined()
  expect((await api.request('GET', '/version', undefined, gzip)).headers['content-encoding']).toBeUndefined()
})

test('warnings of any script reach the client', async () => {
  const answer = await api.request('POST', MAPS, { metadata: { name: 'warned' }, ключ: 1, 'a\nb': 2 })
  expect(answer.status).toBe(201)
  const warning = Buffer.from(answer.headers.warning!, 'latin1').toString()
  expect(warning).toContain('299 - "unknown field \\"ключ\\""')
  const agent = new https.Agent()
  const body = Buffer.from(JSON.stringify({ metadata: { name: 'warned1' }, ключ: 1 }))
  expect((await http1(agent, 'POST', MAPS, body, { 'content-type': 'application/json' })).status).toBe(201)
})

test('a flood of warnings is cut short', async () => {
  const odd = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`unknown-${i}-${'x'.repeat(50)}`, 1]))
  const answer = await api.request('POST', MAPS, { metadata: { name: 'flooded' }, ...odd })
  expect(answer.status).toBe(201)
  expect(String(answer.headers.warning).length).toBeLessThan(10_000)
})

test('a strange audit id is replaced', async () => {
  const kept = await api.request('GET', '/version', undefined, { 'audit-id': 'abc-1' })
  expect(kept.headers['audit-id']).toBe('abc-1')
  const odd = await api.request('GET', '/version', undefined, { 'audit-id': 'x'.repeat(500) })
  expect(odd.headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/)
})

test('paths of the old watch form, and methods nobody offers', async () => {
  await api.request('POST', MAPS, { metadata: { name: 'old' } })
  const events = await api.watch('/api/v1/watch/namespaces/default/configmaps/old', seen => seen.length === 1)
  expect(events[0]).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'old' } } })
  expect((await api.request('POST', `${MAPS}/old`, { metadata: { name: 'old' } })).status).toBe(405)
  expect((await api.request('PATCH', MAPS, {}, { 'content-type': 'application/merge-patch+json' })).status).toBe(405)
  expect((await api.request('OPTIONS', MAPS)).status).toBe(405)
  expect((await api.request('GET', `${MAPS}/old/nothing`)).status).toBe(404)
  expect((await api.request('GET', '/apis/apps/v2/deployments')).status).toBe(404)
})

test('a collection of a namespace that does not exist is empty', async () => {
  const answer = await api.request('GET', '/api/v1/namespaces/nowhere/configmaps')
  expect(answer).toMatchObject({ status: 200, json: { kind: 'ConfigMapList', items: [] } })
})

test('a watch that cannot begin is refused before it has begun', async () => {
  expect((await api.request('GET', `${MAPS}?watch=1&resourceVersion=abc`)).status).toBe(400)
  const selector = await api.request('GET', `${MAPS}?watch=1&labelSelector=a%20in%20(`)
  expect(selector.json).toMatchObject({ code: 400, message: expect.stringMatching(/^unable to parse requirement: /) })
})

test('browsers watch over a WebSocket', async () => {
  const { url, access } = api.cluster
  const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(access.token!).toString('base64url')}`
  await api.request('POST', MAPS, { metadata: { name: 'seen', labels: { seen: 'yes' } } })
  const socket = new WebSocket(`${url.replace('https', 'wss')}${MAPS}?watch=1&labelSelector=seen`, [bearer, 'json'], {
    ca: access.ca,
  })
  const [first] = await once(socket, 'message')
  expect(socket.protocol).toBe('json')
  expect(JSON.parse(String(first))).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'seen' } } })
  const next = once(socket, 'message')
  await api.request('DELETE', `${MAPS}/seen`)
  expect(JSON.parse(String((await next)[0])).type).toBe('DELETED')
  socket.close()
})

test('a WebSocket that cannot be is refused in HTTP', async () => {
  const { url, access } = api.cluster
  const authorization = `Bearer ${access.token}`
  const socket = new WebSocket(`${url.replace('https', 'wss')}${MAPS}?watch=1&resourceVersion=abc`, {
    ca: access.ca,
    headers: { authorization },
  })
  const [, response] = await once(socket, 'unexpected-response')
  expect(response.statusCode).toBe(400)
  response.destroy()
})

test('a rule for one name covers collections narrowed to it', async () => {
  await api.request('POST', `${RBAC}/roles`, {
    metadata: { name: 'one-map' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['get', 'list', 'watch'] }],
  })
  await api.request('POST', `${RBAC}/rolebindings`, {
    metadata: { name: 'one-map' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'one-map' },
    subjects: [{ kind: 'User', name: 'narrow', apiGroup: 'rbac.authorization.k8s.io' }],
  })
  const list = async (selector: string) =>
    (await api.request('GET', `${MAPS}?${selector}`, undefined, { 'impersonate-user': 'narrow' })).status
  expect(await list('fieldSelector=metadata.name%3Dmine')).toBe(200)
  expect(await list('fieldSelector=metadata.name%3Dother')).toBe(403)
  expect(await list('')).toBe(403)
})

test('impersonation takes uids, and keys however they are written', async () => {
  const who = async (headers: Record<string, string>) =>
    (await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers)).json.status.userInfo
  expect(
    await who({
      'impersonate-user': 'jane',
      'impersonate-uid': 'u-1',
      'impersonate-extra-a%2fb': 'c',
      'impersonate-extra-x%zz': 'd',
    }),
  ).toEqual({
    username: 'jane',
    uid: 'u-1',
    groups: ['system:authenticated'],
    extra: { 'a/b': ['c'], 'x%zz': ['d'] },
  })
  const groups = { 'impersonate-user': 'jane', 'impersonate-group': 'system:unauthenticated, system:masters' }
  expect((await who(groups)).groups).toEqual(['system:unauthenticated', 'system:masters'])
})
