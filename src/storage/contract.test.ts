import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openLmdbStore } from './lmdb.ts'
import { openMemoryStore } from './memory.ts'
import {
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  prefixEnd,
  type Store,
  type WatchBatch,
  type WatchEvent,
} from './store.ts'

const stores: Store[] = []
const directories: string[] = []

afterEach(async () => {
  await Promise.all(stores.splice(0).map(store => store.close()))
  await Promise.all(directories.splice(0).map(directory => rm(directory, { recursive: true })))
})

const implementations: Record<string, () => Promise<Store>> = {
  memory: async () => openMemoryStore(),
  lmdb: async () => {
    const path = await mkdtemp(join(tmpdir(), 'tsukube-store-'))
    directories.push(path)
    return openLmdbStore({ path })
  },
}

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (kv: KeyValue | undefined) => kv && new TextDecoder().decode(kv.value)

function put(store: Store, key: string, value = 'v') {
  return store.txn([], [{ type: 'put', key, value: bytes(value) }])
}

function remove(store: Store, key: string) {
  return store.txn([], [{ type: 'delete', key }])
}

function show({ type, kv, previous }: WatchEvent): string {
  const before = previous ? ` was ${text(previous)}` : ''
  return `${kv.modRevision} ${type} ${kv.key}${type === 'put' ? `=${text(kv)}` : ''}${before}`
}

/** Reads a watch until `done` says that it has seen enough. */
async function watchUntil(
  store: Store,
  from: number,
  done: (batch: WatchBatch, events: string[]) => boolean,
  prefix = '/',
): Promise<string[]> {
  const controller = new AbortController()
  const events: string[] = []
  for await (const batch of store.watch(prefix, prefixEnd(prefix), from, controller.signal)) {
    events.push(...batch.events.map(show))
    if (done(batch, events)) controller.abort()
  }
  return events
}

