import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Deployment,
  VersionApi,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster/create-cluster.ts'

let cluster: Cluster
let config: KubeConfig
let core: CoreV1Api
beforeAll(async () => {
  cluster = await createCluster({ hollowNodes: 1 })
  config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
})
afterAll(() => cluster.stop())

const namespace = 'default'
const map = (
  name: string,
  data: Record<string, string> = { a: '1' },
  labels?: Record<string, string>,
): V1ConfigMap => ({
  metadata: { name, labels },
  data,
})
const until = async <T>(seen: T[], enough: (seen: T[]) => boolean) => {
  while (!enough(seen)) await new Promise(resolve => setImmediate(resolve))
}

test('creates, reads, replaces, patches, lists and deletes', async () => {
  const created = await core.createNamespacedConfigMap({ namespace, body: map('crud') })
  expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date)
  const replaced = await core.replaceNamespacedConfigMap({
    name: 'crud',
    namespace,
    body: { ...created, data: { a: '2' } },
  })
  expect(replaced.data).toEqual({ a: '2' })
  const patched = await core.patchNamespacedConfigMap(
    { name: 'crud', namespace, body: { data: { b: '3' } } },
    setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
  )
  expect(patched.data).toEqual({ a: '2', b: '3' })
  const list = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=crud' })
  expect(list.items.map(item => item.metadata?.name)).toEqual(['crud'])
  await core.deleteNamespacedConfigMap({ name: 'crud', namespace })
  await expect(core.readNamespacedConfigMap({ name: 'crud', namespace })).rejects.toMatchObject({ code: 404 })
})

test('an informer sees what is there and what changes', async () => {
  await core.createNamespacedConfigMap({ namespace, body: map('informed-1', {}, { watched: 'informer' }) })
  const seen: string[] = []
  const informer = makeInformer<V1ConfigMap>(
    config,
    `/api/v1/namespaces/${namespace}/configmaps`,
    () => core.listNamespacedConfigMap({ namespace, labelSelector: 'watched=informer' }),
    'watched=informer',
  )
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, object => seen.push(`${verb} ${object.metadata?.name}`))
  }
  informer.on('error', error => seen.push(`error ${error}`))
  await informer.start()
  try {
    await core.createNamespacedConfigMap({ namespace, body: map('informed-2', {}, { watched: 'informer' }) })
    await until(seen, s => s.length === 2)
    await core.replaceNamespacedConfigMap({
      name: 'informed-2',
      namespace,
      body: map('informed-2', { b: '2' }, { watched: 'informer' }),
    })
    await core.deleteNamespacedConfigMap({ name: 'informed-1', namespace })
    await until(seen, s => s.length === 4)
    expect(seen).toEqual(['add informed-1', 'add informed-2', 'update informed-2', 'delete informed-1'])
  } finally {
    await informer.stop()
  }
})

test('a watch from a revision on tells every change', async () => {
  const { metadata } = await core.listNamespacedConfigMap({ namespace })
  const seen: string[] = []
  const query = {
    resourceVersion: metadata?.resourceVersion,
    labelSelector: 'watched=watch',
    allowWatchBookmarks: true,
  }
  const request = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    query,
    (phase, object: V1ConfigMap) => seen.push(`${phase} ${object.metadata?.name}`),
    () => {},
  )
  await core.createNamespacedConfigMap({ namespace, body: map('watched', {}, { watched: 'watch' }) })
  await core.deleteNamespacedConfigMap({ name: 'watched', namespace })
  await until(seen, s => s.length === 2)
  request.abort()
  expect(seen).toEqual(['ADDED watched', 'DELETED watched'])
})

test('server-side apply creates, changes and refuses', async () => {
  const client = KubernetesObjectApi.makeApiClient(config)
  const object = (replicas: number, image: string): V1Deployment => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'applied', namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'applied' } },
      template: {
        metadata: { labels: { app: 'applied' } },
        spec: { containers: [{ name: 'web', image }] },
      },
    },
  })
  const apply = (body: V1Deployment, manager: string, force = false) =>
    client.patch(body, undefined, undefined, manager, force, PatchStrategy.ServerSideApply)
  await apply(object(1, 'web:1'), 'one')
  await expect(apply(object(2, 'web:1'), 'two')).rejects.toMatchObject({ code: 409 })
  const forced = await apply(object(2, 'web:1'), 'two', true)
  expect(forced.spec?.replicas).toBe(2)
  expect(forced.metadata?.managedFields?.map(entry => entry.manager)).toContain('two')
})

test('a deployment becomes ready pods', async () => {
  const apps = config.makeApiClient(AppsV1Api)
  const labels = { app: 'ready' }
  const spec = { containers: [{ name: 'web', image: 'web:1' }] }
  const body = {
    metadata: { name: 'ready' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
  await apps.createNamespacedDeployment({ namespace, body })
  const seen: number[] = []
  const request = await new Watch(config).watch(
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    { fieldSelector: 'metadata.name=ready' },
    (_, object: V1Deployment) => seen.push(object.status?.readyReplicas ?? 0),
    () => {},
  )
  await until(seen, s => s.includes(2))
  request.abort()
  const scale = await apps.readNamespacedDeploymentScale({ name: 'ready', namespace })
  expect(scale.status).toMatchObject({ replicas: 2, selector: 'app=ready' })
})

test('finds kinds by discovery, and the version', async () => {
  const client = KubernetesObjectApi.makeApiClient(config)
  const node = await client.read({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-0' } })
  expect(node.metadata?.name).toBe('node-0')
  expect((await config.makeApiClient(VersionApi).getCode()).minor).toBe('36')
  const custom = config.makeApiClient(CustomObjectsApi)
  const missing = custom.listClusterCustomObject({ group: 'example.com', version: 'v1', plural: 'gadgets' })
  await expect(missing).rejects.toMatchObject({ code: 404 })
})
