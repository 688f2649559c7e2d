import { expect, onTestFinished, test } from 'vitest'
import { configMap } from '../api/core/configmap.ts'
import { secret } from '../api/core/secret.ts'
import { conflict } from '../apimachinery/errors.ts'
import { seededRandom } from '../apimachinery/random.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { VirtualClock } from '../apimachinery/virtual-clock.ts'
import { Client } from './client.ts'
import { again, type Controller, controller, keyedController, watching } from './controller.ts'
import { ControllerManager } from './manager.ts'
import { objectOf, ScriptedTransport, turn } from './testing.ts'

async function run(controllers: readonly Controller[], objects = [objectOf('a', '1')], answer?: () => unknown) {
  const transport = new ScriptedTransport()
  transport.objects = objects
  if (answer) transport.answer = answer
  const clock = new VirtualClock()
  const end = new AbortController()
  onTestFinished(() => end.abort())
  const errors: unknown[] = []
  const manager = new ControllerManager({
    client: new Client(transport),
    clock,
    random: seededRandom(1),
    signal: end.signal,
    onError: (_name, key) => errors.push(key),
  })
  await manager.start(controllers)
  await turn()
  return { transport, clock, errors, manager }
}

const statement = { name: 'test', for: configMap, writes: [] }

test('reconciles what is there, what changes, and tells of what is gone', async () => {
  const seen: string[] = []
  const { transport } = await run([
    controller({
      ...statement,
      reconcile: async ({ metadata }) => void seen.push(`${metadata.name} ${metadata.resourceVersion}`),
      deleted: key => void seen.push(`${key} gone`),
    }),
  ])
  transport.emit('MODIFIED', objectOf('a', '2'))
  await turn()
  transport.emit('DELETED', objectOf('a', '3'))
  await turn()
  expect(seen).toEqual(['a 1', 'a 2', 'default/a gone'])
})

test('comes back when asked, and later each time after failures', async () => {
  let calls = 0
  const { clock, errors } = await run([
    controller({
      ...statement,
      async reconcile() {
        calls++
        if (calls <= 2) throw new Error('no')
        return calls === 3 ? again(1000) : undefined
      },
    }),
  ])
  expect(calls).toBe(1)
  await clock.advance(15, async () => void (await turn()))
  expect(calls).toBe(3)
  expect(errors).toEqual(['default/a', 'default/a'])
  await clock.advance(1000, async () => void (await turn()))
  expect(calls).toBe(4)
})

test('a conflict is tried again without a word', async () => {
  let calls = 0
  const { clock, errors } = await run([
    controller({
      ...statement,
      async reconcile() {
        if (calls++ === 0) throw conflict(configMap, 'a', 'changed')
      },
    }),
  ])
  await clock.advance(10, async () => void (await turn()))
  expect(calls).toBe(2)
  expect(errors).toEqual([])
})

test('a change of what an object owns wakes the owner', async () => {
  const seen: string[] = []
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'boss', uid: 'u', controller: true }
  const owned = { ...objectOf('a', '1'), kind: 'Secret' }
  owned.metadata.ownerReferences = [owner]
  await run(
    [
      controller({
        ...statement,
        owns: [secret as unknown as Kind],
        reconcile: async () => {},
        deleted: key => void seen.push(key),
      }),
    ],
    [owned],
  )
  expect(seen).toEqual(['default/boss'])
})

test('watches turn changes into keys; a watch that throws harms nobody', async () => {
  const seen: string[] = []
  const { errors } = await run([
    keyedController({
      name: 'keyed',
      watches: [
        watching(configMap, (object, previous) => [`${object?.metadata.name}-${previous === undefined}`]),
        watching(secret, () => {
          throw new Error('bad')
        }),
      ],
      writes: [],
      sync: async key => void seen.push(key),
    }),
  ])
  expect(seen).toEqual(['a-true'])
  expect(errors).toEqual(['default/a'])
})

test('a write returns only once the cache shows it', async () => {
  const steps: string[] = []
  const { transport } = await run(
    [
      controller({
        ...statement,
        async reconcile(object, { client, informer }) {
          if (steps.length > 0) return
          steps.push('write')
          await client.update(configMap, { ...object, data: {} })
          steps.push(`seen ${informer(configMap).get('default/a')?.metadata.resourceVersion}`)
        },
      }),
    ],
    [objectOf('a', '1')],
    () => objectOf('a', '9'),
  )
  await turn()
  expect(steps).toEqual(['write'])
  transport.emit('MODIFIED', objectOf('a', '9'))
  await turn()
  expect(steps).toEqual(['write', 'seen 9'])
})

test('a deletion returns only once the cache shows it', async () => {
  const steps: string[] = []
  const { transport } = await run([
    controller({
      ...statement,
      async reconcile(object, { client }) {
        await client.delete(configMap, object)
        steps.push('deleted')
      },
    }),
  ])
  await turn()
  expect(steps).toEqual([])
  transport.emit('DELETED', objectOf('a', '2'))
  await turn()
  expect(steps).toEqual(['deleted'])
})
