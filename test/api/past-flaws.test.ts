import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'
import { type Answer, type ApiUnderTest, startApi } from '../support/api.ts'
import { webhookServer } from '../support/webhook-server.ts'

/** One test for each flaw that another implementation had, and that we must not have. */

const WAIT = { timeout: 10_000, interval: 10 }
const CORE = '/api/v1/namespaces/default'
const MAPS = `${CORE}/configmaps`
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
let api: ApiUnderTest

beforeAll(async () => {
  api = await startApi()
  await api.request('POST', `${CORE}/serviceaccounts`, { metadata: { name: 'default' } })
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'team' } })
})
afterAll(() => api.stop())

const as = (user: string, ...groups: string[]) => ({
  'impersonate-user': user,
  ...(groups.length > 0 && { 'impersonate-group': groups.join(', ') }),
})

/** Lets a user do something within the namespace `team` only. */
async function allowInTeam(user: string, rule: object): Promise<void> {
  const role = await api.request('POST', `${RBAC}/namespaces/team/roles`, { metadata: { name: user }, rules: [rule] })
  expect(role.status).toBe(201)
  await api.request('POST', `${RBAC}/namespaces/team/rolebindings`, {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
    subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
  })
}

/** Answers as soon as the server is well, and fails where it no longer is. */
async function isWell(): Promise<void> {
  const before = performance.now()
  expect((await api.request('GET', '/readyz')).text).toBe('ok')
  expect(performance.now() - before).toBeLessThan(2000)
}

