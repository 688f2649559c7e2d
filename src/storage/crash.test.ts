import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { seededRandom } from '../apimachinery/random.ts'
import { openLmdbStore } from './lmdb.ts'
import type { Store } from './store.ts'

const ROUNDS = 8
const child = fileURLToPath(new URL('crash.child.ts', import.meta.url))

interface Acknowledged {
  sequence: number
  revision: number
}

/** Runs the writers, kills them after `count` acknowledgements, and returns the last one that each writer saw. */
async function writeAndKill(path: string, count: number): Promise<Map<string, Acknowledged>> {
  const writers = spawn(process.execPath, ['--import', 'tsx', child, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(writers, 'exit')
  const last = new Map<string, Acknowledged>()
  let seen = 0
  for await (const line of createInterface({ input: writers.stdout })) {
    const [writer, sequence, revision] = line.split(' ')
    last.set(writer!, { sequence: Number(sequence), revision: Number(revision) })
    if (++seen === count) writers.kill('SIGKILL')
  }
  expect((await exited)[1]).toBe('SIGKILL')
  return last
}

/** What each writer's keys hold: the sequence number, once it is the same in all three. */
async function stored(store: Store): Promise<Map<string, Acknowledged>> {
  const found = new Map<string, Acknowledged>()
  for (const { key, value, modRevision } of (await store.range('/', '0')).kvs) {
    const text = Buffer.from(value).toString()
    const sequence = Number.parseInt(text, 10)
    expect(text).toBe(`${sequence} `.repeat(text.length).slice(0, text.length))
    const writer = key.split('/')[1]!
    const entry = { sequence, revision: modRevision }
    expect(found.get(writer) ?? entry).toEqual(entry)
    found.set(writer, entry)
  }
  return found
}

test('whenever the process is killed, every acknowledged write is there and none by half', async () => {
  const path = await mkdtemp(join(tmpdir(), 'tsukube-store-'))
  const random = seededRandom(20)
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await writeAndKill(path, 1 + Math.floor(random.next() * 800))
    const store = await openLmdbStore({ path })
    const found = await stored(store)
    for (const [writer, { sequence, revision }] of acknowledged) {
      const kept = found.get(writer)
      expect(kept?.sequence).toBeGreaterThanOrEqual(sequence)
      expect(kept?.sequence).toBeLessThanOrEqual(sequence + 1)
      expect(kept?.revision).toBeGreaterThanOrEqual(revision)
    }
    const { count } = await store.range('/', '0')
    expect(count).toBe(found.size * 3)
    await store.close()
  }
  await rm(path, { recursive: true })
}, 30_000)
