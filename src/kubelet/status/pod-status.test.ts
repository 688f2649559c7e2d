import { expect, test } from 'vitest'
import type { Pod } from '../../api/core/pod.ts'
import type { RuntimePod } from '../runtime/runtime-pod.ts'
import { containerOf, podOf, runtimeOf } from '../testing/pods.ts'
import { podStatus, type StatusFacts } from './pod-status.ts'

const facts: StatusFacts = {
  reasons: new Map(),
  hostIPs: ['172.30.0.11'],
  now: 10_000,
  startedAt: 500,
  terminal: false,
  isStarted: () => true,
  isReady: () => true,
}
const statusOf = (pod: Pod, runtime: RuntimePod, more: Partial<StatusFacts> = {}) =>
  podStatus(pod, runtime, { ...facts, ...more })
const condition = (status: ReturnType<typeof statusOf>, type: string) =>
  status.conditions!.find(other => other.type === type)
const exited = (name: string, exitCode: number) =>
  containerOf(name, { state: 'exited', exitCode, finishedAt: 2_000, reason: exitCode ? 'Error' : 'Completed' })

test('a running pod is Running and Ready, with its addresses', () => {
  const status = statusOf(podOf(), runtimeOf([containerOf('main')]))
  expect(status).toMatchObject({
    phase: 'Running',
    podIP: '10.1.0.2',
    podIPs: [{ ip: '10.1.0.2' }],
    hostIP: '172.30.0.11',
    startTime: '1970-01-01T00:00:00Z',
    qosClass: 'BestEffort',
  })
  expect(status.containerStatuses![0]).toMatchObject({
    name: 'main',
    image: 'busybox',
    imageID: 'sha256:1',
    containerID: 'containerd://main-id',
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: '1970-01-01T00:00:01Z' } },
  })
  expect(condition(status, 'Ready')?.status).toBe('True')
  expect(condition(status, 'PodReadyToStartContainers')?.status).toBe('True')
})

test('a pod without containers yet is Pending', () => {
  const status = statusOf(podOf(), runtimeOf([], { sandbox: false }))
  expect(status.phase).toBe('Pending')
  expect(status.containerStatuses![0]!.state).toEqual({ waiting: { reason: 'ContainerCreating' } })
  expect(condition(status, 'ContainersReady')).toMatchObject({
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [main]',
  })
})

test('while init containers run, the others wait for them', () => {
  const pod = podOf({ initContainers: [{ name: 'first', image: 'busybox' }] })
  const status = statusOf(pod, runtimeOf([containerOf('first')]))
  expect(status.phase).toBe('Pending')
  expect(status.containerStatuses![0]!.state).toEqual({ waiting: { reason: 'PodInitializing' } })
  expect(condition(status, 'Initialized')).toMatchObject({
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: 'containers with incomplete status: [first]',
  })
})

test('a container that waits to be restarted shows why, and how it ended', () => {
  const reasons = new Map([['main', { reason: 'CrashLoopBackOff', message: 'back-off' }]])
  const status = statusOf(podOf(), runtimeOf([exited('main', 1)]), { reasons })
  expect(status.phase).toBe('Running')
  expect(status.containerStatuses![0]).toMatchObject({
    ready: false,
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
    lastState: { terminated: { exitCode: 1, reason: 'Error' } },
  })
})

test.each([
  ['Never', [0, 0], 'Succeeded'],
  ['Never', [0, 1], 'Failed'],
  ['OnFailure', [0, 0], 'Succeeded'],
  ['OnFailure', [0, 1], 'Running'],
  ['Always', [0, 0], 'Running'],
])('containers of a pod with policy %s that ended with %j make it %s', (restartPolicy, codes, phase) => {
  const containers = ['a', 'b'].map(name => ({ name, image: 'busybox' }))
  const runtime = runtimeOf([exited('a', (codes as number[])[0]!), exited('b', (codes as number[])[1]!)])
  expect(statusOf(podOf({ restartPolicy, containers }), runtime).phase).toBe(phase)
})

test('a pod that was ended is over, whatever its policy', () => {
  expect(statusOf(podOf(), runtimeOf([exited('main', 0)]), { terminal: true }).phase).toBe('Succeeded')
  expect(statusOf(podOf(), runtimeOf([exited('main', 143)]), { terminal: true }).phase).toBe('Failed')
  expect(statusOf(podOf(), runtimeOf([], { sandbox: false }), { terminal: true }).phase).toBe('Failed')
})

test("the node's verdict is the pod's reason", () => {
  const verdict = { reason: 'Evicted', message: 'low on memory' }
  expect(statusOf(podOf(), runtimeOf([exited('main', 137)]), { verdict, terminal: true })).toMatchObject({
    phase: 'Failed',
    ...verdict,
  })
})

test('a restarted container keeps how its last incarnation ended', () => {
  const status = statusOf(podOf(), runtimeOf([containerOf('main', { id: 'new', restartCount: 1 }), exited('main', 2)]))
  expect(status.containerStatuses![0]).toMatchObject({
    restartCount: 1,
    containerID: 'containerd://new',
    lastState: { terminated: { exitCode: 2 } },
  })
})

test('readiness gates of others keep a pod from being ready', () => {
  const pod = podOf({ readinessGates: [{ conditionType: 'example.com/gate' }] })
  const status = statusOf(pod, runtimeOf([containerOf('main')]))
  expect(condition(status, 'ContainersReady')?.status).toBe('True')
  expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' })
})

test('times of conditions change only with their status', () => {
  const before = [{ type: 'Ready', status: 'True', lastTransitionTime: '2020-01-01T00:00:00Z' }]
  const ready = statusOf(podOf({}, { conditions: before }), runtimeOf([containerOf('main')]))
  expect(condition(ready, 'Ready')?.lastTransitionTime).toBe('2020-01-01T00:00:00Z')
  const unready = statusOf(podOf({}, { conditions: before }), runtimeOf([exited('main', 1)]))
  expect(condition(unready, 'Ready')?.lastTransitionTime).toBe('1970-01-01T00:00:10Z')
})