const cases: Record<string, (store: Store) => Promise<void>> = {
  'an empty store is at revision 1': async store => {
    expect(store.revision).toBe(1)
    expect(await store.get('/a')).toEqual({ kv: undefined, revision: 1 })
    expect(await store.range('/', '0')).toEqual({ kvs: [], revision: 1, more: false, count: 0 })
  },

  'create, update and delete count revisions and versions': async store => {
    expect(await put(store, '/a', 'one')).toEqual({ succeeded: true, revision: 2 })
    expect(await put(store, '/a', 'two')).toEqual({ succeeded: true, revision: 3 })
    const { kv } = await store.get('/a')
    expect(kv).toMatchObject({ key: '/a', createRevision: 2, modRevision: 3, version: 2 })
    expect(text(kv)).toBe('two')
    expect(await remove(store, '/a')).toEqual({ succeeded: true, revision: 4 })
    expect((await store.get('/a')).kv).toBeUndefined()
  },

  'a key created again starts over': async store => {
    await put(store, '/a')
    await remove(store, '/a')
    await put(store, '/a')
    expect((await store.get('/a')).kv).toMatchObject({ createRevision: 4, modRevision: 4, version: 1 })
  },

  'deleting what is not there takes no revision': async store => {
    expect(await remove(store, '/a')).toEqual({ succeeded: true, revision: 1 })
    expect(store.revision).toBe(1)
  },

  'compare and swap succeeds once': async store => {
    const key = '/a'
    const create = () => store.txn([{ key, modRevision: 0 }], [{ type: 'put', key, value: bytes('new') }])
    const [first, second] = await Promise.all([create(), create()])
    expect(first).toEqual({ succeeded: true, revision: 2 })
    expect(second).toMatchObject({ succeeded: false, revision: 2 })
    expect(second.succeeded || second.current.map(text)).toEqual(['new'])
  },

  'a failed comparison returns what is there': async store => {
    await put(store, '/a', 'one')
    const result = await store.txn(
      [
        { key: '/a', modRevision: 7 },
        { key: '/b', modRevision: 0 },
      ],
      [{ type: 'delete', key: '/a' }],
    )
    expect(result).toMatchObject({ succeeded: false, revision: 2, current: [{ key: '/a', modRevision: 2 }, undefined] })
    expect(text((await store.get('/a')).kv)).toBe('one')
  },

  'a deleted key compares as absent': async store => {
    await put(store, '/a')
    const deleted = remove(store, '/a')
    const created = store.txn([{ key: '/a', modRevision: 0 }], [{ type: 'put', key: '/a', value: bytes('again') }])
    expect(await Promise.all([deleted, created])).toMatchObject([{ revision: 3 }, { succeeded: true, revision: 4 }])
  },

  'a transaction changes several keys at one revision': async store => {
    await put(store, '/old')
    await store.txn(
      [],
      [
        { type: 'put', key: '/b', value: bytes('b') },
        { type: 'put', key: '/a', value: bytes('a') },
        { type: 'delete', key: '/old' },
      ],
    )
    const { kvs } = await store.range('/', '0')
    expect(kvs.map(({ key, modRevision }) => [key, modRevision])).toEqual([
      ['/a', 3],
      ['/b', 3],
    ])
  },

  'a transaction must not change a key twice': async store => {
    const operation = { type: 'put', key: '/a', value: bytes('a') } as const
    await expect(store.txn([], [operation, operation])).rejects.toThrow('must not change a key twice')
    expect(store.revision).toBe(1)
  },

  'a value may be a function of its revision': async store => {
    await put(store, '/a')
    let called = 0
    const promise = store.txn(
      [],
      [
        {
          type: 'put',
          key: '/b',
          value: revision => {
            called = revision
            return bytes(`at ${revision}`)
          },
        },
      ],
    )
    expect(called).toBe(3)
    await promise
    expect(text((await store.get('/b')).kv)).toBe('at 3')
  },

  'a value function that throws changes nothing': async store => {
    const failing = () => {
      throw new Error('no value')
    }
    const operations = [
      { type: 'put', key: '/a', value: bytes('a') },
      { type: 'put', key: '/b', value: failing },
    ] as const
    await expect(store.txn([], operations)).rejects.toThrow('no value')
    expect(await put(store, '/c')).toEqual({ succeeded: true, revision: 2 })
    expect((await store.range('/', '0')).kvs.map(kv => kv.key)).toEqual(['/c'])
  },

  'keys must be well-formed and of bearable length': async store => {
    await expect(put(store, '')).rejects.toThrow('must not be empty')
    await expect(put(store, '/\ud800')).rejects.toThrow('well-formed')
    await expect(put(store, `/${'é'.repeat(950)}`)).rejects.toThrow('must not be longer')
    await put(store, `/${'k'.repeat(1899)}`)
    await put(store, '/é')
    expect((await store.get('/é')).kv?.key).toBe('/é')
  },

  'values come back byte for byte': async store => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    const big = new Uint8Array(1_500_000).fill(7)
    await store.txn(
      [],
      [
        { type: 'put', key: '/all', value: all },
        { type: 'put', key: '/big', value: big },
        { type: 'put', key: '/none', value: new Uint8Array(0) },
      ],
    )
    const { kvs } = await store.range('/', '0')
    expect(kvs.map(kv => Buffer.compare(kv.value, { '/all': all, '/big': big }[kv.key] ?? new Uint8Array(0)))).toEqual([
      0, 0, 0,
    ])
  },

  'range reads in key order, with limit and count': async store => {
    await Promise.all(['/b/2', '/a', '/b/1', '/b/3', '/c'].map(key => put(store, key)))
    const range = await store.range('/b/', prefixEnd('/b/'), { limit: 2 })
    expect(range).toMatchObject({ kvs: [{ key: '/b/1' }, { key: '/b/2' }], more: true, count: 3, revision: 6 })
    const rest = await store.range('/b/2\0', prefixEnd('/b/'), { limit: 2 })
    expect(rest).toMatchObject({ kvs: [{ key: '/b/3' }], more: false, count: 1 })
  },

  'the past reads exactly as it was': async store => {
    await put(store, '/a', 'one')
    await put(store, '/b', 'one')
    await put(store, '/a', 'two')
    await remove(store, '/b')
    await put(store, '/b', 'two')
    const at = async (revision: number) => {
      const { kvs, count } = await store.range('/', '0', { revision })
      expect(count).toBe(kvs.length)
      return kvs.map(kv => `${kv.key}=${text(kv)}@${kv.modRevision}v${kv.version}`)
    }
    expect(await at(1)).toEqual([])
    expect(await at(2)).toEqual(['/a=one@2v1'])
    expect(await at(3)).toEqual(['/a=one@2v1', '/b=one@3v1'])
    expect(await at(4)).toEqual(['/a=two@4v2', '/b=one@3v1'])
    expect(await at(5)).toEqual(['/a=two@4v2'])
    expect(await at(6)).toEqual(['/a=two@4v2', '/b=two@6v1'])
    expect(text((await store.get('/a', { revision: 3 })).kv)).toBe('one')
  },

  'the future cannot be read': async store => {
    await expect(store.get('/a', { revision: 2 })).rejects.toThrow(FutureRevisionError)
    await expect(store.range('/', '0', { revision: 2 })).rejects.toThrow(FutureRevisionError)
  },

  'compaction keeps the present and forgets the past': async store => {
    await put(store, '/a', 'one')
    await put(store, '/gone')
    await remove(store, '/gone')
    await put(store, '/a', 'two')
    await put(store, '/a', 'three')
    const before = store.size()
    await store.compact(5)
    expect(store.compactedRevision).toBe(5)
    expect(store.size()).toBeLessThan(before)
    await expect(store.get('/a', { revision: 4 })).rejects.toThrow(CompactedError)
    expect(text((await store.get('/a', { revision: 5 })).kv)).toBe('two')
    expect(text((await store.get('/a')).kv)).toBe('three')
    await expect(store.compact(5)).rejects.toThrow(CompactedError)
    await expect(store.compact(7)).rejects.toThrow(FutureRevisionError)
  },

  'compaction leaves nothing of deleted keys': async store => {
    for (let i = 0; i < 5; i++) {
      await put(store, `/${i}`)
      await remove(store, `/${i}`)
    }
    await put(store, '/last')
    await store.compact(store.revision)
    expect(store.size()).toBe('/last'.length + 1)
    expect(await put(store, '/0')).toEqual({ succeeded: true, revision: 13 })
    expect((await store.get('/0')).kv).toMatchObject({ createRevision: 13, version: 1 })
  },

  'a watch from the past goes on live, once each': async store => {
    await put(store, '/a', '1')
    await put(store, '/a', '2')
    const seen = watchUntil(store, 2, ({ revision }) => revision >= 5)
    await put(store, '/b', '3')
    await remove(store, '/a')
    expect(await seen).toEqual(['2 put /a=1', '3 put /a=2 was 1', '4 put /b=3', '5 delete /a was 2'])
  },

  'a watch from the future waits for it': async store => {
    const seen = watchUntil(store, 4, (_, events) => events.length > 0)
    await put(store, '/a', '2')
    await put(store, '/a', '3')
    await put(store, '/a', '4')
    expect(await seen).toEqual(['4 put /a=4 was 3'])
  },

  'a watch sees only its range and hears how far it is': async store => {
    await put(store, '/a/1')
    await put(store, '/b/1')
    await put(store, '/c/1')
    expect(await watchUntil(store, 1, ({ revision }) => revision === 4, '/b/')).toEqual(['3 put /b/1=v'])
  },

  'a batch never splits a revision': async store => {
    const many = (round: number) =>
      Array.from({ length: 3000 }, (_, i) => ({ type: 'put', key: `/${i}`, value: bytes(`${round}`) }) as const)
    for (let round = 0; round < 3; round++) await store.txn([], many(round))
    const sizes: number[] = []
    await watchUntil(store, 2, ({ events, revision }) => {
      sizes.push(new Set(events.map(event => event.kv.modRevision)).size * 3000 - events.length)
      return revision === 4
    })
    expect(sizes.every(missing => missing === 0)).toBe(true)
  },

  'a watch from before compaction fails': async store => {
    for (let i = 0; i < 5; i++) await put(store, '/a', `${i}`)
    await store.compact(4)
    await expect(watchUntil(store, 3, () => true)).rejects.toThrow(CompactedError)
    expect(await watchUntil(store, 4, ({ revision }) => revision === 6)).toEqual([
      '4 put /a=2',
      '5 put /a=3 was 2',
      '6 put /a=4 was 3',
    ])
  },

  'a deletion at the compacted revision can still be watched': async store => {
    await put(store, '/a')
    await remove(store, '/a')
    await store.compact(3)
    expect(await watchUntil(store, 3, () => true)).toEqual(['3 delete /a'])
  },

  'a watcher that does not read holds nobody up, and fails when compaction overtakes it': async store => {
    const controller = new AbortController()
    const slow = store.watch('/', '0', 2, controller.signal)[Symbol.asyncIterator]()
    const fast = watchUntil(store, 2, ({ revision }) => revision === 51)
    await put(store, '/a')
    expect((await slow.next()).value).toMatchObject({ revision: 2 })
    for (let i = 0; i < 49; i++) await put(store, '/a')
    expect(await fast).toHaveLength(50)
    await store.compact(40)
    await expect(slow.next()).rejects.toThrow(CompactedError)
  },

  'a watch ends when it is aborted or the store closes': async store => {
    const controller = new AbortController()
    const aborted = store.watch('/', '0', 2, controller.signal)[Symbol.asyncIterator]().next()
    controller.abort()
    expect(await aborted).toEqual({ done: true, value: undefined })
    const closed = store.watch('/', '0', 2, new AbortController().signal)[Symbol.asyncIterator]().next()
    await store.close()
    expect(await closed).toEqual({ done: true, value: undefined })
    await expect(store.get('/a')).rejects.toThrow('the store is closed')
  },

  'subscribers hear every revision in order before its writer does': async store => {
    const heard: string[] = []
    const stop = store.subscribe(({ events }) => heard.push(...events.map(show)))
    await put(store, '/a', '1')
    expect(heard).toEqual(['2 put /a=1'])
    await Promise.all([put(store, '/b', '2'), put(store, '/a', '3'), remove(store, '/b')])
    expect(heard.slice(1)).toEqual(['3 put /b=2', '4 put /a=3 was 1', '5 delete /b was 2'])
    stop()
    await put(store, '/a', '4')
    expect(heard).toHaveLength(4)
  },

  'a subscriber may write': async store => {
    const heard: number[] = []
    store.subscribe(({ revision }) => {
      if (revision === 2) void put(store, '/echo')
    })
    store.subscribe(({ revision }) => heard.push(revision))
    const echoed = watchUntil(store, 2, ({ revision }) => revision === 4)
    await Promise.all([put(store, '/a'), put(store, '/b')])
    expect(await echoed).toEqual(['2 put /a=v', '3 put /b=v', '4 put /echo=v'])
    expect(heard).toEqual([2, 3, 4])
  },

  'many writers at once lose nothing and share no revision': async store => {
    const increment = async (): Promise<void> => {
      const { kv } = await store.get('/counter')
      const next = bytes(String(Number(text(kv) ?? 0) + 1))
      const result = await store.txn(
        [{ key: '/counter', modRevision: kv?.modRevision ?? 0 }],
        [{ type: 'put', key: '/counter', value: next }],
      )
      if (!result.succeeded) await increment()
    }
    const others = Array.from({ length: 500 }, (_, i) => put(store, `/other/${i}`))
    await Promise.all([...Array.from({ length: 30 }, increment), ...others])
    expect(text((await store.get('/counter')).kv)).toBe('30')
    const revisions = (await store.range('/other/', '/other0')).kvs.map(kv => kv.modRevision)
    expect(new Set(revisions).size).toBe(500)
    expect(store.revision).toBe(531)
  },

  'compaction beside writers and readers': async store => {
    const writer = async (key: string) => {
      for (let i = 0; i < 50; i++) await put(store, key, `${i}`)
    }
    const compactor = async () => {
      for (let i = 0; i < 10; i++) {
        await put(store, '/tick')
        await store.compact(store.revision)
      }
    }
    await Promise.all([...['/a', '/b', '/c', '/d'].map(writer), compactor()])
    await store.compact(store.revision)
    expect((await store.range('/', '0')).kvs.map(text)).toEqual(['49', '49', '49', '49', 'v'])
    expect(store.size()).toBe(4 * 4 + '/tickv'.length)
  },
}

describe.each(Object.entries(implementations))('%s store', (_name, open) => {
  test.each(Object.entries(cases))('%s', async (_case, run) => {
    const store = await open()
    stores.push(store)
    await run(store)
  })
})
