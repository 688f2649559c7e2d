import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const WAIT = { timeout: 10_000, interval: 10 }
const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices'
const KITCHEN = '/apis/kitchen.example.com/v1'
const AGGREGATED = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }

let api: ApiUnderTest
let server: https.Server
let caBundle: string
const seen: { method: string; url: string; headers: Record<string, unknown>; body: string }[] = []

const RESOURCES = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'kitchen.example.com/v1',
  resources: [
    {
      name: 'recipes',
      singularName: 'recipe',
      namespaced: true,
      kind: 'Recipe',
      verbs: ['get', 'list'],
      shortNames: ['rc'],
    },
    { name: 'recipes/taste', singularName: '', namespaced: true, kind: 'Taste', verbs: ['create'] },
  ],
}

const OPENAPI_V2 = {
  paths: {
    [`${KITCHEN}/recipes`]: { get: { responses: { 200: { schema: { $ref: '#/definitions/com.example.Recipe' } } } } },
    '/version': { get: {} },
  },
  definitions: {
    'com.example.Recipe': { type: 'object', properties: { metadata: { $ref: '#/definitions/ObjectMeta' } } },
    ObjectMeta: { type: 'object' },
    'com.example.Unused': { type: 'object' },
  },
}
const OPENAPI_V3 = {
  paths: { 'apis/kitchen.example.com/v1': { serverRelativeURL: `/openapi/v3${KITCHEN}?hash=1234` } },
}