describe('a service behind the API server', () => {
  let server: https.Server
  const seen: { url: string; user: unknown }[] = []

  beforeAll(async () => {
    const authority = await makeAuthority(Date.now())
    const leaf = { commonName: 'backend', hosts: ['backend.default.svc'] }
    const { certificate, key } = await issueLeaf(authority, leaf, Date.now())
    server = https.createServer({ cert: certificate, key }, (request, response) => {
      const { url = '' } = request
      // The aggregator's own questions are no clients' requests.
      if (!url.startsWith('/openapi/')) seen.push({ url, user: request.headers['x-remote-user'] })
      if (request.url?.endsWith('/redirect')) {
        response.writeHead(302, { location: 'https://127.0.0.1:1/' }).end()
      } else
        response.end('{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"b.example.com/v1","resources":[]}')
    })
    // Not a listener of `upgrade`: requests to upgrade are answered as any other, and the connection stays open.
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    await api.request('POST', `${CORE}/services`, {
      metadata: { name: 'backend' },
      spec: { type: 'ExternalName', externalName: 'localhost' },
    })
    const service = { namespace: 'default', name: 'backend', port: (server.address() as AddressInfo).port }
    const caBundle = Buffer.from(authority.certificate).toString('base64')
    const spec = {
      group: 'b.example.com',
      version: 'v1',
      groupPriorityMinimum: 1,
      versionPriority: 1,
      service,
      caBundle,
    }
    const path = '/apis/apiregistration.k8s.io/v1/apiservices'
    await api.request('POST', path, { metadata: { name: 'v1.b.example.com' }, spec })
    const status = async () =>
      (await api.request('GET', `${path}/v1.b.example.com`)).json.status.conditions?.[0]?.status
    await vi.waitFor(async () => expect(await status()).toBe('True'), WAIT)
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  /** What comes back on a connection of its own when these bytes are sent. */
  async function exchange(...texts: string[]): Promise<string> {
    const { url, access } = api.cluster
    const socket = tls.connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: access.ca })
    await once(socket, 'secureConnect')
    let got = ''
    socket.on('data', data => {
      got += data
    })
    for (const text of texts) {
      socket.write(text.replaceAll('TOKEN', access.token ?? ''))
      await vi.waitFor(() => expect(got).toMatch(/\r\n\r\n/), 5000)
    }
    if (!socket.destroyed) await once(socket, 'close')
    return got
  }
  const upgrading = (path: string) =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer TOKEN\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`

  test('CVE-2018-1002105: a connection that has not left HTTP takes no further requests', async () => {
    seen.length = 0
    const path = '/apis/b.example.com/v1/things'
    const smuggled = `GET ${path}/secret HTTP/1.1\r\nhost: x\r\nx-remote-user: root\r\nx-remote-group: system:masters\r\n\r\n`
    expect(await exchange(upgrading(path) + smuggled, smuggled)).toMatch(/^HTTP\/1\.1 200 /)
    expect(seen).toEqual([{ url: path, user: 'kubernetes-admin' }])
  })

  test('CVE-2022-3172: it cannot send clients elsewhere', async () => {
    const path = '/apis/b.example.com/v1/redirect'
    const plain = await api.request('GET', path)
    expect(plain.status).toBe(502)
    expect(plain.headers.location).toBeUndefined()
    const upgraded = await exchange(upgrading(path))
    expect(upgraded).toMatch(/^HTTP\/1\.1 502 /)
    expect(upgraded).not.toContain('127.0.0.1:1')
  })
})

describe('custom resources', () => {
  const GROUP = '/apis/flaws.example.com/v1'
  beforeAll(async () => {
    for (const [plural, scope] of [
      ['gadgets', 'Namespaced'],
      ['secretgadgets', 'Namespaced'],
      ['machines', 'Cluster'],
    ] as const) {
      const kind = plural[0]!.toUpperCase() + plural.slice(1, -1)
      await api.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        metadata: { name: `${plural}.flaws.example.com` },
        spec: {
          group: 'flaws.example.com',
          scope,
          names: { plural, kind },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          ],
        },
      })
      await vi.waitFor(async () => expect((await api.request('GET', `${GROUP}/${plural}`)).status).toBe(200), WAIT)
    }
    const object = (kind: string) => ({ apiVersion: 'flaws.example.com/v1', kind, metadata: { name: 'one' } })
    expect((await api.request('POST', `${GROUP}/machines`, object('Machine'))).status).toBe(201)
    expect((await api.request('POST', `${GROUP}/namespaces/default/gadgets`, object('Gadget'))).status).toBe(201)
    const hidden = await api.request('POST', `${GROUP}/namespaces/default/secretgadgets`, object('Secretgadget'))
    expect(hidden.status).toBe(201)
    await allowInTeam('max', { apiGroups: ['flaws.example.com'], resources: ['*'], verbs: ['*'] })
  })

  test('CVE-2019-11247: what may be done in a namespace reaches nothing of the whole cluster', async () => {
    for (const method of ['GET', 'DELETE', 'PUT', 'PATCH']) {
      const path = `${GROUP}/namespaces/team/machines/one`
      const type = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }
      const { status } = await api.request(method, path, method === 'GET' ? undefined : {}, { ...as('max'), ...type })
      expect(status).toBe(404)
    }
    expect((await api.request('GET', `${GROUP}/namespaces/team/machines`, undefined, as('max'))).status).toBe(404)
    const posted = { apiVersion: 'flaws.example.com/v1', kind: 'Machine', metadata: { name: 'two' } }
    expect((await api.request('POST', `${GROUP}/namespaces/team/machines`, posted, as('max'))).status).toBe(404)
    expect((await api.request('GET', `${GROUP}/machines/one`)).status).toBe(200)
    expect((await api.request('GET', `${GROUP}/machines/two`)).status).toBe(404)
    // Nor the other way round: no object of a namespace without naming it.
    expect((await api.request('GET', `${GROUP}/gadgets/one`)).status).toBe(405)
  })

  test('CVE-2022-3162: who may list one kind across namespaces reads no other of the group', async () => {
    await api.request('POST', `${RBAC}/clusterroles`, {
      metadata: { name: 'lister' },
      rules: [{ apiGroups: ['flaws.example.com'], resources: ['gadgets'], verbs: ['list', 'watch'] }],
    })
    await api.request('POST', `${RBAC}/clusterrolebindings`, {
      metadata: { name: 'lister' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'lister' },
      subjects: [{ kind: 'User', name: 'lea', apiGroup: 'rbac.authorization.k8s.io' }],
    })
    expect((await api.request('GET', `${GROUP}/gadgets`, undefined, as('lea'))).json.items).toHaveLength(1)
    for (const path of [
      `${GROUP}/gadgets?fieldSelector=metadata.name%3D../secretgadgets/default/one`,
      `${GROUP}/gadgets?fieldSelector=metadata.namespace%3D../secretgadgets`,
      `${GROUP}/namespaces/..%2fsecretgadgets/gadgets`,
      `${GROUP}/namespaces/../secretgadgets`,
      `${GROUP}/gadgets/..%2fsecretgadgets`,
      `${GROUP}/gadgets/%2e%2e/secretgadgets`,
    ]) {
      const { status, json } = await api.request('GET', path, undefined, as('lea'))
      if (status === 200) expect(json.items).toEqual([])
      else expect([400, 403, 404, 405]).toContain(status)
    }
  })
})

describe('payloads that grow', () => {
  const yaml = { 'content-type': 'application/yaml' }

  test('CVE-2019-11253: aliases of aliases', async () => {
    const row = (i: number) =>
      `a${i}: &a${i} [${Array(9)
        .fill(i === 0 ? 'x' : `*a${i - 1}`)
        .join(',')}]`
    const bomb = Array.from({ length: 12 }, (_, i) => row(i)).join('\n')
    expect((await api.request('POST', MAPS, bomb, yaml)).status).toBe(400)
    await isWell()
  })

  test('CVE-2019-11254: YAML that takes long to read', async () => {
    for (const text of ['- '.repeat(100_000), '['.repeat(100_000), `"${'\\n'.repeat(500_000)}`, '? '.repeat(50_000)]) {
      const before = performance.now()
      expect((await api.request('POST', MAPS, text, yaml)).status).toBe(400)
      expect(performance.now() - before).toBeLessThan(3000)
    }
    await isWell()
  })

  test('CVE-2019-1002100: patches of very many operations, and of copies of copies', async () => {
    await api.request('POST', MAPS, { metadata: { name: 'bomb' }, data: { a: 'x'.repeat(10_000) } })
    const patch = (operations: object[]) =>
      api.request('PATCH', `${MAPS}/bomb`, operations, { 'content-type': 'application/json-patch+json' })
    const many = await patch(Array(10_001).fill({ op: 'test', path: '/kind', value: 'ConfigMap' }))
    expect(many.status).toBe(413)
    expect(many.json.message).toBe('The allowed maximum operations in a JSON patch is 10000, got 10001')
    const before = performance.now()
    const copies = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/data', path: `/data/c${i}` }))
    const { status } = await patch(copies)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(performance.now() - before).toBeLessThan(3000)
    await isWell()
  })

  test('nesting without end, in bodies and in patches', async () => {
    const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    const lists = (depth: number) => `{"metadata":{"name":"x"},"data":${'['.repeat(depth)}${']'.repeat(depth)}}`
    for (const body of [deep(100_000), lists(100_000), deep(9_000), lists(9_000)]) {
      const { status } = await api.request('POST', MAPS, body)
      expect([400, 413, 422]).toContain(status)
      for (const type of ['merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml', 'json-patch+json']) {
        const patched = await api.request('PATCH', `${MAPS}/bomb?fieldManager=f`, body, {
          'content-type': `application/${type}`,
        })
        expect(patched.status).toBeLessThan(500)
      }
    }
    await isWell()
  })

  test('lists of 100,000 items, and labels of a megabyte', async () => {
    const env = Array.from({ length: 100_000 }, () => ({}))
    const pod = { metadata: { name: 'big' }, spec: { containers: [{ name: 'c', image: 'i', env }] } }
    expect([413, 422]).toContain((await api.request('POST', `${CORE}/pods`, pod)).status)
    const labels = { big: 'x'.repeat(1 << 20) }
    const labelled = await api.request('POST', MAPS, { metadata: { name: 'labelled', labels } })
    expect(labelled.status).toBe(422)
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 'v']))
    expect((await api.request('POST', MAPS, { metadata: { name: 'many', annotations: many } })).status).toBe(422)
    const keys = await api.request('POST', MAPS, { metadata: { name: 'keys' }, data: many })
    expect([201, 'etcdserver: request is too large']).toContain(keys.status === 500 ? keys.json.message : keys.status)
    await isWell()
  })
})

