import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLmdbStore } from './lmdb.ts'
import { openMemoryStore } from './memory.ts'
import { CompactedError, type Operation, type Store, StoreUnavailableError, type WatchEvent } from './store.ts'

/** Keys and what they hold, as plain as can be. */
type Entries = Record<string, { value: string; createRevision: number; modRevision: number; version: number }>

interface Change {
  key: string
  /** undefined deletes. */
  value: string | undefined
}

interface Write {
  compare: { key: string; right: boolean }[]
  changes: Change[]
}

type Step =
  | { type: 'burst'; writes: Write[] }
  | { type: 'failing burst'; writes: Write[] }
  | { type: 'compact'; at: number }
  | { type: 'reopen' }

/** A store kept as one full copy per revision. */
class Model {
  states: Entries[] = [{}, {}]
  events: { revision: number; changes: Change[] }[] = []
  compactedRevision = 0

  get revision(): number {
    return this.states.length - 1
  }

  /** What the write should return. */
  write({ compare, changes }: Write) {
    const now = this.states.at(-1)!
    if (!compare.every(({ right }) => right)) return 'refused'
    const next = { ...now }
    const effective = changes.filter(({ key, value }) => value !== undefined || now[key])
    if (effective.length === 0) return 'unchanged'
    const revision = this.states.length
    for (const { key, value } of effective) {
      const before = now[key]
      if (value === undefined) delete next[key]
      else {
        const createRevision = before?.createRevision ?? revision
        next[key] = { value, createRevision, modRevision: revision, version: (before?.version ?? 0) + 1 }
      }
    }
    this.states.push(next)
    this.events.push({ revision, changes: effective })
    return revision
  }
}

const key = fc.constantFrom('/a', '/b', '/b/1', '/c')
const change = fc.record({ key, value: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }) })
const write = fc.record({
  compare: fc.uniqueArray(fc.record({ key, right: fc.integer({ max: 9 }).map(n => n !== 0) }), {
    maxLength: 2,
    selector: compare => compare.key,
  }),
  changes: fc.uniqueArray(change, { maxLength: 3, selector: one => one.key }),
})
const writes = fc.array(write, { minLength: 1, maxLength: 6 })
const steps = (...other: fc.Arbitrary<Step>[]) => {
  const burst = fc.record({ type: fc.constant('burst' as const), writes })
  const compact = fc.record({ type: fc.constant('compact' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) })
  return fc.array(fc.oneof(burst, burst, compact, ...other), { maxLength: 12 })
}

function operations(changes: readonly Change[]): Operation[] {
  return changes.map(({ key, value }) =>
    value === undefined ? { type: 'delete', key } : { type: 'put', key, value: Buffer.from(value) },
  )
}

function issue(store: Store, { compare, changes }: Write, now: Entries) {
  const comparisons = compare.map(({ key, right }) => {
    const modRevision = now[key]?.modRevision ?? 0
    return { key, modRevision: right ? modRevision : modRevision + 1 }
  })
  return store.txn(comparisons, operations(changes))
}

async function burst(store: Store, model: Model, writes: readonly Write[]): Promise<void> {
  const pending = writes.map(write => {
    const before = model.states.at(-1)!
    const result = issue(store, write, before)
    return { write, before, expected: model.write(write), result }
  })
  for (const { write, before, expected, result } of pending) {
    const got = await result
    if (expected === 'refused') {
      const current = got.succeeded ? undefined : got.current.map(kv => kv && Buffer.from(kv.value).toString())
      expect(current).toEqual(write.compare.map(({ key }) => before[key]?.value))
    } else {
      expect(got.succeeded).toBe(true)
      if (expected !== 'unchanged') expect(got.revision).toBe(expected)
    }
    expect(got.revision).toBeLessThanOrEqual(store.revision)
  }
}

