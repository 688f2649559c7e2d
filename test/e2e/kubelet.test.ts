import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { event } from '../../src/api/core/event.ts'
import { node as nodeKind } from '../../src/api/core/node.ts'
import { type Pod, pod as podKind } from '../../src/api/core/pod.ts'
import { isReason } from '../../src/apimachinery/errors.ts'
import type { InputOf } from '../../src/apimachinery/schema/kind.ts'
import { type KubeletNode, kubeletNode } from './support/kubelet-node.ts'

const BUSYBOX = 'docker.io/library/busybox:latest'
const namespace = 'default'
let cluster: KubeletNode

beforeAll(async () => {
  cluster = await kubeletNode()
})

afterEach(async () => {
  await cluster.client.deleteCollection(podKind, { namespace }, { gracePeriodSeconds: 0 })
  await expect.poll(async () => (await cluster.client.list(podKind, { namespace })).items.length, WAIT).toBe(0)
})

afterAll(async () => {
  await cluster?.end()
})

const WAIT = { timeout: 30_000, interval: 20 }

type PodInput = InputOf<typeof podKind>
type ContainerInput = Partial<PodInput['spec']['containers'][number]>

const shell = (script: string, more: ContainerInput = {}) => ({
  name: 'main',
  image: BUSYBOX,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...more,
})

function create(name: string, spec: Partial<PodInput['spec']>): Promise<Pod> {
  const whole = { terminationGracePeriodSeconds: 1, nodeName: 'node1', containers: [shell('exec sleep 1000')], ...spec }
  return cluster.client.create(podKind, { metadata: { name, namespace }, spec: whole })
}

const get = (name: string) => cluster.client.get(podKind, { namespace, name })
const container = async (name: string) => (await get(name)).status.containerStatuses?.[0]
const running = (name: string) => expect.poll(async () => (await get(name)).status.phase, WAIT).toBe('Running')
const gone = (name: string) =>
  expect
    .poll(
      () =>
        get(name).then(
          () => false,
          error => isReason(error, 'NotFound'),
        ),
      WAIT,
    )
    .toBe(true)
const ended = (name: string) =>
  expect.poll(async () => (await get(name)).status.phase, WAIT).toMatch(/Succeeded|Failed/)

async function eventsOf(name: string): Promise<string[]> {
  const { items } = await cluster.client.list(event, { namespace, fieldSelector: `involvedObject.name=${name}` })
  return items.map(({ reason, message }) => `${reason}: ${message}`)
}

test('the node is registered and ready', async () => {
  const node = await cluster.client.get(nodeKind, { name: 'node1' })
  expect(node.status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
  })
  expect(node.status.nodeInfo.containerRuntimeVersion).toMatch(/^containerd:\/\/\d/)
  expect(node.metadata.labels?.['kubernetes.io/hostname']).toBe('node1')
  expect(node.status.images?.length).toBeGreaterThan(1)
})

test('a pod runs, tells its status, and is deleted', async () => {
  const created = Date.now()
  await create('plain', {})
  await running('plain')
  console.log('running after', Date.now() - created)
  const pod = await get('plain')
  expect(pod.status.podIP).toMatch(/^10\.244\.1\./)
  expect(pod.status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  expect(pod.status.containerStatuses![0]).toMatchObject({
    name: 'main',
    ready: true,
    started: true,
    restartCount: 0,
    image: BUSYBOX,
    containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
  })
  await expect
    .poll(() => eventsOf('plain'), WAIT)
    .toEqual(
      expect.arrayContaining([
        `Pulled: Container image "${BUSYBOX}" already present on machine`,
        'Created: Container created',
        'Started: Container started',
      ]),
    )
  await cluster.client.delete(podKind, { namespace, name: 'plain' })
  await gone('plain')
  expect(await eventsOf('plain')).toContain('Killing: Stopping container main')
})

test('exit codes become phases, and last words messages', async () => {
  await create('good', { restartPolicy: 'Never', containers: [shell('echo fine > /dev/termination-log')] })
  await create('bad', { restartPolicy: 'Never', containers: [shell('exit 3')] })
  await ended('good')
  await ended('bad')
  expect((await get('good')).status.phase).toBe('Succeeded')
  expect((await container('good'))?.state.terminated).toMatchObject({
    exitCode: 0,
    reason: 'Completed',
    message: 'fine\n',
  })
  expect((await get('bad')).status.phase).toBe('Failed')
  expect((await container('bad'))?.state.terminated).toMatchObject({ exitCode: 3, reason: 'Error' })
})