test('CVE-2021-25735: who judges an update of a node sees the node as it is', async () => {
  const hook = await webhookServer()
  try {
    await api.request('POST', '/api/v1/nodes', { metadata: { name: 'n1', labels: { tier: 'low' } }, spec: {} })
    hook.answers.set('/nodes', () => ({ allowed: true }))
    await api.request('POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
      metadata: { name: 'nodes' },
      webhooks: [
        {
          name: 'nodes.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { url: `${hook.url}/nodes`, caBundle: hook.caBundle },
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], resources: ['nodes', 'nodes/status'], operations: ['UPDATE'] },
          ],
        },
      ],
    })
    const { json: before } = await api.request('GET', '/api/v1/nodes/n1')
    const changed = { ...before, metadata: { ...before.metadata, labels: { tier: 'high' } } }
    changed.spec = { ...before.spec, unschedulable: true }
    changed.status = { ...before.status, phase: 'made up' }
    const { json: after } = await api.request('PUT', '/api/v1/nodes/n1', changed)
    const [request] = hook.seen.get('/nodes') ?? []
    const { managedFields: _, ...metadata } = before.metadata
    expect(request.oldObject).toMatchObject({ metadata: { ...metadata, labels: { tier: 'low' } }, spec: before.spec })
    expect(request.oldObject.spec.unschedulable).toBeUndefined()
    expect(request.object.metadata.labels).toEqual(after.metadata.labels)
    expect(request.object.spec).toEqual(after.spec)
    expect(request.object.status).toEqual(after.status)
  } finally {
    await api.request('DELETE', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/nodes')
    await hook.stop()
  }
})

