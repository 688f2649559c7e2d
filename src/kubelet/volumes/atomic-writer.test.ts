import { lstat, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeAtomically } from './atomic-writer.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tsukube-volume-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const files = (contents: Record<string, string>, mode = 0o644) =>
  new Map(Object.entries(contents).map(([name, text]) => [name, { data: Buffer.from(text), mode }]))
const visible = async () => (await readdir(dir)).filter(name => !name.startsWith('..')).sort()
const read = (name: string) => readFile(path.join(dir, name), 'utf8')

test('files appear as links through ..data', async () => {
  await writeAtomically(dir, files({ a: '1', 'deep/b': '2' }))
  expect(await visible()).toEqual(['a', 'deep'])
  expect(await readlink(path.join(dir, 'a'))).toBe('..data/a')
  expect([await read('a'), await read('deep/b')]).toEqual(['1', '2'])
})

test('a change swaps all files at once and leaves nothing behind', async () => {
  await writeAtomically(dir, files({ a: '1', b: '1' }))
  const before = await readlink(path.join(dir, '..data'))
  expect(await writeAtomically(dir, files({ a: '2', c: '2' }))).toBe(true)
  expect(await visible()).toEqual(['a', 'c'])
  expect(await read('a')).toBe('2')
  const inside = await readdir(dir)
  expect(inside).not.toContain(before)
  expect(inside.filter(name => name.startsWith('..'))).toHaveLength(2)
})

test('without a change nothing is written', async () => {
  await writeAtomically(dir, files({ a: '1' }))
  const before = await readlink(path.join(dir, '..data'))
  expect(await writeAtomically(dir, files({ a: '1' }))).toBe(false)
  expect(await readlink(path.join(dir, '..data'))).toBe(before)
})

test('modes are as asked for, whatever the umask', async () => {
  await writeAtomically(dir, files({ a: '1' }, 0o666))
  expect((await lstat(path.join(dir, '..data/a'))).mode & 0o777).toBe(0o666)
})
