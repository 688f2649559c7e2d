import type { ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'

const WAIT = { timeout: 10_000, interval: 10 }
const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices'
const KITCHEN = '/apis/kitchen.example.com/v1'

interface Recipe {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly namespace: string
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly ownerReferences?: readonly object[]
  }
}

/** An extension server that keeps recipes. */
class Kitchen {
  readonly recipes = new Map<string, Recipe>()
  readonly #watches = new Set<ServerResponse>()
  #revision = 0

  put(namespace: string, name: string, ownerReferences?: readonly object[]): void {
    const resourceVersion = String(++this.#revision)
    const metadata = { namespace, name, uid: `uid-of-${name}`, resourceVersion, ownerReferences }
    const recipe = { apiVersion: 'kitchen.example.com/v1', kind: 'Recipe', metadata }
    this.recipes.set(`${namespace}/${name}`, recipe)
    this.#tell('ADDED', recipe)
  }

  answer(method: string, url: URL, response: ServerResponse): void {
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (url.pathname === KITCHEN) {
      const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'watch']
      json({ resources: [{ name: 'recipes', namespaced: true, kind: 'Recipe', verbs }] })
      return
    }
    const [, namespace, name] = /^.*?(?:\/namespaces\/([^/]+))?\/recipes(?:\/(.+))?$/.exec(url.pathname) ?? []
    const chosen = [...this.recipes].filter(
      ([key]) => (!namespace || key.startsWith(`${namespace}/`)) && (!name || key === `${namespace}/${name}`),
    )
    if (url.searchParams.get('watch') === 'true') {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      this.#watches.add(response)
    } else if (method === 'DELETE') {
      for (const [key, recipe] of chosen) {
        this.recipes.delete(key)
        this.#tell('DELETED', recipe)
      }
      json({ kind: 'Status', status: 'Success' })
    } else if (name) {
      json(chosen[0]?.[1] ?? { kind: 'Status', code: 404, reason: 'NotFound' }, chosen[0] ? 200 : 404)
    } else {
      const metadata = { resourceVersion: String(this.#revision) }
      json({ kind: 'RecipeList', metadata, items: chosen.map(([, recipe]) => recipe) })
    }
  }

  #tell(type: string, object: Recipe): void {
    for (const watch of this.#watches) watch.write(`${JSON.stringify({ type, object })}\n`)
  }
}

let api: ApiUnderTest
let server: https.Server
const kitchen = new Kitchen()

beforeAll(async () => {
  api = await startApi({ controllers: true })
  const authority = await makeAuthority(Date.now())
  const leaf = { commonName: 'kitchen', hosts: ['kitchen.default.svc'] }
  const { certificate, key } = await issueLeaf(authority, leaf, Date.now())
  server = https.createServer({ cert: certificate, key }, (request, response) => {
    kitchen.answer(request.method ?? '', new URL(request.url ?? '', 'https://kitchen'), response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  await api.request('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 'kitchen' },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  })
  await api.request('POST', SERVICES, {
    metadata: { name: 'v1.kitchen.example.com' },
    spec: {
      group: 'kitchen.example.com',
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      service: { namespace: 'default', name: 'kitchen', port: (server.address() as AddressInfo).port },
      caBundle: Buffer.from(authority.certificate).toString('base64'),
    },
  })
  await vi.waitFor(async () => {
    expect(await condition(`${SERVICES}/v1.kitchen.example.com`, 'Available')).toMatch(/^True/)
  }, WAIT)
})
afterAll(async () => {
  await api.stop()
  server.close()
  server.closeAllConnections()
})

async function condition(path: string, type: string): Promise<string> {
  const { json } = await api.request('GET', path)
  const found = json.status?.conditions?.find((one: { type: string }) => one.type === type)
  return found ? `${found.status}: ${found.message}` : ''
}

test('what an extension server has goes with its owner', async () => {
  const config = await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'book' } })
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'book', uid: config.json.metadata.uid }
  kitchen.put('default', 'owned', [owner])
  kitchen.put('default', 'free')
  await api.request('DELETE', '/api/v1/namespaces/default/configmaps/book')
  await expect.poll(() => [...kitchen.recipes.keys()], WAIT).toEqual(['default/free'])
})

test('what owns can be at an extension server', async () => {
  kitchen.put('default', 'owner')
  const owner = { apiVersion: 'kitchen.example.com/v1', kind: 'Recipe', name: 'owner', uid: 'uid-of-owner' }
  await api.request('POST', '/api/v1/namespaces/default/configmaps', {
    metadata: { name: 'cooked', ownerReferences: [owner] },
  })
  const path = '/api/v1/namespaces/default/configmaps/cooked'
  expect((await api.request('GET', path)).status).toBe(200)
  await api.request('DELETE', `${KITCHEN}/namespaces/default/recipes/owner`)
  await expect.poll(async () => (await api.request('GET', path)).status, WAIT).toBe(404)
})

test('a namespace is empty only when extension servers have nothing in it', async () => {
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'party' } })
  kitchen.put('party', 'cake')
  await api.request('DELETE', '/api/v1/namespaces/party')
  await expect.poll(async () => (await api.request('GET', '/api/v1/namespaces/party')).status, WAIT).toBe(404)
  expect([...kitchen.recipes.keys()]).not.toContain('party/cake')
})

test('a namespace stays as long as an extension server cannot be asked', async () => {
  await api.request('POST', SERVICES, {
    metadata: { name: 'v1.gone.example.com' },
    spec: {
      group: 'gone.example.com',
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      service: { namespace: 'default', name: 'nowhere' },
    },
  })
  await expect.poll(() => condition(`${SERVICES}/v1.gone.example.com`, 'Available'), WAIT).toMatch(/^False/)
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'stuck' } })
  await api.request('DELETE', '/api/v1/namespaces/stuck')
  await expect
    .poll(() => condition('/api/v1/namespaces/stuck', 'NamespaceDeletionDiscoveryFailure'), WAIT)
    .toBe(
      'True: Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: gone.example.com/v1: stale GroupVersion discovery: gone.example.com/v1',
    )
  await api.request('DELETE', `${SERVICES}/v1.gone.example.com`)
  await expect.poll(async () => (await api.request('GET', '/api/v1/namespaces/stuck')).status, WAIT).toBe(404)
})