test('CVE-2019-11250, CVE-2020-8565: tokens are not in what the server writes or answers', async () => {
  const written: string[] = []
  const keep = (chunk: unknown) => {
    written.push(String(chunk))
    return true
  }
  const spies = [vi.spyOn(process.stderr, 'write'), vi.spyOn(process.stdout, 'write')]
  for (const spy of spies) spy.mockImplementation(keep as never)
  const secret = 'c29tZS1zZWNyZXQtdG9rZW4.c29tZS1zZWNyZXQtdG9rZW4.c29tZS1zZWNyZXQtdG9rZW4'
  const answers: string[] = []
  try {
    for (const [method, path, body] of [
      ['GET', '/api/v1/pods', undefined],
      ['GET', '/api/v1/%zz', undefined],
      ['POST', MAPS, '{'],
      ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', undefined],
    ] as const) {
      const { status, text } = await api.request(method, path, body, { authorization: `Bearer ${secret}` })
      expect([400, 401]).toContain(status)
      answers.push(text)
    }
    const review = await api.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: secret } })
    answers.push(JSON.stringify(review.json.status))
    const { access } = api.cluster
    await api.request('POST', MAPS, `{"metadata": ${access.token}`)
    await api.request('GET', '/metrics').then(({ text }) => answers.push(text))
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  for (const text of [...written, ...answers]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(api.cluster.access.token)
  }
})

