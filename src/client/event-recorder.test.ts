import { expect, test } from 'vitest'
import { notFound } from '../apimachinery/errors.ts'
import { seededRandom } from '../apimachinery/random.ts'
import { VirtualClock } from '../apimachinery/virtual-clock.ts'
import { Client } from './client.ts'
import { EventRecorder } from './event-recorder.ts'
import { objectOf, ScriptedTransport } from './testing.ts'

function record() {
  const transport = new ScriptedTransport()
  const clock = new VirtualClock()
  const recorder = new EventRecorder(new Client(transport), 'tester', clock, seededRandom(1))
  const written = async () => {
    await recorder.flushed()
    return transport.requests.map(({ verb, body }) => {
      const { reason, message, count } = body as { reason?: string; message?: string; count?: number }
      return `${verb} ${reason ?? ''} ${message} x${count}`
    })
  }
  return { transport, clock, recorder, written }
}

const web = objectOf('web', '5')

test('writes what happened to what, and who says so', async () => {
  const { transport, recorder } = record()
  recorder.warning(web, 'Failed', 'no luck', { fieldPath: 'spec.containers{a}', host: 'n1' })
  await recorder.flushed()
  expect(transport.requests[0]).toMatchObject({ verb: 'create', namespace: 'default' })
  expect(transport.requests[0]!.body).toMatchObject({
    type: 'Warning',
    reason: 'Failed',
    message: 'no luck',
    count: 1,
    firstTimestamp: '2026-01-01T00:00:00Z',
    involvedObject: {
      kind: 'ConfigMap',
      name: 'web',
      uid: 'uid-web',
      resourceVersion: '5',
      fieldPath: 'spec.containers{a}',
    },
    source: { component: 'tester', host: 'n1' },
    reportingComponent: 'tester',
  })
  expect((transport.requests[0]!.body as { metadata: { name: string } }).metadata.name).toMatch(/^web\.[0-9a-f]{16}$/)
})

test('events about cluster-wide objects go to the default namespace', async () => {
  const { transport, recorder } = record()
  recorder.normal({ ...web, metadata: { name: 'node-1', uid: 'u' } }, 'Ready', 'it is')
  await recorder.flushed()
  expect(transport.requests[0]!.namespace).toBe('default')
})

test('the same again is counted, and forgotten after ten minutes', async () => {
  const { clock, recorder, written } = record()
  for (let i = 0; i < 3; i++) recorder.normal(web, 'Pulled', 'image')
  expect(await written()).toEqual(['create Pulled image x1', 'patch  image x2', 'patch  image x3'])
  await clock.advance(11 * 60_000)
  recorder.normal(web, 'Pulled', 'image')
  expect((await written()).at(-1)).toBe('create Pulled image x1')
})

test('after ten of a kind the rest is combined', async () => {
  const { recorder, written } = record()
  for (let i = 0; i < 12; i++) recorder.normal(web, 'Created', `pod ${i}`)
  const all = await written()
  expect(all[8]).toBe('create Created pod 8 x1')
  expect(all.slice(9)).toEqual([
    'create Created (combined from similar events): pod 9 x1',
    'patch  (combined from similar events): pod 10 x2',
    'patch  (combined from similar events): pod 11 x3',
  ])
})

test('an object may have 25 events at once, then one in five minutes', async () => {
  const { clock, recorder, written } = record()
  for (let i = 0; i < 40; i++) recorder.normal(web, `Reason${i}`, 'm')
  expect(await written()).toHaveLength(25)
  await clock.advance(5 * 60_000)
  for (let i = 0; i < 3; i++) recorder.normal(web, `Later${i}`, 'm')
  expect(await written()).toHaveLength(26)
})

test('an event that someone deleted is written anew; one that cannot be written is dropped', async () => {
  const { transport, recorder, written } = record()
  recorder.normal(web, 'A', 'm')
  await recorder.flushed()
  transport.answer = ({ verb }) => {
    if (verb === 'patch') throw notFound({ group: '', plural: 'events' }, 'x')
  }
  recorder.normal(web, 'A', 'm')
  expect((await written()).slice(1)).toEqual(['patch  m x2', 'create A m x1'])
  transport.answer = () => {
    throw new Error('down')
  }
  recorder.normal(web, 'B', 'm')
  await recorder.flushed()
})
