import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../apimachinery/random.ts'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import type { CriClient } from '../cri/client.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import { containerOf, podOf, runtimeOf } from '../testing/pods.ts'
import { ProbeManager } from './probe-manager.ts'

let clock: VirtualClock
let exitCode: number
let probes: ProbeManager
let events: string[]
let asked: number
/** What an unfinished command is waiting for, and whether it was given up. */
let finish: Promise<void>
let givenUp: boolean

beforeEach(() => {
  clock = new VirtualClock(1_000)
  exitCode = 0
  asked = 0
  events = []
  finish = Promise.resolve()
  givenUp = false
  const execSync = async (_: unknown, { signal }: { signal: AbortSignal }) => {
    asked++
    await finish
    givenUp = signal.aborted
    return { exitCode, stdout: Buffer.from('said'), stderr: Buffer.from('') }
  }
  probes = new ProbeManager({
    cri: { runtime: { execSync } } as unknown as CriClient,
    clock,
    random: seededRandom(1),
    events: {
      warning: (_: unknown, __: unknown, reason: string, text: string) => events.push(`${reason}: ${text}`),
    } as unknown as PodEvents,
    onChange: () => {},
  })
})
afterEach(() => probes.close())

const turn = () => new Promise(resolve => setImmediate(resolve))
const advance = (ms: number) => clock.advance(ms, async () => void (await turn()))
const check = { exec: { command: ['x'] }, periodSeconds: 10 }

function watch(container: Record<string, unknown>) {
  const pod = podOf({ containers: [{ name: 'main', image: 'busybox', ...container }] })
  probes.update(pod, runtimeOf([containerOf('main')]))
  return { main: pod.spec.containers[0]!, pod }
}

test('a container is ready from its first success on, and no longer after failures in a row', async () => {
  const { main } = watch({ readinessProbe: { ...check, initialDelaySeconds: 5, failureThreshold: 2 } })
  await advance(4_000)
  expect(probes.readiness(main, 'main-id')).toBe(false)
  expect(asked).toBe(0)
  await advance(1_000)
  expect(probes.readiness(main, 'main-id')).toBe(true)
  exitCode = 1
  await advance(10_000)
  expect(probes.readiness(main, 'main-id')).toBe(true)
  await advance(10_000)
  expect(probes.readiness(main, 'main-id')).toBe(false)
  expect(events).toEqual(['Unhealthy: Readiness probe failed: said', 'Unhealthy: Readiness probe failed: said'])
})

test('a failed liveness probe stops being asked', async () => {
  exitCode = 1
  watch({ livenessProbe: { ...check, failureThreshold: 2 } })
  await advance(10_000)
  expect(probes.liveness('main-id')).toBe('failure')
  await advance(60_000)
  expect(asked).toBe(2)
})

test('the others wait for the startup probe', async () => {
  exitCode = 1
  const { main } = watch({
    startupProbe: { ...check, failureThreshold: 10 },
    livenessProbe: { ...check, failureThreshold: 1 },
  })
  await advance(20_000)
  expect(probes.startup(main, 'main-id')).toBe('unknown')
  expect(probes.liveness('main-id')).toBe('success')
  exitCode = 0
  await advance(10_000)
  expect(probes.startup(main, 'main-id')).toBe('success')
})

test('what an earlier kubelet has found out holds until it is found otherwise', () => {
  const status = {
    containerStatuses: [{ name: 'main', containerID: 'containerd://main-id', ready: true, started: true }],
  }
  const pod = podOf({ containers: [{ name: 'main', image: 'busybox', readinessProbe: check }] }, status)
  probes.update(pod, runtimeOf([containerOf('main')]))
  expect(probes.readiness(pod.spec.containers[0]!, 'main-id')).toBe(true)
})

test('probes end with their container', async () => {
  const { pod } = watch({ livenessProbe: check })
  probes.update(pod, runtimeOf([containerOf('main', { state: 'exited' })]))
  await advance(60_000)
  expect(asked).toBeLessThanOrEqual(1)
})

test('a command under way is left to end when its container is stopped, and counts for nothing', async () => {
  let end = () => {}
  finish = new Promise(resolve => {
    end = resolve
  })
  exitCode = 1
  const { pod } = watch({ livenessProbe: { ...check, failureThreshold: 1 } })
  await advance(1_000)
  expect(asked).toBe(1)
  probes.remove(pod.metadata.uid!)
  end()
  await turn()
  expect(givenUp).toBe(false)
  expect(events).toEqual([])
})