describe('CVE-2020-8562: proxying', () => {
  test.each(['127.0.0.1', '169.254.169.254', '0.0.0.0', '::1', 'fe80::1', '::ffff:127.0.0.1'])(
    'not to %s, whatever a pod or a node says of itself',
    async address => {
      const name = `p-${address.replace(/[.:]+/g, '-')}e`
      const containers = [{ name: 'c', image: 'i' }]
      await api.request('POST', `${CORE}/pods`, { metadata: { name }, spec: { containers } })
      await api.request('POST', '/api/v1/nodes', { metadata: { name } })
      const merge = { 'content-type': 'application/merge-patch+json' }
      const status = { podIP: address, podIPs: [{ ip: address }] }
      await api.request('PATCH', `${CORE}/pods/${name}/status`, { status }, merge)
      const addresses = [{ type: 'InternalIP', address }]
      await api.request('PATCH', `/api/v1/nodes/${name}/status`, { status: { addresses } }, merge)
      for (const path of [`${CORE}/pods/${name}:10250/proxy/`, `/api/v1/nodes/${name}/proxy/`]) {
        const answer = await api.request('GET', path)
        expect([answer.status, answer.json.message.split(':')[0]]).toEqual([400, 'address not allowed'])
      }
      const slice = {
        metadata: { name, labels: { 'kubernetes.io/service-name': 'x' } },
        addressType: address.includes(':') ? 'IPv6' : 'IPv4',
        endpoints: [{ addresses: [address] }],
        ports: [{ port: 80 }],
      }
      const refused = await api.request('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice)
      expect(refused.status).toBe(422)
    },
  )
})

test('a node does not delete itself by naming an owner that is gone', async () => {
  await api.request('POST', '/api/v1/nodes', { metadata: { name: 'n2' } })
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '0' }]
  const headers = { ...as('system:node:n2', 'system:nodes'), 'content-type': 'application/merge-patch+json' }
  const patched = await api.request('PATCH', '/api/v1/nodes/n2', { metadata: { ownerReferences } }, headers)
  expect(patched.status).toBe(403)
  expect(patched.json.message).toContain('is not allowed to modify ownerReferences')
  const status = await api.request('PATCH', '/api/v1/nodes/n2/status', { metadata: { ownerReferences } }, headers)
  expect((await api.request('GET', '/api/v1/nodes/n2')).json.metadata.ownerReferences).toBeUndefined()
  expect([200, 403]).toContain(status.status)
})

describe('names and paths', () => {
  beforeAll(async () => {
    await allowInTeam('tina', { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] })
    await api.request('POST', `${CORE}/secrets`, { metadata: { name: 'hidden' }, stringData: { word: 'hush' } })
    await api.request('POST', '/api/v1/namespaces/team/secrets', { metadata: { name: 'hidden' } })
  })

  test.each([
    '/api/v1/namespaces/team/configmaps/..%2fsecrets%2fhidden',
    '/api/v1/namespaces/team/configmaps/../secrets/hidden',
    '/api/v1/namespaces/team/configmaps/%2e%2e/secrets/hidden',
    '/api/v1/namespaces/team/configmaps/%2e%2e%2fsecrets%2fhidden',
    '/api/v1/namespaces/team/configmaps/..%5csecrets%5chidden',
    '/api/v1/namespaces/team%2f..%2fdefault/configmaps',
    '/api/v1/namespaces/team/../default/secrets/hidden',
    '/api/v1/namespaces/team/./secrets/hidden',
    '/api/v1/namespaces/team//secrets/hidden',
    '/api/v1/namespaces/team/configmaps/%252e%252e%252fsecrets',
    '/api/v1/namespaces/team/configmaps/x%00/../../secrets/hidden',
    '/apis/../api/v1/namespaces/default/secrets/hidden',
    '//api/v1/namespaces/default/secrets/hidden',
    '/api/v1/watch/namespaces/team/../default/secrets/hidden',
  ])('%s leads nowhere', async path => {
    const { status, text } = await api.request('GET', path, undefined, as('tina'))
    expect([301, 400, 403, 404, 405]).toContain(status)
    expect(text).not.toContain('aHVzaA')
  })

  test.each(['..', '.', 'a/b', '../secrets/x', 'a%2fb', 'a\u0000b', 'a\nb', ' ', 'x'.repeat(254), 'ä'])(
    'nothing can be called %j',
    async name => {
      for (const [path, more] of [
        [MAPS, {}],
        [`${RBAC}/clusterroles`, { rules: [] }],
        ['/api/v1/namespaces', {}],
      ] as const) {
        // Roles may be called almost anything, as upstream's.
        const { status } = await api.request('POST', path, { metadata: { name }, ...more })
        if (path.endsWith('clusterroles') && !/[/%]|^\.{1,2}$/.test(name)) expect([201, 409, 422]).toContain(status)
        else expect(status).toBe(422)
      }
      const elsewhere = { metadata: { name: 'ok', namespace: name } }
      expect((await api.request('POST', MAPS, elsewhere)).status).toBe(400)
    },
  )
})

