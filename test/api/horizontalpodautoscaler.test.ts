import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { deployment } from '../../src/api/apps/deployment.ts'
import { horizontalPodAutoscaler } from '../../src/api/autoscaling/horizontalpodautoscaler.ts'
import { event } from '../../src/api/core/event.ts'
import { pod } from '../../src/api/core/pod.ts'
import { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import { type ApiUnderTest, startApi } from '../support/api.ts'
import { findKubectls, kubectlSession } from '../support/kubectl.ts'

const WAIT = { timeout: 15_000, interval: 10 }
const GIZMOS = '/apis/example.com/v1/namespaces/default/gizmos'

let api: ApiUnderTest
const clock = new VirtualClock()
/** Lets time pass until something is so. */
const eventually = (assertion: () => Promise<void>) =>
  vi.waitFor(async () => {
    await clock.advance(1_000, () => new Promise<void>(resolve => setImmediate(resolve)))
    await assertion()
  }, WAIT)

beforeAll(async () => {
  api = await startApi({ hollowNodes: 1, controllers: true, clock })
})
afterAll(() => api.stop())

const template = (app: string) => ({
  metadata: { labels: { app }, annotations: { 'usage.tsukube.dev/cpu': '90m' } },
  spec: { containers: [{ name: 'main', image: 'main:1', resources: { requests: { cpu: '100m' } } }] },
})

async function deploy(name: string): Promise<void> {
  const selector = { matchLabels: { app: name } }
  const spec = { replicas: 2, selector, template: template(name) }
  await api.cluster.client.create(deployment, { metadata: { name, namespace: 'default' }, spec })
}

const replicasOf = async (name: string) =>
  (await api.cluster.client.get(deployment, { namespace: 'default', name })).spec.replicas

test('a Deployment is scaled by what its pods are said to use, with no more rights than its role has', async () => {
  const { client } = api.cluster
  await deploy('web')
  await client.create(horizontalPodAutoscaler, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 10,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
    },
  })
  await eventually(async () => expect(await replicasOf('web')).toBe(3))
  const { items } = await client.list(pod, { namespace: 'default', labelSelector: 'app=web' })
  for (const { metadata } of items) {
    await client.patch(pod, metadata, 'merge', { metadata: { annotations: { 'usage.tsukube.dev/cpu': '60m' } } })
  }
  const events = async () => (await client.list(event, { namespace: 'default' })).items
  await eventually(async () => {
    const found = (await events()).find(({ reason }) => reason === 'SuccessfulRescale')
    expect(found).toMatchObject({ source: { component: 'horizontal-pod-autoscaler' }, involvedObject: { name: 'web' } })
  })
})

test('a custom resource is scaled, too', async () => {
  const { client } = api.cluster
  await api.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'gizmos.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'gizmos', kind: 'Gizmo' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          subresources: {
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
        },
      ],
    },
  })
  await vi.waitFor(async () => expect((await api.request('GET', GIZMOS)).status).toBe(200), WAIT)
  const made = await api.request('POST', GIZMOS, {
    apiVersion: 'example.com/v1',
    kind: 'Gizmo',
    metadata: { name: 'one' },
    spec: { replicas: 1 },
    status: { replicas: 1, selector: 'gizmo=one' },
  })
  expect(made.status).toBe(201)
  await client.create(pod, {
    metadata: {
      name: 'gizmo-one',
      namespace: 'default',
      labels: { gizmo: 'one' },
      annotations: { 'usage.tsukube.dev/memory': '300Mi' },
    },
    spec: { containers: [{ name: 'main', image: 'main:1' }] },
  })
  await client.create(horizontalPodAutoscaler, {
    metadata: { name: 'gizmo', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Gizmo', name: 'one' },
      maxReplicas: 10,
      metrics: [
        { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100Mi' } } },
      ],
    },
  })
  await eventually(async () => expect((await api.request('GET', `${GIZMOS}/one`)).json.spec.replicas).toBe(3))
})

test.each(findKubectls())('kubectl 1.$minor makes and shows autoscalers', async kubectl => {
  const name = `by-${kubectl.minor}`
  await deploy(name)
  const session = kubectlSession(kubectl, api.cluster.kubeconfig)
  const run = async (...args: string[]) => {
    const { stdout, stderr } = await session.run(args)
    return stdout + stderr
  }
  try {
    expect(await run('autoscale', 'deployment', name, '--max=4', '--cpu-percent=45')).toContain('autoscaled')
    await eventually(async () => expect(await replicasOf(name)).toBe(4))
    await eventually(async () => expect(await run('get', 'hpa', name)).toMatch(/90%\/45%/))
    const description = await run('describe', 'hpa', name)
    expect(description).toMatch(/ScalingActive +True +ValidMetricFound/)
    expect(description).toMatch(/SuccessfulRescale .*horizontal-pod-autoscaler +New size: 4; reason: cpu resource/)
  } finally {
    session.end()
  }
})
