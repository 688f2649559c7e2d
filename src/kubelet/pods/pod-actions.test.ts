import { expect, test } from 'vitest'
import { containerOf, podOf, runtimeOf } from '../testing/pods.ts'
import { type PodActions, type ProbeVerdicts, podActions } from './pod-actions.ts'

const healthy: ProbeVerdicts = { liveness: () => 'success', startup: () => 'success' }
const names = ({ start, kill }: PodActions) => ({
  start: start.map(({ container }) => container.name),
  kill: kill.map(({ container }) => container.name),
})
const exited = (name: string, exitCode: number) => containerOf(name, { state: 'exited', exitCode, finishedAt: 2_000 })
const sidecar = { name: 'side', image: 'busybox', restartPolicy: 'Always' }
const first = { name: 'first', image: 'busybox' }

test('a new pod gets a sandbox and all its containers', () => {
  const actions = podActions(podOf(), runtimeOf([], { sandbox: false }), healthy)
  expect(actions).toMatchObject({ createSandbox: true, attempt: 0, killPod: false })
  expect(names(actions).start).toEqual(['main'])
})

test('with init containers a new pod begins with the first', () => {
  const pod = podOf({ initContainers: [first, { ...first, name: 'second' }] })
  expect(names(podActions(pod, runtimeOf([], { sandbox: false }), healthy)).start).toEqual(['first'])
})

test('a running pod is left alone', () => {
  const actions = podActions(podOf(), runtimeOf([containerOf('main')]), healthy)
  expect(actions).toMatchObject({ createSandbox: false, killPod: false, start: [], kill: [] })
})

test('a lost sandbox is made anew, with the next number', () => {
  const actions = podActions(podOf(), runtimeOf([exited('main', 255)], { ready: false, attempt: 2 }), healthy)
  expect(actions).toMatchObject({ killPod: true, createSandbox: true, attempt: 3 })
})

test('a pod that never restarts gets no second sandbox', () => {
  const pod = podOf({ restartPolicy: 'Never' })
  expect(podActions(pod, runtimeOf([exited('main', 0)], { ready: false }), healthy)).toMatchObject({
    createSandbox: false,
    start: [],
  })
})

test.each([
  ['Always', 0, ['main']],
  ['OnFailure', 0, []],
  ['OnFailure', 1, ['main']],
  ['Never', 1, []],
])('restart policy %s after exit code %i', (restartPolicy, code, start) => {
  const actions = podActions(podOf({ restartPolicy }), runtimeOf([exited('main', code as number)]), healthy)
  expect(names(actions).start).toEqual(start)
  expect(actions.killPod).toBe((start as string[]).length === 0)
})

test("a container's own rules go before the pod's policy", () => {
  const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }]
  const containers = [{ name: 'main', image: 'busybox', restartPolicy: 'Never', restartPolicyRules: rules }]
  const pod = podOf({ restartPolicy: 'Always', containers })
  expect(names(podActions(pod, runtimeOf([exited('main', 42)]), healthy)).start).toEqual(['main'])
  expect(names(podActions(pod, runtimeOf([exited('main', 1)]), healthy)).start).toEqual([])
})

test('another image, or a failed liveness probe, restarts a container', () => {
  const changed = containerOf('main', { hash: 'other' })
  const actions = podActions(podOf(), runtimeOf([changed]), healthy)
  expect(names(actions)).toEqual({ start: ['main'], kill: ['main'] })
  expect(actions.kill[0]!.message).toBe('Container main definition changed, will be restarted')
  const sick = podActions(podOf(), runtimeOf([containerOf('main')]), { ...healthy, liveness: () => 'failure' })
  expect(sick.kill[0]).toMatchObject({ message: 'Container main failed liveness probe, will be restarted' })
})

test('init containers run one after another', () => {
  const pod = podOf({ initContainers: [first, { ...first, name: 'second' }] })
  expect(names(podActions(pod, runtimeOf([containerOf('first')]), healthy)).start).toEqual([])
  expect(names(podActions(pod, runtimeOf([exited('first', 0)]), healthy)).start).toEqual(['second'])
  expect(names(podActions(pod, runtimeOf([exited('first', 1)]), healthy)).start).toEqual(['first'])
  const both = runtimeOf([exited('second', 0), exited('first', 0)])
  expect(names(podActions(pod, both, healthy)).start).toEqual(['main'])
})

test('a failed init container ends a pod that never restarts', () => {
  const pod = podOf({ restartPolicy: 'Never', initContainers: [first] })
  expect(podActions(pod, runtimeOf([exited('first', 1)]), healthy)).toMatchObject({ killPod: true, start: [] })
})

test('what comes behind a sidecar waits until it has started', () => {
  const pod = podOf({ initContainers: [sidecar, first] })
  const waiting = { ...healthy, startup: () => 'unknown' as const }
  expect(names(podActions(pod, runtimeOf([containerOf('side')]), waiting)).start).toEqual([])
  expect(names(podActions(pod, runtimeOf([containerOf('side')]), healthy)).start).toEqual(['first'])
})

test('a sidecar that ends is restarted while the pod runs', () => {
  const pod = podOf({ initContainers: [sidecar] })
  const runtime = runtimeOf([containerOf('main'), exited('side', 0)])
  expect(names(podActions(pod, runtime, healthy)).start).toEqual(['side'])
})

test('once the main containers are done the sidecars go too', () => {
  const pod = podOf({ restartPolicy: 'Never', initContainers: [sidecar] })
  const runtime = runtimeOf([exited('main', 0), containerOf('side')])
  expect(podActions(pod, runtime, healthy)).toMatchObject({ killPod: true })
})

test('ephemeral containers start once', () => {
  const pod = podOf({ ephemeralContainers: [{ name: 'debug', image: 'busybox' }] })
  expect(names(podActions(pod, runtimeOf([containerOf('main')]), healthy)).start).toEqual(['debug'])
  const ended = runtimeOf([exited('debug', 0), containerOf('main')])
  expect(names(podActions(pod, ended, healthy)).start).toEqual([])
})
