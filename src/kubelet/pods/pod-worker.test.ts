import { afterEach, expect, test } from 'vitest'
import type { Pod } from '../../api/core/pod.ts'
import { KubeletWorld } from '../testing/kubelet-world.ts'
import { podOf } from '../testing/pods.ts'

let world: KubeletWorld
afterEach(() => world.end())

async function run(pod: Pod): Promise<KubeletWorld> {
  world = await KubeletWorld.start(pod)
  world.begin()
  return world
}
const phase = (wanted: string) => expect.poll(() => world.status.phase).toBe(wanted)
const waiting = (reason: string) => expect.poll(() => world.state?.waiting?.reason).toBe(reason)
const present = { imagePullPolicy: 'IfNotPresent' }
const main = (more: Record<string, unknown> = {}) => ({ name: 'main', image: 'busybox', ...present, ...more })

test('a pod is brought up and its status told', async () => {
  await run(podOf({ containers: [main()] }))
  await phase('Running')
  expect(world.runtime.calls).toEqual(['runPodSandbox', 'createContainer main', 'startContainer main'])
  expect(world.events).toEqual([
    'Pulled: Container image "busybox" already present on machine',
    'Created: Container created',
    'Started: Container started',
  ])
  expect(world.status.podIP).toBe('10.9.0.1')
})

test('what a sidecar lets start does not wait for anything else to happen', async () => {
  await run(
    podOf({ initContainers: [main({ name: 'side', restartPolicy: 'Always' })], containers: [main({ name: 'app' })] }),
  )
  await phase('Running')
  expect(world.runtime.calls.filter(call => call.startsWith('start'))).toEqual([
    'startContainer side',
    'startContainer app',
  ])
})

test('a container that fails is restarted at once, then later and later', async () => {
  await run(podOf({ containers: [main()] }))
  await phase('Running')
  world.runtime.exit('main', 1)
  await expect.poll(() => world.status.containerStatuses?.[0]?.restartCount).toBe(1)
  await expect.poll(() => world.state?.running).toBeDefined()
  world.runtime.exit('main', 1)
  await waiting('CrashLoopBackOff')
  expect(world.state?.waiting?.message).toMatch(/^back-off 10s restarting failed container=main pod=web_default/)
  await world.clock.advance(9_000)
  expect(world.status.containerStatuses?.[0]?.restartCount).toBe(1)
  await world.clock.advance(1_000)
  await expect.poll(() => world.status.containerStatuses?.[0]?.restartCount).toBe(2)
})

test('a container that is ended for its liveness probe again and again has to wait', async () => {
  world = await KubeletWorld.start(
    podOf({
      containers: [main({ livenessProbe: { exec: { command: ['x'] }, periodSeconds: 1, failureThreshold: 1 } })],
    }),
  )
  world.runtime.commandExitCode = 1
  world.begin()
  for (const restarts of [1, 2]) {
    await phase('Running')
    await expect.poll(() => world.clock.nextDue()).toBeDefined()
    await world.clock.advance(1_000)
    await expect.poll(() => world.status.containerStatuses?.[0]?.restartCount).toBe(restarts)
    await expect.poll(() => world.state?.running).toBeDefined()
  }
  await world.clock.advance(1_000)
  await waiting('CrashLoopBackOff')
})

test('an image that cannot be pulled is tried again, later and later', async () => {
  world = await KubeletWorld.start(podOf({ containers: [main({ image: 'other:1' })] }))
  world.runtime.failures.set('pullImage', 'no such image')
  world.begin()
  await waiting('ErrImagePull')
  expect(world.state?.waiting?.message).toBe('rpc error: code = Unknown desc = no such image')
  expect(world.events).toContain(
    'Failed: Failed to pull image "other:1": rpc error: code = Unknown desc = no such image',
  )
  await world.clock.advance(5_000)
  await waiting('ImagePullBackOff')
  expect(world.state?.waiting?.message).toBe(
    'Back-off pulling image "other:1": ErrImagePull: rpc error: code = Unknown desc = no such image',
  )
  expect(world.events).toContain('BackOff: Back-off pulling image "other:1"')
  expect(world.events).toContain('Failed: Error: ImagePullBackOff')
  expect(world.runtime.calls.filter(call => call.startsWith('pullImage'))).toHaveLength(1)
  world.runtime.failures.clear()
  await world.clock.advance(5_000)
  await phase('Running')
})

test('a sandbox that cannot be made is told of and tried again', async () => {
  world = await KubeletWorld.start(podOf({ containers: [main()] }))
  world.runtime.failures.set('runPodSandbox', 'no network')
  world.begin()
  await expect
    .poll(() => world.events)
    .toContain('FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = no network')
  world.runtime.failures.clear()
  await expect.poll(() => world.clock.nextDue()).toBeDefined()
  await world.clock.advance(1_000)
  await phase('Running')
})

test('a deleted pod gets its grace period, then goes', async () => {
  await run(podOf({ containers: [main()] }))
  await phase('Running')
  world.delete(20)
  await expect.poll(() => world.deleted).toBe(true)
  expect(world.events).toContain('Killing: Stopping container main')
  expect(world.runtime.calls).toContain('stopContainer main 20')
  expect(world.runtime.sandboxes.size).toBe(0)
  expect(world.status.phase).toBe('Failed')
})

test('an evicted pod is Failed, and kept', async () => {
  await run(podOf({ containers: [main()] }))
  await phase('Running')
  world.evict('Evicted')
  await phase('Failed')
  expect(world.status.reason).toBe('Evicted')
  expect(world.deleted).toBe(false)
})

test('after the node was stopped the pod runs in a new sandbox', async () => {
  await run(podOf({ containers: [main()] }))
  await phase('Running')
  world.runtime.restart()
  await expect.poll(() => world.status.containerStatuses?.[0]?.restartCount).toBe(1)
  expect(world.events).toContain('SandboxChanged: Pod sandbox changed, it will be killed and re-created.')
  expect(world.status.podIP).not.toBe('10.9.0.1')
})

test('a pod that runs to its end succeeds', async () => {
  await run(podOf({ restartPolicy: 'Never', containers: [main()] }))
  await phase('Running')
  world.runtime.exit('main', 0)
  await phase('Succeeded')
  await expect.poll(() => world.runtime.calls).toContain('stopPodSandbox')
})

test('a pod that may run only so long is failed', async () => {
  await run(podOf({ activeDeadlineSeconds: 60, containers: [main()] }))
  await phase('Running')
  await expect.poll(() => world.clock.nextDue()).toBeDefined()
  await world.clock.advance(60_000)
  await phase('Failed')
  expect(world.status.reason).toBe('DeadlineExceeded')
})

test('a volume of an unknown type keeps the pod from starting, with a reason', async () => {
  await run(podOf({ containers: [main()], volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] }))
  await expect
    .poll(() => world.events)
    .toContain(
      'FailedMount: MountVolume.SetUp failed for volume "v" : volumes of type nfs are not supported by this version',
    )
  expect(world.runtime.calls).toEqual([])
})

test('without its init container done, nothing else starts', async () => {
  await run(podOf({ initContainers: [main({ name: 'first' })], containers: [main()] }))
  await expect.poll(() => world.runtime.calls).toContain('startContainer first')
  expect(world.runtime.calls).not.toContain('startContainer main')
  world.runtime.exit('first', 0)
  await phase('Running')
  expect(world.runtime.calls.at(-1)).toBe('startContainer main')
})
