import https from 'node:https'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { deployment } from '../../src/api/apps/deployment.ts'
import { horizontalPodAutoscaler } from '../../src/api/autoscaling/horizontalpodautoscaler.ts'
import { event } from '../../src/api/core/event.ts'
import { pod } from '../../src/api/core/pod.ts'
import { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import { issueLeaf, makeAuthority } from '../../src/cluster/pki/certificates.ts'
import {
  type Adapter,
  readConfiguration,
  SERVICE_HOST,
  startPrometheusAdapter,
} from '../../src/prometheus-adapter/index.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { type StubPrometheus, stubPrometheus } from '../support/prometheus.ts'

const WAIT = { timeout: 15_000, interval: 20 }
const CUSTOM = '/apis/custom.metrics.k8s.io'
const EXTERNAL = '/apis/external.metrics.k8s.io/v1beta1'
const REQUESTS = 'http_requests_total{namespace!="",pod!=""}'
const QUEUE = 'queue_length{namespace!=""}'
const CONFIGURATION = `
rules:
- seriesQuery: '${REQUESTS}'
  resources:
    overrides:
      namespace: {resource: namespace}
      pod: {resource: pod}
      ingress: {group: networking.k8s.io, resource: ingress}
  name: {matches: "^(.*)_total$", as: "\${1}_per_second"}
  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)'
externalRules:
- seriesQuery: '${QUEUE}'
  resources: {template: "<<.Resource>>"}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (queue)'
`

let api: ApiUnderTest
let prometheus: StubPrometheus
let adapter: Adapter
const clock = new VirtualClock()
const tick = () => new Promise<void>(resolve => setImmediate(resolve))
/** Lets time pass until something is so. */
const eventually = (assertion: () => Promise<void>) =>
  vi.waitFor(async () => {
    await clock.advance(1_000, tick)
    await assertion()
  }, WAIT)

beforeAll(async () => {
  api = await startApi({ hollowNodes: 1, controllers: true, clock })
  prometheus = await stubPrometheus()
  prometheus.series.set(REQUESTS, [
    { __name__: 'http_requests_total', namespace: 'default', pod: 'web-1' },
    { __name__: 'http_requests_total', namespace: 'default', pod: 'web-1', ingress: 'front' },
    { __name__: 'http_requests_sum', namespace: 'default', pod: 'web-1' },
  ])
  prometheus.series.set(QUEUE, [{ __name__: 'queue_length', namespace: 'default', queue: 'work' }])
  const authority = await makeAuthority(Date.now())
  const leaf = await issueLeaf(authority, { commonName: 'adapter', hosts: [SERVICE_HOST] }, Date.now())
  adapter = await startPrometheusAdapter({
    client: api.cluster.client,
    clock,
    configuration: readConfiguration(CONFIGURATION, 'test'),
    prometheus: { url: prometheus.url },
    host: '127.0.0.1',
    port: 0,
    serving: { ...leaf, ca: authority.certificate },
    relistMs: 30_000,
  })
  await eventually(async () => {
    for (const path of [`${CUSTOM}/v1beta2`, `${CUSTOM}/v1beta1`, EXTERNAL]) {
      expect((await api.request('GET', path)).status).toBe(200)
    }
  })
}, 20_000)
afterAll(async () => {
  await adapter.stop()
  await prometheus.stop()
  await api.stop()
})

test('metrics that rules make of series are announced', async () => {
  const { json } = await api.request('GET', `${CUSTOM}/v1beta1`)
  const resources = json.resources.map((one: { name: string; namespaced: boolean }) => [one.name, one.namespaced])
  expect(resources).toEqual([
    ['ingresses.networking.k8s.io/http_requests_per_second', true],
    ['namespaces/http_requests_per_second', false],
    ['pods/http_requests_per_second', true],
  ])
  const external = (await api.request('GET', EXTERNAL)).json.resources
  expect(external).toMatchObject([{ name: 'queue_length', namespaced: true, kind: 'ExternalMetricValueList' }])
})

test('an object has the value that a query gives', async () => {
  prometheus.query = () => [{ labels: { ingress: 'front' }, value: 12.5 }]
  const path =
    '/namespaces/default/ingresses.networking.k8s.io/front/http_requests_per_second?metricLabelSelector=verb%3DGET'
  const { json } = await api.request('GET', `${CUSTOM}/v1beta2${path}`)
  expect(prometheus.seen.at(-1)!.what).toBe(
    'sum(rate(http_requests_total{verb="GET",namespace="default",ingress="front"}[2m])) by (ingress)',
  )
  expect(json).toMatchObject({ kind: 'MetricValueList', apiVersion: 'custom.metrics.k8s.io/v1beta2' })
  expect(json.items).toMatchObject([
    {
      describedObject: { kind: 'Ingress', namespace: 'default', name: 'front', apiVersion: 'networking.k8s.io/v1' },
      metric: { name: 'http_requests_per_second' },
      value: '12500m',
    },
  ])
  const old = (await api.request('GET', `${CUSTOM}/v1beta1${path}`)).json
  expect(old.items[0]).toMatchObject({ metricName: 'http_requests_per_second', value: '12500m' })
})

test('a namespace has metrics, too', async () => {
  prometheus.query = () => [{ labels: { namespace: 'default' }, value: 3 }]
  const { json } = await api.request('GET', `${CUSTOM}/v1beta2/namespaces/default/metrics/http_requests_per_second`)
  expect(prometheus.seen.at(-1)!.what).toBe('sum(rate(http_requests_total{namespace="default"}[2m])) by (namespace)')
  expect(json.items).toMatchObject([{ describedObject: { kind: 'Namespace', name: 'default' }, value: '3' }])
})

test('what is not there is not found', async () => {
  prometheus.query = () => undefined
  const message = async (path: string) => {
    const { status, json } = await api.request('GET', path)
    return `${status} ${json.message}`
  }
  const pods = `${CUSTOM}/v1beta2/namespaces/default/pods`
  expect(await message(`${pods}/web-9/http_requests_per_second`)).toBe(
    '404 the server could not find the metric http_requests_per_second for pods web-9',
  )
  expect(await message(`${pods}/web-9/nothing`)).toBe('404 the server could not find the metric nothing for pods')
  expect(await message(`${EXTERNAL}/namespaces/default/nothing`)).toBe(
    '404 the server could not find the metric nothing for namespaces',
  )
})

test('only the API server may ask', async () => {
  const status = await new Promise(resolve => {
    const options = { host: '127.0.0.1', port: adapter.port, path: EXTERNAL, rejectUnauthorized: false }
    https.get(options, response => resolve(response.statusCode))
  })
  expect(status).toBe(401)
})

test('who may not see a metric is not told', async () => {
  const path = `${CUSTOM}/v1beta2/namespaces/default/pods/*/http_requests_per_second`
  expect((await api.request('GET', path, undefined, { 'impersonate-user': 'nobody' })).status).toBe(403)
})

test('Prometheus is asked for its series only now and then', async () => {
  const lists = () => prometheus.seen.filter(({ path }) => path === '/api/v1/series').length
  await api.request('GET', `${CUSTOM}/v1beta2`)
  const before = lists()
  for (let i = 0; i < 10; i++) await api.request('GET', `${CUSTOM}/v1beta2`)
  expect(lists()).toBeLessThanOrEqual(before + 2)
})

test('an autoscaler scales by requests that Prometheus counts, and by a queue', async () => {
  const { client } = api.cluster
  const key = { namespace: 'default', name: 'web' }
  await client.create(deployment, {
    metadata: key,
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'web:1' }] },
      },
    },
  })
  const pods = async () => (await client.list(pod, { namespace: 'default', labelSelector: 'app=web' })).items
  await eventually(async () => {
    const phases = (await pods()).map(({ status }) => status.phase)
    expect(phases).toEqual(['Running', 'Running'])
  })
  // Each pod has 20 requests a second.
  prometheus.query = expression => {
    if (!expression.startsWith('sum(rate(http_requests_total{namespace="default",pod')) return undefined
    const names = /pod=~?"([^"]*)"/.exec(expression)![1]!.split('|')
    return names.map(name => ({ labels: { pod: name }, value: 20 }))
  }
  const metric = (type: string, source: object) => ({ type, [type.toLowerCase()]: source })
  const requests = metric('Pods', {
    metric: { name: 'http_requests_per_second' },
    target: { type: 'AverageValue', averageValue: '10' },
  })
  await client.create(horizontalPodAutoscaler, {
    metadata: key,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 10,
      metrics: [requests],
    },
  })
  const replicas = async () => (await client.get(deployment, key)).spec.replicas
  await eventually(async () => expect(await replicas()).toBe(4))
  const { status } = await client.get(horizontalPodAutoscaler, key)
  expect(status.currentMetrics).toMatchObject([{ type: 'Pods', pods: { current: { averageValue: '20' } } }])
  prometheus.query = expression =>
    expression === 'sum(queue_length{queue="work",namespace="default"}) by (queue)'
      ? [{ labels: { queue: 'work' }, value: 900 }]
      : undefined
  const queue = metric('External', {
    metric: { name: 'queue_length', selector: { matchLabels: { queue: 'work' } } },
    target: { type: 'AverageValue', averageValue: '150' },
  })
  await client.patch(horizontalPodAutoscaler, key, 'merge', { spec: { metrics: [queue] } })
  await eventually(async () => expect(await replicas()).toBe(6))
  const { items } = await client.list(event, { namespace: 'default' })
  expect(items.filter(({ reason }) => reason === 'SuccessfulRescale').map(({ message }) => message)).toEqual([
    'New size: 4; reason: pods metric http_requests_per_second above target',
    'New size: 6; reason: external metric queue_length(&LabelSelector{MatchLabels:map[string]string{queue: work,},MatchExpressions:[]LabelSelectorRequirement{},}) above target',
  ])
})

test('when it ends, nothing of it is left', async () => {
  await adapter.stop()
  await eventually(async () => {
    const { json } = await api.request('GET', '/apis')
    expect(json.groups.map(({ name }: { name: string }) => name)).not.toContain('external.metrics.k8s.io')
  })
})