beforeAll(async () => {
  api = await startApi()
  const authority = await makeAuthority(Date.now())
  const leaf = { commonName: 'kitchen', hosts: ['kitchen.default.svc'] }
  const { certificate, key } = await issueLeaf(authority, leaf, Date.now())
  caBundle = Buffer.from(authority.certificate).toString('base64')
  server = https.createServer({ cert: certificate, key }, async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers, body })
    if (url === KITCHEN) response.end(JSON.stringify(RESOURCES))
    else if (url === '/openapi/v2') response.setHeader('etag', '"v2"').end(JSON.stringify(OPENAPI_V2))
    else if (url === '/openapi/v3') response.end(JSON.stringify(OPENAPI_V3))
    else if (url.endsWith('/elsewhere')) response.writeHead(302, { location: 'https://example.com/' }).end()
    else
      response
        .writeHead(method === 'POST' ? 201 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ kind: 'Recipe', url }))
  })
  server.on('upgrade', (request, socket) => {
    seen.push({ method: 'UPGRADE', url: request.url ?? '', headers: request.headers, body: '' })
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tea\r\n\r\nhello')
    socket.once('data', (data: Buffer) => socket.end(`you said ${data}`))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  await api.request('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 'kitchen' },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  })
})
afterAll(async () => {
  await api.stop()
  server.close()
  server.closeAllConnections()
})

const register = (name: string, group: string, more: object = {}) =>
  api.request('POST', SERVICES, {
    metadata: { name },
    spec: {
      group,
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      service: { namespace: 'default', name: 'kitchen', port: (server.address() as AddressInfo).port },
      caBundle,
      ...more,
    },
  })
const available = async (name: string) => {
  const { json } = await api.request('GET', `${SERVICES}/${name}`)
  const { status, reason, message } = json.status.conditions?.[0] ?? {}
  return status && `${status} ${reason}: ${message}`
}

test('a group version is answered by its service, in the name of who asks', async () => {
  expect((await api.request('GET', KITCHEN)).status).toBe(404)
  expect((await register('v1.kitchen.example.com', 'kitchen.example.com')).status).toBe(201)
  await expect.poll(() => available('v1.kitchen.example.com'), WAIT).toBe('True Passed: all checks passed')
  const path = `${KITCHEN}/namespaces/default/recipes?limit=5`
  const { status, json } = await api.request('GET', path, undefined, {
    'impersonate-user': 'ann',
    'impersonate-group': 'system:masters',
    'x-remote-user': 'root',
  })
  expect(status).toBe(200)
  expect(json).toEqual({ kind: 'Recipe', url: path })
  const { headers } = seen.findLast(({ url }) => url === path)!
  expect(headers).toMatchObject({ 'x-remote-user': 'ann', 'x-remote-group': expect.stringContaining('system:masters') })
  expect(headers.authorization).toBeUndefined()
  const posted = await api.request('POST', `${KITCHEN}/namespaces/default/recipes`, { kind: 'Recipe', salt: 1 })
  expect(posted.status).toBe(201)
  expect(JSON.parse(seen.findLast(({ method }) => method === 'POST')!.body)).toEqual({ kind: 'Recipe', salt: 1 })
})

test('discovery shows what the service offers, in both forms', async () => {
  const { json: list } = await api.request('GET', '/apis')
  expect(list.groups.map((group: { name: string }) => group.name)).toContain('kitchen.example.com')
  expect((await api.request('GET', KITCHEN)).json).toEqual(RESOURCES)
  const { json } = await api.request('GET', '/apis', undefined, AGGREGATED)
  const group = json.items.find((item: { metadata: { name: string } }) => item.metadata.name === 'kitchen.example.com')
  expect(group.versions[0].resources).toEqual([
    {
      resource: 'recipes',
      responseKind: { group: 'kitchen.example.com', version: 'v1', kind: 'Recipe' },
      scope: 'Namespaced',
      singularResource: 'recipe',
      verbs: ['get', 'list'],
      shortNames: ['rc'],
      subresources: [
        {
          subresource: 'taste',
          responseKind: { group: 'kitchen.example.com', version: 'v1', kind: 'Taste' },
          verbs: ['create'],
        },
      ],
    },
  ])
})

test('OpenAPI documents have what the service says in its own', async () => {
  const paths = async () => (await api.request('GET', '/openapi/v2')).json.paths
  await expect.poll(paths, WAIT).toHaveProperty([`${KITCHEN}/recipes`])
  const { json: v2 } = await api.request('GET', '/openapi/v2')
  expect(v2.paths['/version']).toBeUndefined()
  expect(v2.definitions['com.example.Recipe']).toEqual(OPENAPI_V2.definitions['com.example.Recipe'])
  expect(v2.definitions['com.example.Unused']).toBeUndefined()
  const { json: v3 } = await api.request('GET', '/openapi/v3')
  expect(v3.paths['apis/kitchen.example.com/v1'].serverRelativeURL).toBe(`/openapi/v3${KITCHEN}?hash=1234`)
  const protobuf = { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' }
  expect((await api.request('GET', '/openapi/v2', undefined, protobuf)).text).toContain('com.example.Recipe')
})

test('who may not, is not passed on', async () => {
  const { status } = await api.request('GET', `${KITCHEN}/namespaces/default/recipes`, undefined, {
    'impersonate-user': 'nobody',
  })
  expect(status).toBe(403)
  expect(seen.filter(({ headers }) => headers['x-remote-user'] === 'nobody')).toEqual([])
})

test('redirects are not followed', async () => {
  const { status, json } = await api.request('GET', `${KITCHEN}/elsewhere`)
  expect(status).toBe(502)
  expect(json.message).toBe('the backend attempted to redirect this request, which is not permitted')
})

test.each(['GET', 'POST'])('a connection that leaves HTTP by a %s is passed on', async method => {
  const { url, access } = api.cluster
  const request = https.request(`${url}${KITCHEN}/namespaces/default/recipes/soup/taste`, {
    ca: access.ca,
    method,
    headers: { authorization: `Bearer ${access.token}`, connection: 'upgrade', upgrade: 'tea', 'content-length': 0 },
  })
  request.end()
  const [, socket, head] = await once(request, 'upgrade')
  let text = head.toString()
  socket.on('data', (data: Buffer) => (text += data))
  socket.write('milk')
  await once(socket, 'end')
  expect(text).toBe('helloyou said milk')
  expect(seen.findLast(({ method }) => method === 'UPGRADE')!.headers).toMatchObject({
    'x-remote-user': 'kubernetes-admin',
  })
})

test('what cannot be reached is told, and answers with 503', async () => {
  await register('v1.gone.example.com', 'gone.example.com', { service: { namespace: 'default', name: 'nowhere' } })
  await expect
    .poll(() => available('v1.gone.example.com'), WAIT)
    .toBe('False ServiceNotFound: service/nowhere in "default" is not present')
  const { status, json } = await api.request('GET', '/apis/gone.example.com/v1/namespaces/default/things')
  expect(status).toBe(503)
  expect(json.message).toBe('service unavailable')
  const { json: list } = await api.request('GET', '/apis')
  expect(list.groups).toContainEqual(expect.objectContaining({ name: 'gone.example.com' }))
  expect((await api.request('GET', '/apis/gone.example.com')).json).toMatchObject({
    preferredVersion: { groupVersion: 'gone.example.com/v1' },
  })
  expect((await api.request('GET', '/apis/gone.example.com/v1')).status).toBe(503)
  const { json: all } = await api.request('GET', '/apis', undefined, AGGREGATED)
  const gone = all.items.find((item: { metadata: { name: string } }) => item.metadata.name === 'gone.example.com')
  expect(gone.versions).toEqual([{ version: 'v1', resources: [], freshness: 'Stale' }])
  await register('v1.strange.example.com', 'strange.example.com', { caBundle: undefined })
  await expect
    .poll(() => available('v1.strange.example.com'), WAIT)
    .toMatch(
      /^False FailedDiscoveryCheck: failing or missing response from https:\/\/kitchen\.default\.svc:\d+\/apis\/strange/,
    )
})

test('when the APIService goes, so does its group', async () => {
  await api.request('DELETE', `${SERVICES}/v1.kitchen.example.com`)
  expect((await api.request('GET', `${KITCHEN}/namespaces/default/recipes`)).status).toBe(404)
  const { json } = await api.request('GET', '/apis')
  expect(json.groups.map((group: { name: string }) => group.name)).not.toContain('kitchen.example.com')
  expect((await api.request('GET', '/openapi/v2')).json.paths).not.toHaveProperty([`${KITCHEN}/recipes`])
})
