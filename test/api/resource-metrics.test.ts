import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { namespace } from '../../src/api/core/namespace.ts'
import { node as nodeKind } from '../../src/api/core/node.ts'
import { pod as podKind } from '../../src/api/core/pod.ts'
import { allKinds } from '../../src/api/index.ts'
import { nodeMetrics, podMetrics } from '../../src/api/metrics/index.ts'
import { seededRandom } from '../../src/apimachinery/random.ts'
import { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import { startApiServer } from '../../src/apiserver/apiserver.ts'
import { LocalTransport } from '../../src/apiserver/local-transport.ts'
import { serveResourceMetrics } from '../../src/apiserver/resource-metrics/resource-metrics.ts'
import { Client } from '../../src/client/client.ts'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'
import { versionInfo } from '../../src/cluster/version.ts'
import { openMemoryStore } from '../../src/storage/memory.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { findKubectls, kubectlSession } from '../support/kubectl.ts'

const METRICS = '/apis/metrics.k8s.io/v1beta1'
const WAIT = { timeout: 10_000, interval: 20 }

describe('of hollow nodes', () => {
  let api: ApiUnderTest
  beforeAll(async () => {
    api = await startApi({ hollowNodes: 1, controllers: true })
    for (const [name, cpu, memory] of [
      ['web', '250m', '64Mi'],
      ['db', '500m', '256Mi'],
    ]) {
      await api.request('POST', '/api/v1/namespaces/default/pods', {
        metadata: {
          name,
          labels: { app: name },
          annotations: {
            'usage.tsukube.dev/cpu': cpu,
            'usage.tsukube.dev/memory': memory,
            'usage.tsukube.dev/cpu.side': '10m',
          },
        },
        spec: {
          containers: [
            { name: 'main', image: 'main:1' },
            { name: 'side', image: 'side:1' },
          ],
        },
      })
    }
    const all = async () => (await api.request('GET', `${METRICS}/namespaces/default/pods`)).json.items.length
    await vi.waitFor(async () => expect(await all()).toBe(2), WAIT)
  })
  afterAll(() => api.stop())

  test('pods use what their annotations say', async () => {
    const { status, json } = await api.request('GET', `${METRICS}/namespaces/default/pods/web`)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
      containers: [
        { name: 'main', usage: { cpu: '250m', memory: '64Mi' } },
        { name: 'side', usage: { cpu: '10m', memory: '64Mi' } },
      ],
    })
    expect(json.metadata.resourceVersion).toBeUndefined()
    expect(json.window).toMatch(/^\d+(\.\d+)?m?s$/)
  })

  test('nodes use what their pods do', async () => {
    const { json } = await api.request('GET', `${METRICS}/nodes`)
    expect(json).toMatchObject({ kind: 'NodeMetricsList', items: [{ metadata: { name: 'node-0' } }] })
    expect(json.items[0].usage).toEqual({ cpu: '770m', memory: '640Mi' })
  })

  test('lists are selected by labels and fields', async () => {
    const names = async (query: string) =>
      (await api.request('GET', `${METRICS}/pods?${query}`)).json.items.map(
        ({ metadata }: { metadata: { name: string } }) => metadata.name,
      )
    expect(await names('')).toEqual(['db', 'web'])
    expect(await names('labelSelector=app%3Dweb')).toEqual(['web'])
    expect(await names('fieldSelector=metadata.name%3Ddb')).toEqual(['db'])
    expect(await names('fieldSelector=metadata.namespace%3Dother')).toEqual([])
    expect((await api.request('GET', `${METRICS}/pods?fieldSelector=spec.x%3D1`)).status).toBe(400)
  })

  test('what has no metrics is not found', async () => {
    const pod = await api.request('GET', `${METRICS}/namespaces/default/pods/none`)
    expect([pod.status, pod.json.message]).toEqual([404, 'pods "none" not found'])
    await api.request('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: 'waiting' },
      spec: { nodeSelector: { no: 'where' }, containers: [{ name: 'main', image: 'main:1' }] },
    })
    const waiting = await api.request('GET', `${METRICS}/namespaces/default/pods/waiting`)
    expect([waiting.status, waiting.json.message]).toEqual([
      404,
      'podmetrics.metrics.k8s.io "default/waiting" not found',
    ])
    expect((await api.request('GET', `${METRICS}/nodes/none`)).json.message).toBe('nodes "none" not found')
  })

  test('they are there to be read only', async () => {
    const answers = await Promise.all([
      api.request('DELETE', `${METRICS}/namespaces/default/pods/web`),
      api.request('POST', `${METRICS}/namespaces/default/pods`, { metadata: { name: 'x' } }),
      api.request('GET', `${METRICS}/namespaces/default/pods?watch=true`),
    ])
    expect(answers.map(({ status }) => status)).toEqual([405, 405, 405])
  })

  test('tables have what is used, and the window', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const { json } = await api.request('GET', `${METRICS}/namespaces/default/pods/web`, undefined, { accept })
    expect(json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'cpu',
      'memory',
      'Window',
    ])
    expect(json.rows[0].cells.slice(0, 3)).toEqual(['web', '260m', '128Mi'])
  })

  test('the group is announced, documented, and its APIService is available', async () => {
    const { json: list } = await api.request('GET', METRICS)
    expect(list.resources).toEqual([
      { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
      { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
    ])
    const service = async () =>
      (await api.request('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io')).json.status
        .conditions?.[0]
    await expect.poll(service, WAIT).toMatchObject({ type: 'Available', status: 'True', reason: 'Local' })
    const { json: openapi } = await api.request('GET', '/openapi/v3/apis/metrics.k8s.io/v1beta1')
    expect(openapi.components.schemas).toHaveProperty(['io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics'])
  })

  test('users who may look may look at these, too', async () => {
    const role = async (name: string) =>
      (await api.request('GET', `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`)).json
    const rule = { apiGroups: ['metrics.k8s.io'], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] }
    expect((await role('system:aggregated-metrics-reader')).rules).toEqual([rule])
    expect((await role('view')).rules).toContainEqual(rule)
  })

  describe.each(findKubectls())('kubectl 1.$minor', kubectl => {
    const run = async (...args: string[]) => {
      const session = kubectlSession(kubectl, api.cluster.kubeconfig)
      try {
        const { stdout, stderr } = await session.run(args)
        return (stdout + stderr).split('\n').map(line => line.trim().split(/\s+/).join(' '))
      } finally {
        session.end()
      }
    }

    test('shows what pods use, sorted, and by container', async () => {
      expect(await run('top', 'pods', '--sort-by=cpu')).toEqual([
        'NAME CPU(cores) MEMORY(bytes)',
        'db 510m 512Mi',
        'web 260m 128Mi',
        '',
      ])
      expect(await run('top', 'pod', 'web', '--containers', '--no-headers')).toEqual([
        'web main 250m 64Mi',
        'web side 10m 64Mi',
        '',
      ])
      expect((await run('top', 'pods', '-A', '-l', 'app=db', '--no-headers'))[0]).toBe('default db 510m 512Mi')
    })

    test('shows what nodes use of what they have', async () => {
      expect((await run('top', 'nodes'))[1]).toBe('node-0 770m 2% 640Mi 0%')
    })

    test('says what it cannot show', async () => {
      expect(await run('top', 'pods', '-n', 'kube-public')).toEqual([
        'No resources found in kube-public namespace.',
        '',
      ])
      expect((await run('top', 'pod', 'waiting'))[0]).toContain('podmetrics.metrics.k8s.io "default/waiting" not found')
    })

    test('gets them as resources', async () => {
      const lines = await run('get', 'podmetrics,nodemetrics')
      expect(lines[0]).toBe('NAME CPU MEMORY WINDOW')
      expect(lines.join()).toMatch(
        /podmetrics\.metrics\.k8s\.io\/web 260m 128Mi|pods\.metrics\.k8s\.io\/web 260m 128Mi/,
      )
    })
  })
})

