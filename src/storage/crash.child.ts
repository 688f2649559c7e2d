/**
 * Run by crash.test.ts until it is killed: writers that each rewrite their three keys in one transaction, one after the
 * other, while the past is compacted. Prints "writer sequence revision" after each acknowledgement.
 */
import { openLmdbStore } from './lmdb.ts'

const WRITERS = 12
const store = await openLmdbStore({ path: process.argv[2]! })

async function newest(writer: number): Promise<number> {
  const { kv } = await store.get(`/${writer}/0`)
  return kv ? Number.parseInt(Buffer.from(kv.value).toString(), 10) : 0
}

async function write(writer: number): Promise<never> {
  for (let sequence = (await newest(writer)) + 1; ; sequence++) {
    const value = Buffer.alloc(20 + ((sequence * 997 + writer * 131) % 5000), `${sequence} `)
    const result = await store.txn(
      [],
      [0, 1, 2].map(i => ({ type: 'put', key: `/${writer}/${i}`, value })),
    )
    // Whoever reads may be slower than we are.
    await new Promise(told => process.stdout.write(`${writer} ${sequence} ${result.revision}\n`, told))
    if (sequence % 25 === 0) await store.compact(store.revision).catch(() => {})
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))
