import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiUnderTest, startApi } from '../support/api.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
})
afterAll(() => api.stop())

const PODS = '/api/v1/namespaces/default/pods'
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' }

async function createPod(name: string, resources: object, spec: object = {}) {
  const answer = await api.request('POST', PODS, {
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'nginx', resources }], ...spec },
  })
  expect(answer.status).toBe(201)
  return answer.json
}
const resize = (name: string, resources: object, more: object = {}) =>
  api.request(
    'PATCH',
    `${PODS}/${name}/resize`,
    { ...more, spec: { containers: [{ name: 'main', resources }] } },
    STRATEGIC,
  )

test('changes CPU and memory, and nothing else of the pod', async () => {
  const before = await createPod('grows', { requests: { cpu: '100m', memory: '64Mi' } })
  const { status, json } = await resize(
    'grows',
    { requests: { cpu: '200m' }, limits: { memory: '128Mi' } },
    { metadata: { labels: { sneaked: 'in' } }, status: { phase: 'Failed' } },
  )
  expect(status).toBe(200)
  expect(json.spec.containers[0].resources).toEqual({
    requests: { cpu: '200m', memory: '64Mi' },
    limits: { memory: '128Mi' },
  })
  expect(json.metadata.generation).toBe(before.metadata.generation + 1)
  expect(json.metadata.labels).toBeUndefined()
  expect(json.status).toEqual(before.status)
  const entry = json.metadata.managedFields.find((one: { subresource?: string }) => one.subresource === 'resize')
  expect(entry.operation).toBe('Update')
})

test('is read, put and applied as the pod itself', async () => {
  await createPod('whole', { requests: { cpu: '100m' } })
  const { json: pod } = await api.request('GET', `${PODS}/whole/resize`)
  pod.spec.containers[0].resources.requests.cpu = '150m'
  const put = await api.request('PUT', `${PODS}/whole/resize`, pod)
  expect(put.json.spec.containers[0].resources.requests.cpu).toBe('150m')
  const applied = await api.request(
    'PATCH',
    `${PODS}/whole/resize?fieldManager=scaler&force=true`,
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'whole' },
      spec: { containers: [{ name: 'main', resources: { requests: { cpu: '300m' } } }] },
    },
    { 'content-type': 'application/apply-patch+yaml' },
  )
  expect(applied.status).toBe(200)
  expect(applied.json.spec.containers[0].resources.requests.cpu).toBe('300m')
  const owner = applied.json.metadata.managedFields.find((one: { manager: string }) => one.manager === 'scaler')
  expect(owner).toMatchObject({ operation: 'Apply', subresource: 'resize' })
})

test('a plain update still cannot change resources', async () => {
  await createPod('fixed', { requests: { cpu: '100m' } })
  const body = { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '200m' } } }] } }
  const { status } = await api.request('PATCH', `${PODS}/fixed`, body, STRATEGIC)
  expect(status).toBe(422)
})

test('refuses another class of service, and the removal of limits', async () => {
  await createPod('guaranteed', { limits: { cpu: '100m', memory: '64Mi' } })
  const changed = await resize('guaranteed', { limits: { cpu: '200m' } })
  expect(changed.status).toBe(422)
  expect(changed.json.message).toBe(
    'Pod "guaranteed" is invalid: spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing',
  )
  const removed = await resize('guaranteed', { limits: null })
  expect(removed.json.message).toContain(
    'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
  )
})

test('refuses what is neither CPU nor memory, and a new resize policy', async () => {
  await createPod('disk', { requests: { cpu: '100m', 'ephemeral-storage': '1Gi' } })
  const same = await resize('disk', { requests: { cpu: '200m', 'ephemeral-storage': '1024Mi' } })
  expect(same.status).toBe(200)
  const more = await resize('disk', { requests: { 'ephemeral-storage': '2Gi' } })
  expect(more.json.message).toBe('Pod "disk" is invalid: spec: Forbidden: only cpu and memory resources are mutable')
  const policy = { name: 'main', resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }
  const repoliced = await api.request('PATCH', `${PODS}/disk/resize`, { spec: { containers: [policy] } }, STRATEGIC)
  expect(repoliced.json.message).toContain('only cpu and memory resources are mutable')
})

