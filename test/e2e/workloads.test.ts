import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { daemonSet, deployment, statefulSet } from '../../src/api/apps/index.ts'
import { horizontalPodAutoscaler } from '../../src/api/autoscaling/horizontalpodautoscaler.ts'
import { cronJob, job } from '../../src/api/batch/index.ts'
import { node as nodeKind, type Pod, persistentVolumeClaim, pod as podKind, service } from '../../src/api/core/index.ts'
import type { Kind } from '../../src/apimachinery/schema/kind.ts'
import { ProgramCluster } from './support/program.ts'

const cluster = new ProgramCluster()
const namespace = 'default'

beforeAll(async () => {
  await cluster.up('--nodes', '2')
  await cluster.run('image', 'load', 'busybox')
})
afterEach(async () => {
  const { client } = cluster
  const owners = [horizontalPodAutoscaler, cronJob, job, statefulSet, daemonSet, deployment] as unknown as Kind[]
  for (const kind of owners) await client.deleteCollection(kind, { namespace }, { propagationPolicy: 'Background' })
  await client.deleteCollection(podKind, { namespace }, { gracePeriodSeconds: 0 })
  await client.deleteCollection(persistentVolumeClaim, { namespace })
  await cluster.until(podKind, pods => pods.length === 0)
})
afterAll(() => cluster.end())

const metadata = (name: string) => ({ name, namespace })
const labels = { app: 'test' }
const selector = { matchLabels: labels }
const template = (script: string, more: object = {}, container: object = {}) => ({
  metadata: { labels },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      { name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], ...container },
    ],
    ...more,
  },
})
const SLEEP = 'trap exit TERM; sleep 3600 & wait'
const isReady = ({ status, metadata: { deletionTimestamp } }: Pod) =>
  !deletionTimestamp && status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
const nodesOf = (pods: readonly Pod[]) => pods.map(({ spec }) => spec.nodeName).sort()
const startOf = ({ status }: Pod) => Date.parse(status.containerStatuses![0]!.state!.running!.startedAt!)

test('a StatefulSet starts its pods in order, and a pod that is deleted comes back with its name and its data', async () => {
  const { client } = cluster
  await client.create(service, { metadata: metadata('db'), spec: { clusterIP: 'None', selector: labels } })
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } }
  await client.create(statefulSet, {
    metadata: metadata('db'),
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector,
      template: template(
        `date +%s%N >> /data/starts; ${SLEEP}`,
        {},
        { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      ),
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }],
    },
  })
  const [first, second] = await cluster.until(podKind, pods => pods.filter(isReady).length === 2)
  expect([first, second].map(pod => pod!.metadata.name).sort()).toEqual(['db-0', 'db-1'])
  const byName = new Map([first, second].map(pod => [pod!.metadata.name!, pod!]))
  expect(startOf(byName.get('db-0')!)).toBeLessThanOrEqual(startOf(byName.get('db-1')!))
  const { metadata: old, spec: place } = byName.get('db-1')!
  await client.delete(podKind, { metadata: old })
  const pods = await cluster.until(podKind, all =>
    all.some(pod => pod.metadata.name === 'db-1' && pod.metadata.uid !== old.uid && isReady(pod)),
  )
  // Its volume is a folder of the node, so it has to come back there.
  expect(pods.find(pod => pod.metadata.name === 'db-1')!.spec.nodeName).toBe(place.nodeName)
  await client.delete(service, metadata('db'))
})

test('a DaemonSet is on every node, also on one that joins later', async () => {
  await cluster.client.create(daemonSet, { metadata: metadata('agent'), spec: { selector, template: template(SLEEP) } })
  const before = await cluster.until(podKind, pods => pods.filter(isReady).length === 2)
  expect(new Set(nodesOf(before)).size).toBe(2)
  await cluster.run('up', '--nodes', '3')
  cluster.connect()
  const after = await cluster.until(podKind, pods => pods.filter(isReady).length === 3)
  expect(new Set(nodesOf(after)).size).toBe(3)
})

test('a Job runs until enough pods have succeeded; a CronJob makes Jobs by its schedule', async () => {
  const { client } = cluster
  const once = { template: template('echo done', { restartPolicy: 'Never' }) }
  await client.create(job, {
    metadata: metadata('sum'),
    spec: { ...once, completions: 3, parallelism: 2, completionMode: 'Indexed' },
  })
  const [sum] = await cluster.until(job, jobs => jobs.some(({ status }) => status.succeeded === 3))
  expect(sum!.status).toMatchObject({ completedIndexes: '0-2' })
  await client.create(cronJob, {
    metadata: metadata('tick'),
    spec: { schedule: '@every 2s', jobTemplate: { spec: once } },
  })
  await cluster.until(cronJob, crons => crons.some(({ status }) => status.lastSuccessfulTime !== undefined))
})

test('an autoscaler adds pods to a busy Deployment', async () => {
  const { client } = cluster
  const resources = { requests: { cpu: '20m' }, limits: { cpu: '100m' } }
  await client.create(deployment, {
    metadata: metadata('busy'),
    spec: { selector, template: template('while :; do :; done', {}, { resources }) },
  })
  await client.create(horizontalPodAutoscaler, {
    metadata: metadata('busy'),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'busy' },
      maxReplicas: 2,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  })
  await cluster.until(podKind, pods => pods.filter(isReady).length === 2)
  const [hpa] = await cluster.until(horizontalPodAutoscaler, all =>
    all.some(({ status }) => status.currentReplicas === 2),
  )
  expect(hpa!.status.conditions).toContainEqual(expect.objectContaining({ type: 'ScalingActive', status: 'True' }))
})

test('the pods of a node whose agent is silent start elsewhere', async () => {
  const { client } = cluster
  const tolerations = ['not-ready', 'unreachable'].map(key => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 1,
  }))
  await client.create(deployment, {
    metadata: metadata('web'),
    spec: { replicas: 1, selector, template: template(SLEEP, { tolerations }) },
  })
  const [before] = await cluster.until(podKind, pods => pods.some(isReady))
  const lost = before!.spec.nodeName!
  const { processes } = JSON.parse(await cluster.run('status', '-o', 'json'))
  const { pid } = processes.find(({ role, node }: { role: string; node: string }) => role === 'agent' && node === lost)
  process.kill(pid, 'SIGSTOP')
  try {
    const pods = await cluster.until(
      podKind,
      all => all.some(pod => isReady(pod) && pod.spec.nodeName !== lost),
      120_000,
    )
    expect(pods.find(({ metadata }) => metadata.uid === before!.metadata.uid)?.metadata.deletionTimestamp).toBeDefined()
    const { spec } = await client.get(nodeKind, { name: lost })
    expect(spec.taints?.map(({ key, effect }) => `${key}:${effect}`)).toContain(
      'node.kubernetes.io/unreachable:NoExecute',
    )
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await cluster.until(podKind, pods => pods.every(({ metadata }) => metadata.uid !== before!.metadata.uid))
})
