import { expect, onTestFinished, test } from 'vitest'
import { configMap } from '../api/core/configmap.ts'
import { expired, serviceUnavailable } from '../apimachinery/errors.ts'
import { seededRandom } from '../apimachinery/random.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { VirtualClock } from '../apimachinery/virtual-clock.ts'
import { Client } from './client.ts'
import { Informer } from './informer.ts'
import { objectOf, ScriptedTransport, turn } from './testing.ts'

async function start(prepare: (transport: ScriptedTransport) => void = () => {}) {
  const transport = new ScriptedTransport()
  prepare(transport)
  const clock = new VirtualClock()
  const informer = new Informer(configMap as unknown as Kind, new Client(transport), clock, seededRandom(1))
  const changes: string[] = []
  informer.onChange((object, previous) =>
    changes.push(
      `${(object ?? previous)!.metadata.name} ${previous?.metadata.resourceVersion} > ${object?.metadata.resourceVersion}`,
    ),
  )
  const end = new AbortController()
  onTestFinished(() => end.abort())
  informer.start(end.signal)
  await informer.whenSynced()
  await turn()
  return { transport, clock, informer, changes }
}

test('lists, then watches from there, and tells of every change', async () => {
  const { transport, informer, changes } = await start(t => {
    t.objects = [objectOf('a', '1')]
    t.revision = 7
  })
  expect(transport.watches[0]!.options).toMatchObject({ resourceVersion: '7', allowWatchBookmarks: true })
  transport.emit('ADDED', objectOf('b', '8'))
  transport.emit('MODIFIED', objectOf('a', '9'))
  transport.emit('DELETED', objectOf('b', '10'))
  expect(changes).toEqual(['a undefined > 1', 'b undefined > 8', 'a 1 > 9', 'b 8 > undefined'])
  expect(informer.list('default').map(o => o.metadata.name)).toEqual(['a'])
  expect(informer.list('other')).toEqual([])
  expect(informer.get('default/a')?.metadata.resourceVersion).toBe('9')
})

test('goes on where it was when a watch ends, and lists again when the past is gone', async () => {
  const { transport, clock, changes } = await start(t => {
    t.objects = [objectOf('a', '1'), objectOf('b', '1')]
  })
  transport.emit('BOOKMARK', objectOf('', '5'))
  transport.endWatch()
  await turn()
  expect(transport.watches[1]!.options?.resourceVersion).toBe('5')
  transport.endWatch(serviceUnavailable('gone'))
  await turn()
  await clock.advance(1000, async () => void (await turn()))
  expect(transport.watches[2]!.options?.resourceVersion).toBe('5')
  expect(transport.requests).toHaveLength(1)

  transport.objects = [objectOf('b', '6'), objectOf('c', '7')]
  transport.endWatch(expired('too old'))
  await turn()
  await clock.advance(1000, async () => void (await turn()))
  expect(transport.requests).toHaveLength(2)
  expect(changes.slice(2)).toEqual(['b 1 > 6', 'c undefined > 7', 'a 1 > undefined'])
})

test('waits longer between attempts the longer nothing works', async () => {
  const { transport, clock } = await start()
  const waits: number[] = []
  for (let i = 0; i < 5; i++) {
    transport.endWatch(serviceUnavailable('down'))
    await turn()
    waits.push(clock.nextDue()! - clock.now())
    await clock.advance(waits[i]!, async () => void (await turn()))
  }
  for (let i = 1; i < waits.length; i++) expect(waits[i]!).toBeGreaterThan(waits[i - 1]!)
})

test('indexes follow changes', async () => {
  const { transport, informer } = await start(t => {
    t.objects = [objectOf('a', '1', { app: 'x' })]
  })
  informer.addIndex('app', ({ metadata }) => (metadata.labels?.app ? [metadata.labels.app] : []))
  transport.emit('ADDED', objectOf('b', '2', { app: 'x' }))
  expect(informer.countByIndex('app', 'x')).toBe(2)
  transport.emit('MODIFIED', objectOf('a', '3', { app: 'y' }))
  transport.emit('DELETED', objectOf('b', '4', { app: 'x' }))
  expect(informer.byIndex('app', 'x')).toEqual([])
  expect(informer.byIndex('app', 'y').map(o => o.metadata.name)).toEqual(['a'])
})

test('tells when it has seen a revision, and when an object is no longer as it was', async () => {
  const { transport, informer } = await start(t => {
    t.objects = [objectOf('a', '1')]
  })
  const seen: string[] = []
  void informer.reached('5').then(() => seen.push('5'))
  void informer.changedFrom('default/a', informer.get('default/a')!).then(() => seen.push('a'))
  await turn()
  expect(seen).toEqual([])
  transport.emit('DELETED', objectOf('a', '5'))
  await turn()
  expect(seen.sort()).toEqual(['5', 'a'])
})