describe('bodies that are not what they seem', () => {
  test('keys that come twice are refused where that is asked for, and warned of otherwise', async () => {
    const text = '{"metadata":{"name":"twice","name":"other"},"data":{"a":"1"},"data":{"a":"2"}}'
    const strict = await api.request('POST', `${MAPS}?fieldValidation=Strict`, text)
    expect(strict.status).toBe(400)
    expect(strict.json.message).toContain('duplicate field "metadata.name"')
    const warned = await api.request('POST', `${MAPS}?dryRun=All`, text)
    expect(warned.status).toBe(201)
    expect(warned.headers.warning).toContain('duplicate field')
    const yaml = await api.request(
      'POST',
      `${MAPS}?fieldValidation=Strict`,
      'metadata: {name: a}\ndata: {a: x, a: y}',
      {
        'content-type': 'application/yaml',
      },
    )
    expect(yaml.status).toBe(400)
  })

  test('__proto__ and constructor are keys like any other', async () => {
    const text = '{"metadata":{"name":"proto"},"data":{"__proto__":"x","constructor":"y"}}'
    expect((await api.request('POST', MAPS, text)).status).toBe(201)
    const patch = '{"metadata":{"labels":{"__proto__":{"polluted":"yes"}}},"__proto__":{"polluted":"yes"}}'
    await api.request('PATCH', `${MAPS}/proto`, patch, { 'content-type': 'application/merge-patch+json' })
    await api.request('PATCH', `${MAPS}/proto`, '[{"op":"add","path":"/__proto__/polluted","value":"yes"}]', {
      'content-type': 'application/json-patch+json',
    })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(JSON.parse((await api.request('GET', `${MAPS}/proto`)).text).data.constructor).toBe('y')
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/strategic-merge-patch+json',
    'application/json; charset=utf-16',
    'nonsense',
    '',
  ])('of type %j they are refused or read as JSON', async type => {
    const { status } = await api.request(
      'POST',
      `${MAPS}?dryRun=All`,
      { metadata: { name: 'typed' } },
      { 'content-type': type },
    )
    expect([201, 415]).toContain(status)
    const patched = await api.request('PATCH', `${MAPS}/proto`, '{}', { 'content-type': type })
    expect([200, 415]).toContain(patched.status)
  })

  test('that break off, or are no protobuf, are bad requests', async () => {
    const protobuf = { 'content-type': 'application/vnd.kubernetes.protobuf' }
    for (const body of ['', 'k8s', 'k8s\0\xff\xff\xff\xff', 'hello', `k8s\0${'\x0a'.repeat(1000)}`]) {
      expect((await api.request('POST', MAPS, Buffer.from(body, 'latin1'), protobuf)).status).toBe(400)
    }
    const { url, access } = api.cluster
    const socket = tls.connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: access.ca })
    await once(socket, 'secureConnect')
    const head = `POST ${MAPS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${access.token}\r\ncontent-type: application/json\r\n`
    socket.end(`${head}content-length: 5000\r\n\r\n{"metadata":{"name":"cut"}}`)
    await once(socket.resume(), 'close')
    expect((await api.request('GET', `${MAPS}/cut`)).status).toBe(404)
    await isWell()
  })
})

