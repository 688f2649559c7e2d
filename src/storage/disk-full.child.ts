/**
 * Run by lmdb.test.ts with a small file system as its argument: fills it up through a store, makes room, goes on, reopens.
 * Prints what it saw as JSON.
 */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLmdbStore } from './lmdb.ts'
import { StoreUnavailableError } from './store.ts'

const directory = process.argv[2]!
const ballast = join(directory, 'ballast')
const path = join(directory, 'store')
const acknowledged: string[] = []
const refused: string[] = []
const errors = new Set<string>()

await writeFile(ballast, Buffer.alloc(2 << 20))
let store = await openLmdbStore({ path })

async function put(name: string): Promise<void> {
  try {
    const value = Buffer.alloc(50_000, name)
    await store.txn(
      [],
      [
        { type: 'put', key: `/${name}/1`, value },
        { type: 'put', key: `/${name}/2`, value },
      ],
    )
    acknowledged.push(name)
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error
    errors.add(error.message.replace(path, 'PATH'))
    refused.push(name)
  }
}

async function names(): Promise<string[]> {
  const { kvs } = await store.range('/', '0')
  return kvs.map(kv => kv.key)
}

const expected = () => acknowledged.flatMap(name => [`/${name}/1`, `/${name}/2`]).sort()
const same = async () => JSON.stringify(await names()) === JSON.stringify(expected())

for (let i = 0; refused.length === 0; i++) await Promise.all([0, 1, 2, 3].map(n => put(`full-${i}-${n}`)))
await put('still-full')
const whileFull = await same()
const revisionWhileFull = store.revision === acknowledged.length + 1

await rm(ballast)
await put('room-again')
const afterwards = await same()
await store.close()
store = await openLmdbStore({ path })
const reopened = await same()
await store.close()

const room = acknowledged.includes('room-again')
console.log(JSON.stringify({ errors: [...errors], whileFull, revisionWhileFull, room, afterwards, reopened }))