describe('of kubelets', () => {
  const clock = new VirtualClock()
  const began = clock.now()
  let kubelet: Server
  let client: Client
  let stop: () => void
  let scrapes = 0

  beforeAll(async () => {
    const authority = await makeAuthority(Date.now())
    const serving = await issueLeaf(authority, { commonName: 'kubelet', hosts: ['127.0.0.1'] }, Date.now())
    const own = await issueLeaf(authority, { commonName: 'kube-apiserver', hosts: [] }, Date.now())
    kubelet = createServer(
      { cert: serving.certificate, key: serving.key, ca: authority.certificate },
      (request, answer) => {
        scrapes++
        expect(request.url).toBe('/metrics/resource')
        const used = (clock.now() - began) / 1000
        const labels = '{container="main",namespace="default",pod="web"}'
        answer.end(
          [
            `container_cpu_usage_seconds_total${labels} ${used * 0.5} ${clock.now()}`,
            `container_memory_working_set_bytes${labels} 1048576 ${clock.now()}`,
            `node_cpu_usage_seconds_total ${used * 2} ${clock.now()}`,
            `node_memory_working_set_bytes 2097152 ${clock.now()}`,
          ].join('\n'),
        )
      },
    )
    await new Promise<void>(resolve => kubelet.listen(0, '127.0.0.1', resolve))
    const { port } = kubelet.address() as AddressInfo
    const server = await startApiServer({
      store: openMemoryStore(),
      clock,
      random: seededRandom(1),
      kinds: allKinds,
      version: versionInfo,
      nodes: {
        dial: async (host, at) => connect(at, host),
        kubelet: { certificate: own.certificate, key: own.key, ca: authority.certificate },
      },
      configure: () => ({
        authenticators: [],
        authorizer: { authorize: () => ({ verdict: 'allow', reason: '' }) },
        admission: [],
        tokens: undefined as never,
      }),
    })
    stop = () => server.stop()
    serveResourceMetrics(server)
    client = new Client(new LocalTransport(server, { name: 'test', groups: [] }), 'test')
    await client.create(namespace, { metadata: { name: 'default' } })
    await client.create(nodeKind, { metadata: { name: 'real' } })
    const status = {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    }
    await client.patch(nodeKind, { name: 'real' }, 'merge', { status }, { subresource: 'status' })
    await client.create(podKind, {
      metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
      spec: { nodeName: 'real', containers: [{ name: 'main', image: 'main:1' }] },
    })
  })
  afterAll(() => {
    stop()
    kubelet.close()
    kubelet.closeAllConnections()
  })

  test('nothing is asked of them while nobody wants to know', () => {
    expect(scrapes).toBe(0)
  })

  test('their figures become use over a window', async () => {
    const asked = client.list(podMetrics, { labelSelector: 'app=web' })
    await expect.poll(() => scrapes, WAIT).toBe(1)
    const twice = () => expect.poll(() => scrapes, WAIT).toBe(2)
    await clock.advance(1_000, () => new Promise<void>(resolve => setImmediate(resolve)))
    await twice()
    const { items } = await asked
    expect(items).toMatchObject([
      {
        metadata: { name: 'web' },
        window: '1s',
        containers: [{ name: 'main', usage: { cpu: '500m', memory: '1Mi' } }],
      },
    ])
    expect(await client.get(nodeMetrics, { name: 'real' })).toMatchObject({ usage: { cpu: '2', memory: '2Mi' } })
  })
})