describe('names that every JavaScript object has', () => {
  const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']

  test.each(NAMES)('%s is a name like any other', async word => {
    const lower = word.toLowerCase().replaceAll('_', '')
    const named = { metadata: { name: lower } }
    const dry = (path: string, body: object) => api.request('POST', `${path}?dryRun=All`, body)
    const container = { name: 'c', image: 'i', resources: { limits: { cpu: `1${word}`, [word]: '1' } } }
    const strange = { type: 'object', properties: { [word]: { type: word, format: word } } }
    const plain = {
      type: 'object',
      required: [word],
      properties: { [word]: { type: 'integer', default: 1 }, list: { type: 'string', enum: [word], format: word } },
    }
    const definition = (schema: object) => ({
      metadata: { name: `${lower}s.example.com` },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: `${lower}s`, kind: `X${lower}` },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    })
    const rules = { apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'] }
    const expression = `object.${word} == "a" || ${word} == 1 || "1".${word}() == 2 || ${word}(1) == double("${word}")`
    const metrics = [{ type: word }]
    const scaled = { maxReplicas: 1, scaleTargetRef: { kind: 'a', name: 'b' }, metrics }
    const volumes = [{ name: 'v', iscsi: { targetPortal: 'a', iqn: word, lun: 1 } }]
    const pod = { containers: [container], restartPolicy: word, dnsPolicy: word, volumes }
    const asked: Record<string, Promise<Answer>> = {
      method: api.request(word, MAPS),
      path: api.request('GET', `/${word}`),
      version: api.request('GET', `/apis/${word}/${word}`),
      resource: api.request('GET', `/api/v1/${word}`),
      subresource: api.request('GET', `${MAPS}/bomb/${word}`),
      accept: api.request('GET', MAPS, undefined, { accept: word }),
      form: api.request('GET', MAPS, undefined, { accept: `application/json;as=${word};g=${word};v=v1` }),
      type: api.request('POST', MAPS, '{}', { 'content-type': word }),
      patch: api.request('PATCH', `${MAPS}/bomb`, '{}', { 'content-type': word }),
      policy: api.request('DELETE', `${MAPS}/none?propagationPolicy=${word}`),
      policyBody: api.request('DELETE', `${MAPS}/bomb?dryRun=All`, { propagationPolicy: word }),
      field: api.request('GET', `${MAPS}?fieldSelector=${word}%3Dx`),
      operator: api.request('GET', `${MAPS}?labelSelector=a%20${word}%20(b)`),
      validation: api.request('POST', `${MAPS}?fieldValidation=${word}`, named),
      timeout: api.request('GET', `${MAPS}?timeout=1${word}`),
      kind: dry(MAPS, { kind: word, apiVersion: word, metadata: { name: 'c' } }),
      secret: dry(`${CORE}/secrets`, { ...named, type: word }),
      pod: dry(`${CORE}/pods`, { ...named, spec: pod }),
      limits: dry(`${CORE}/limitranges`, { ...named, spec: { limits: [{ type: word, max: { cpu: '1' } }] } }),
      priority: dry('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: `system-${lower}` }, value: 1 }),
      scaler: dry('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', { ...named, spec: scaled }),
      schema: dry('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition(strange)),
      property: dry('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition(plain)),
      level: dry('/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations', {
        ...named,
        spec: { type: word },
      }),
      lease: dry('/apis/coordination.k8s.io/v1/namespaces/default/leases', { ...named, spec: { renewTime: word } }),
      expression: dry('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies', {
        ...named,
        spec: { matchConstraints: { resourceRules: [rules] }, validations: [{ expression, reason: word }] },
      }),
    }
    const harm: Record<string, string> = {}
    for (const [what, answer] of Object.entries(asked)) {
      const { status, text } = await answer
      if (status >= 500) harm[what] = text
    }
    expect(harm).toEqual({})
    expect((await asked.pod)?.text).toContain('quantities must match the regular expression')
    // None of its objects has such a label.
    expect((await api.request('GET', `${MAPS}?labelSelector=${lower}`)).json.items).toEqual([])
  })
})
