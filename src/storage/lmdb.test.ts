import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLmdbStore } from './lmdb.ts'
import { StoreCorruptError, StoreLockedError } from './store.ts'

const run = promisify(execFile)

let path: string

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'tsukube-store-'))
})

afterEach(() => rm(path, { recursive: true }))

const names = Array.from({ length: 500 }, (_, i) => `/registry/pods/default/pod-${i}`)

async function fill(size = 3000): Promise<void> {
  const store = await openLmdbStore({ path })
  await Promise.all(names.map(key => store.txn([], [{ type: 'put', key, value: Buffer.alloc(size, key) }])))
  await store.close()
}

test('a reopened store has every value, revision and version, and goes on counting', async () => {
  let store = await openLmdbStore({ path })
  await store.txn([], [{ type: 'put', key: '/a', value: Buffer.from('one') }])
  await store.txn([], [{ type: 'put', key: '/a', value: Buffer.from('two') }])
  await store.txn([], [{ type: 'put', key: '/gone', value: Buffer.from('x') }])
  await store.txn([], [{ type: 'delete', key: '/gone' }])
  await store.compact(3)
  const before = { size: store.size(), revision: store.revision, kept: await store.range('/', '0', { revision: 4 }) }
  await store.close()

  store = await openLmdbStore({ path })
  expect({ size: store.size(), revision: store.revision, kept: await store.range('/', '0', { revision: 4 }) }).toEqual(
    before,
  )
  expect(store.compactedRevision).toBe(3)
  expect(await store.txn([], [{ type: 'put', key: '/a', value: Buffer.from('three') }])).toMatchObject({ revision: 6 })
  expect((await store.get('/a')).kv).toMatchObject({ createRevision: 2, modRevision: 6, version: 3 })
  await store.close()
})

test('a deletion at the compacted revision can still be watched after reopening', async () => {
  let store = await openLmdbStore({ path })
  await store.txn([], [{ type: 'put', key: '/a', value: Buffer.from('a') }])
  await store.txn([], [{ type: 'delete', key: '/a' }])
  await store.compact(3)
  await store.close()
  store = await openLmdbStore({ path })
  const { value } = await store.watch('/', '0', 3, new AbortController().signal)[Symbol.asyncIterator]().next()
  expect(value).toMatchObject({ revision: 3, events: [{ type: 'delete', kv: { key: '/a', modRevision: 3 } }] })
  await store.close()
})

test('values larger than what is kept in memory are read from disk', async () => {
  const store = await openLmdbStore({ path })
  const value = (i: number) => Buffer.alloc(1 << 20, `${i} `)
  for (let i = 0; i < 20; i++) await store.txn([], [{ type: 'put', key: `/${i}`, value: value(i) }])
  for (let i = 0; i < 20; i++) expect(value(i).equals((await store.get(`/${i}`)).kv!.value)).toBe(true)
  await store.close()
})

test('closing waits for what is being written', async () => {
  const store = await openLmdbStore({ path })
  const written = store.txn([], [{ type: 'put', key: '/a', value: Buffer.from('a') }])
  await store.close()
  expect(await written).toMatchObject({ succeeded: true })
  const again = await openLmdbStore({ path })
  expect(again.revision).toBe(2)
  await again.close()
})

test('a store is open only once in this process', async () => {
  const store = await openLmdbStore({ path })
  await expect(openLmdbStore({ path })).rejects.toThrow(
    new StoreLockedError(
      `the store in ${path} is in use by process ${process.pid}: stop that process, or use another directory`,
    ),
  )
  await store.close()
  await (await openLmdbStore({ path })).close()
})

test('a store that another process has open is refused until that process is gone', async () => {
  const holder = spawn('flock', [join(path, 'store.lock'), 'sh', '-c', 'echo held; read line'])
  await once(holder.stdout, 'data')
  await expect(openLmdbStore({ path })).rejects.toThrow(StoreLockedError)
  holder.stdin.end('\n')
  await once(holder, 'exit')
  await (await openLmdbStore({ path })).close()
})

test('a file that is no store is refused and left alone', async () => {
  await writeFile(join(path, 'data.mdb'), 'no store '.repeat(2000))
  await expect(openLmdbStore({ path })).rejects.toThrow(StoreCorruptError)
  expect((await readFile(join(path, 'data.mdb'), 'utf8')).startsWith('no store')).toBe(true)
})

test.each([100, 5000, 9000])('a store cut short to %i bytes is refused', async length => {
  await fill()
  await truncate(join(path, 'data.mdb'), length)
  await expect(openLmdbStore({ path })).rejects.toThrow(StoreCorruptError)
})

test('a store that lost its second half is refused', async () => {
  await fill()
  const file = join(path, 'data.mdb')
  await truncate(file, Math.floor((await stat(file)).size / 8192) * 4096)
  await expect(openLmdbStore({ path })).rejects.toThrow('has been cut short')
})

test('whatever page is damaged, opening or reading says so or nothing is lost', async () => {
  await fill(300)
  const file = join(path, 'data.mdb')
  const intact = await readFile(file)
  for (let page = 0; page < intact.length / 4096; page++) {
    const bytes = Buffer.from(intact)
    bytes.fill(0xff, page * 4096, (page + 1) * 4096)
    await writeFile(file, bytes)
    const outcome = await readAll().catch(error => error)
    if (outcome !== names.length) expect(outcome).toBeInstanceOf(StoreCorruptError)
  }
})

async function readAll(): Promise<number> {
  const store = await openLmdbStore({ path })
  try {
    for (const key of names) await store.get(key)
    return (await store.range('/', '0')).count
  } finally {
    await store.close()
  }
}

test('a damaged value is reported, the others are fine', async () => {
  await fill()
  const file = join(path, 'data.mdb')
  const bytes = await readFile(file)
  const at = bytes.indexOf(`${names[17]}${names[17]}`)
  bytes[at] = 0
  await writeFile(file, bytes)
  const store = await openLmdbStore({ path })
  await expect(store.get(names[17]!)).rejects.toThrow(
    `the store in ${path} is damaged: the value of ${names[17]} at revision 19 cannot be read`,
  )
  expect((await store.get(names[18]!)).kv?.value.byteLength).toBe(3000)
  await store.close()
})

const child = fileURLToPath(new URL('disk-full.child.ts', import.meta.url))
const unshare = ['unshare', process.getuid?.() === 0 ? '-m' : '-rm', 'sh', '-c']
const canMount = await run(unshare[0]!, [...unshare.slice(1), `mount -t tmpfs tmpfs ${tmpdir()}`]).then(
  () => true,
  () => false,
)

test.skipIf(!canMount)('a full disk fails writes whole, loses nothing, and is over when there is room', async () => {
  const script = `mount -t tmpfs -o size=8m tmpfs "$0" && exec "$1" --import tsx "$2" "$0"`
  const { stdout } = await run(unshare[0]!, [...unshare.slice(1), script, path, process.execPath, child])
  expect(JSON.parse(stdout)).toEqual({
    errors: [
      'the store in PATH could not write: the disk is full. Free some space; writes work again as soon as there is room',
    ],
    whileFull: true,
    revisionWhileFull: true,
    room: true,
    afterwards: true,
    reopened: true,
  })
})
