/**
 * How fast the stores are: acknowledged puts a second with so many writers at once, and gets a second.
 * `npx tsx bench/storage.ts [seconds per measurement] [bytes per value]` prints JSON.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openLmdbStore } from '../src/storage/lmdb.ts'
import { openMemoryStore } from '../src/storage/memory.ts'
import type { Store } from '../src/storage/store.ts'

const [seconds = 2, bytes = 2048] = process.argv.slice(2).map(Number)
const WRITERS = [1, 16, 64]
const KEYS = 10_000

interface Rate {
  perSecond: number
  /** CPU of all threads of this process, in microseconds per operation. */
  cpuMicros: number
}

async function measure(workers: number, work: (i: number) => Promise<unknown>): Promise<Rate> {
  const cpuBefore = process.cpuUsage()
  const begin = performance.now()
  let done = 0
  const worker = async () => {
    while (performance.now() - begin < seconds * 1000) await work(done++)
  }
  await Promise.all(Array.from({ length: workers }, worker))
  const elapsed = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { perSecond: Math.round(done / elapsed), cpuMicros: Number(((user + system) / done).toFixed(1)) }
}

async function benchmark(store: Store): Promise<Record<string, Rate>> {
  const rates: Record<string, Rate> = {}
  const value = () => Buffer.alloc(bytes, 'v')
  let created = 0
  for (const writers of WRITERS) {
    rates[`create, ${writers} writers`] = await measure(writers, () => {
      const key = `/registry/configmaps/default/name-${created++}`
      return store.txn([{ key, modRevision: 0 }], [{ type: 'put', key, value: value() }])
    })
  }
  rates['update, 64 writers'] = await measure(64, i => {
    const key = `/registry/configmaps/default/name-${i % KEYS}`
    return store.txn([], [{ type: 'put', key, value: value() }])
  })
  rates.get = await measure(1, i => store.get(`/registry/configmaps/default/name-${i % KEYS}`))
  const old = store.revision - 20_000
  rates['get, old revision'] = await measure(1, i =>
    store.get(`/registry/configmaps/default/name-${i % KEYS}`, { revision: old }),
  )
  const list = await measure(1, () => store.range('/registry/', '/registry0', { limit: 500 }))
  rates['list, 500 of all'] = list
  return rates
}

async function openTime(path: string): Promise<number> {
  const begin = performance.now()
  const store = await openLmdbStore({ path })
  const elapsed = performance.now() - begin
  await store.close()
  return Math.round(elapsed)
}

async function filled(path: string, keys: number, size: number): Promise<void> {
  const store = await openLmdbStore({ path })
  const puts = Array.from({ length: keys }, (_, i) =>
    store.txn([], [{ type: 'put', key: `/registry/pods/default/pod-${i}`, value: Buffer.alloc(size, i) }]),
  )
  await Promise.all(puts)
  await store.close()
}

const directory = await mkdtemp(join(tmpdir(), 'tsukube-bench-'))
try {
  const memory = openMemoryStore()
  const lmdb = await openLmdbStore({ path: join(directory, 'rates') })
  const result = { seconds, bytes, memory: await benchmark(memory), lmdb: await benchmark(lmdb) }
  await memory.close()
  await lmdb.close()
  await filled(join(directory, 'open'), KEYS, 3072)
  const openMillis = await openTime(join(directory, 'open'))
  console.log(JSON.stringify({ ...result, 'open 10000 keys of 3 KiB, ms': openMillis }, undefined, 2))
} finally {
  await rm(directory, { recursive: true })
}
