import { expect, test } from 'vitest'
import type { Pod } from '../../api/core/pod.ts'
import { notFound, serviceUnavailable } from '../../apimachinery/errors.ts'
import { VirtualClock } from '../../apimachinery/virtual-clock.ts'
import { Client } from '../../client/client.ts'
import type { ClientRequest } from '../../client/transport.ts'
import { podOf, UID } from '../testing/pods.ts'
import { StatusManager } from './status-manager.ts'

/** A manager, and the patches it has sent; `answer` is what the server does with each. */
function managed(answer: () => Promise<void> = async () => {}) {
  const clock = new VirtualClock()
  const patches: unknown[] = []
  let revision = 1
  const request = async ({ body }: ClientRequest) => {
    await answer()
    const { status } = body as { status: object }
    patches.push(status)
    const pod = podOf({}, status as Record<string, unknown>)
    return { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++revision) } }
  }
  const client = new Client({
    request,
    watch: () => new Promise(() => {}),
    discover: async () => [],
    close: async () => {},
  })
  return { clock, patches, manager: new StatusManager(client, clock, new AbortController().signal) }
}
const revised = (pod: Pod, resourceVersion: string): Pod => ({ ...pod, metadata: { ...pod.metadata, resourceVersion } })

test('only changes are written', async () => {
  const { manager, patches } = managed()
  manager.set(podOf(), { phase: 'Running', qosClass: 'BestEffort' })
  await manager.flushed(UID)
  manager.set(podOf(), { phase: 'Running', qosClass: 'BestEffort' })
  await manager.flushed(UID)
  expect(patches).toEqual([{ phase: 'Running', qosClass: 'BestEffort' }])
})

test('a write that fails is tried again', async () => {
  let failures = 1
  const { manager, patches, clock } = managed(async () => {
    if (failures-- > 0) throw serviceUnavailable('the server is away')
  })
  manager.set(podOf(), { phase: 'Running' })
  await expect.poll(() => clock.nextDue()).toBeDefined()
  await clock.advance(200)
  await manager.flushed(UID)
  expect(patches).toHaveLength(1)
})

test('of a pod that is gone nothing is written', async () => {
  const { manager, patches } = managed(async () => {
    throw notFound({ group: '', plural: 'pods' }, 'web')
  })
  manager.set(podOf(), { phase: 'Running' })
  await manager.flushed(UID)
  expect(patches).toEqual([])
})

test('what others changed is said again, but not because of old news', async () => {
  const { manager, patches } = managed()
  manager.set(podOf(), { phase: 'Running' })
  await manager.flushed(UID)
  manager.observe(revised(podOf({}, { phase: 'Pending' }), '1'))
  await manager.flushed(UID)
  expect(patches).toHaveLength(1)
  manager.observe(revised(podOf({}, { phase: 'Failed' }), '9'))
  await manager.flushed(UID)
  expect(patches).toEqual([{ phase: 'Running' }, { phase: 'Running' }])
})

test('what others write while a status is being sent is said again too', async () => {
  const ready = (status: string) => ({ conditions: [{ type: 'Ready', status }] })
  const patches: unknown[] = []
  let answers = 0
  const request = async ({ body }: ClientRequest) => {
    patches.push((body as { status: object }).status)
    // The node controller has just said that the pod is not ready; the first answer shows it.
    const pod = podOf({}, { phase: 'Running', ...ready(answers++ === 0 ? 'False' : 'True') })
    return { ...pod, metadata: { ...pod.metadata, resourceVersion: String(answers + 10) } }
  }
  const client = new Client({
    request,
    watch: () => new Promise(() => {}),
    discover: async () => [],
    close: async () => {},
  })
  const manager = new StatusManager(client, new VirtualClock(), new AbortController().signal)
  manager.set(podOf({}, ready('True')), { phase: 'Running', ...ready('True') } as Pod['status'])
  await manager.flushed(UID)
  expect(patches).toHaveLength(2)
})