test('refuses containers that come, go or change their names', async () => {
  await createPod('named', { requests: { cpu: '100m' } })
  const added = { spec: { containers: [{ name: 'other', image: 'nginx' }] } }
  const { json } = await api.request('PATCH', `${PODS}/named/resize`, added, STRATEGIC)
  expect(json.message).toContain('spec.containers: Forbidden: containers may not be added or removed on resize')
})

test('a running container without resources in its status is on a node that cannot resize', async () => {
  await createPod('old-node', { requests: { cpu: '100m' } })
  const running = { name: 'main', image: 'nginx', imageID: '', ready: true, restartCount: 0, state: { running: {} } }
  const status = { status: { containerStatuses: [running] } }
  await api.request('PATCH', `${PODS}/old-node/status`, status, { 'content-type': 'application/merge-patch+json' })
  const { json } = await resize('old-node', { requests: { cpu: '200m' } })
  expect(json.message).toBe(
    'Pod "old-node" is invalid: spec: Forbidden: Pod running on node without support for resize',
  )
})

test('limits and quotas of the namespace hold for the new size', async () => {
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'small' } })
  await api.request('POST', '/api/v1/namespaces/small/serviceaccounts', { metadata: { name: 'default' } })
  await api.request('POST', '/api/v1/namespaces/small/limitranges', {
    metadata: { name: 'bounds' },
    spec: { limits: [{ type: 'Pod', max: { memory: '1Gi' } }] },
  })
  const quota = await api.request('POST', '/api/v1/namespaces/small/resourcequotas', {
    metadata: { name: 'quota' },
    spec: { hard: { 'requests.cpu': '500m' } },
  })
  quota.json.status = { hard: { 'requests.cpu': '500m' }, used: { 'requests.cpu': '0' } }
  await api.request('PUT', '/api/v1/namespaces/small/resourcequotas/quota/status', quota.json)
  const pod = {
    metadata: { name: 'web' },
    spec: {
      containers: [
        { name: 'main', image: 'nginx', resources: { requests: { cpu: '100m' }, limits: { memory: '512Mi' } } },
      ],
    },
  }
  expect((await api.request('POST', '/api/v1/namespaces/small/pods', pod)).status).toBe(201)
  const grow = (resources: object) =>
    api.request(
      'PATCH',
      '/api/v1/namespaces/small/pods/web/resize',
      { spec: { containers: [{ name: 'main', resources }] } },
      STRATEGIC,
    )
  const tooMuchMemory = await grow({ limits: { memory: '2Gi' } })
  expect(tooMuchMemory.json.message).toContain('maximum memory usage per Pod is 1Gi')
  const tooMuchCpu = await grow({ requests: { cpu: '600m' } })
  expect(tooMuchCpu.json.message).toContain(
    'exceeded quota: quota, requested: requests.cpu=500m, used: requests.cpu=100m',
  )
  expect((await grow({ requests: { cpu: '500m' } })).status).toBe(200)
  const { json } = await api.request('GET', '/api/v1/namespaces/small/resourcequotas/quota')
  expect(json.status.used['requests.cpu']).toBe('500m')
})

test('ephemeral containers are added beside the others, and nothing else changes', async () => {
  await createPod('debugged', { requests: { cpu: '100m' } })
  const body = {
    metadata: { labels: { sneaked: 'in' } },
    spec: {
      activeDeadlineSeconds: 5,
      ephemeralContainers: [{ name: 'debugger', image: 'busybox' }],
    },
  }
  const { status, json } = await api.request('PATCH', `${PODS}/debugged/ephemeralcontainers`, body, STRATEGIC)
  expect(status).toBe(200)
  expect(json.spec.ephemeralContainers).toMatchObject([{ name: 'debugger', image: 'busybox' }])
  expect(json.spec.activeDeadlineSeconds).toBeUndefined()
  expect(json.metadata.labels).toBeUndefined()
})

test('is in discovery and OpenAPI', async () => {
  const { json: list } = await api.request('GET', '/api/v1')
  const entry = list.resources.find(({ name }: { name: string }) => name === 'pods/resize')
  expect(entry).toEqual({
    name: 'pods/resize',
    singularName: '',
    namespaced: true,
    kind: 'Pod',
    verbs: ['get', 'patch', 'update'],
  })
  const { json: document } = await api.request('GET', '/openapi/v3/api/v1')
  const path = document.paths['/api/v1/namespaces/{namespace}/pods/{name}/resize']
  expect(Object.keys(path).sort()).toEqual(['get', 'parameters', 'patch', 'put'])
})
