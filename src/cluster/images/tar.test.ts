import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { readTar, TAR_END, type TarEntry, tarEntry } from './tar.ts'

const entry = (path: string, more: Partial<TarEntry> = {}): TarEntry => ({
  ...{ path, kind: 'file', mode: 0o644, uid: 0, gid: 0, link: '', content: Buffer.alloc(0) },
  ...more,
})

const long = `${'folder/'.repeat(30)}ünïcode-${'x'.repeat(90)}`

const entries = [
  entry('etc', { kind: 'directory', mode: 0o755 }),
  entry('etc/hosts', { content: Buffer.from('127.0.0.1 localhost\n'), mode: 0o4755, uid: 33, gid: 4 }),
  entry('bin/sh', { kind: 'symlink', link: 'dash' }),
  entry(long, { content: Buffer.alloc(513, 'a') }),
  entry('link', { kind: 'symlink', link: `/${long}` }),
  entry('hard', { kind: 'hardlink', link: 'etc/hosts' }),
]

const archive = () => Buffer.concat([...entries.map(tarEntry), TAR_END])

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test.each([1, 7, 512, 1 << 20])('what was written is read, in pieces of %i bytes', async size => {
  const read: TarEntry[] = []
  for await (const found of readTar(inPieces(archive(), size))) read.push(found)
  expect(read).toEqual(entries)
})

test('a stream that ends inside a file is refused', async () => {
  const read = async () => {
    for await (const _ of readTar(inPieces(archive().subarray(0, 1024), 512)));
  }
  await expect(read()).rejects.toThrow('ends inside a file')
})

test('GNU tar reads what we write', () => {
  const listing = spawnSync('tar', ['-tf', '-'], { input: archive(), encoding: 'utf8', env: { LC_ALL: 'C.UTF-8' } })
  expect(listing.status).toBe(0)
  expect(listing.stdout).toContain('bin/sh\n')
  expect(listing.stdout).toMatch(/x{90}\n/)
})

test('what GNU tar writes is read', async () => {
  const name = 'y'.repeat(150)
  const made = spawnSync('sh', [
    '-c',
    `cd "$(mktemp -d)" && echo hi > ${name} && tar --format=gnu -cf - ./${name} && rm ${name} && rmdir "$PWD"`,
  ])
  const read: TarEntry[] = []
  for await (const found of readTar(inPieces(made.stdout, 4096))) read.push(found)
  expect(read.map(e => [e.path, e.content.toString()])).toEqual([[name, 'hi\n']])
})