async function failingBurst(store: Store, model: Model, writes: readonly Write[]): Promise<void> {
  const imagined = new Model()
  imagined.states = [...model.states]
  const pending = writes.map(write => {
    const result = issue(store, write, imagined.states.at(-1)!)
    return { changes: typeof imagined.write(write) === 'number', result: result.catch(error => error) }
  })
  for (const { changes, result } of pending) {
    if (changes) expect(await result).toBeInstanceOf(StoreUnavailableError)
    await result
  }
}

async function compact(store: Store, model: Model, at: number): Promise<void> {
  const revision = model.compactedRevision + 1 + Math.floor(at * (model.revision - model.compactedRevision))
  if (revision > model.revision) return
  await store.compact(revision)
  model.compactedRevision = revision
}

function show({ type, kv, previous }: WatchEvent, kept: number): string {
  const before = previous && previous.modRevision >= kept ? ` was ${Buffer.from(previous.value)}` : ''
  return `${kv.modRevision} ${type} ${kv.key} ${Buffer.from(kv.value)}${before}`
}

async function expectAlike(store: Store, model: Model): Promise<void> {
  expect(store.revision).toBe(model.revision)
  for (let revision = Math.max(1, model.compactedRevision); revision <= model.revision; revision++) {
    const { kvs } = await store.range('/', '0', { revision })
    const entries = kvs.map(({ key, value, ...rest }) => [key, { value: Buffer.from(value).toString(), ...rest }])
    expect(Object.fromEntries(entries)).toEqual(model.states[revision])
  }
  if (model.compactedRevision > 0) {
    await expect(store.get('/a', { revision: model.compactedRevision - 1 || -1 })).rejects.toThrow(CompactedError)
  }
  await expectSameEvents(store, model)
}

async function expectSameEvents(store: Store, model: Model): Promise<void> {
  const from = Math.max(2, model.compactedRevision)
  const expected = model.events
    .filter(({ revision }) => revision >= from)
    .flatMap(({ revision, changes }) =>
      changes.map(({ key, value }) => {
        const previous = model.states[revision - 1]![key]
        const before = previous && previous.modRevision >= from ? ` was ${previous.value}` : ''
        return `${revision} ${value === undefined ? 'delete' : 'put'} ${key} ${value ?? ''}${before}`
      }),
    )
  const seen: string[] = []
  if (from <= model.revision) {
    const controller = new AbortController()
    for await (const { events, revision } of store.watch('/', '0', from, controller.signal)) {
      seen.push(...events.map(event => show(event, from)))
      if (revision === model.revision) controller.abort()
    }
  }
  expect(seen).toEqual(expected)
}

test('the memory store behaves like the model, also when commits fail', async () => {
  const failing = fc.record({ type: fc.constant('failing burst' as const), writes })
  await fc.assert(
    fc.asyncProperty(steps(failing), async history => {
      let broken = false
      const beforeCommit = async () => {
        if (broken) throw new Error('no room')
      }
      const store = openMemoryStore({ beforeCommit })
      const model = new Model()
      for (const step of history) {
        broken = step.type === 'failing burst'
        if (step.type === 'burst') await burst(store, model, step.writes)
        if (step.type === 'failing burst') await failingBurst(store, model, step.writes)
        if (step.type === 'compact') await compact(store, model, step.at)
        await expectAlike(store, model)
      }
      await store.close()
    }),
    { numRuns: 300, seed: 1 },
  )
})

test('the LMDB store behaves like the model, also when it is reopened', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tsukube-store-'))
  let run = 0
  await fc.assert(
    fc.asyncProperty(steps(fc.constant({ type: 'reopen' as const })), async history => {
      const path = join(directory, String(run++))
      let store = await openLmdbStore({ path })
      const model = new Model()
      for (const step of history) {
        if (step.type === 'burst') await burst(store, model, step.writes)
        if (step.type === 'compact') await compact(store, model, step.at)
        if (step.type === 'reopen') {
          await store.close()
          store = await openLmdbStore({ path })
          expect(store.compactedRevision).toBe(model.compactedRevision)
        }
        await expectAlike(store, model)
      }
      await store.close()
    }),
    { numRuns: 60, seed: 2 },
  )
  await rm(directory, { recursive: true })
}, 60_000)
