import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { buildLayer, mergedUsr } from './layer.ts'
import { ociArchive } from './oci-archive.ts'
import { readTar, type TarEntry } from './tar.ts'

const entry = (name: string, link = '', kind: TarEntry['kind'] = 'symlink'): TarEntry => ({
  ...{ path: name, kind, mode: 0o777, uid: 0, gid: 0, link, content: Buffer.alloc(0) },
})

test.each([
  ['bin/sh', 'dash', 'usr/bin/sh', 'dash'],
  ['lib/x/a.so', '../../usr/lib/b.so', 'usr/lib/x/a.so', '/usr/lib/b.so'],
  ['usr/lib/x', '../y', 'usr/lib/x', '../y'],
  ['library/x', 'y', 'library/x', 'y'],
])('the link %s to %s becomes %s to %s', (name, link, moved, target) => {
  expect(mergedUsr(entry(name, link))).toMatchObject({ path: moved, link: target })
})

test('a hard link moves with its target', () => {
  expect(mergedUsr(entry('bin/b', './bin/a', 'hardlink'))).toMatchObject({ path: 'usr/bin/b', link: 'usr/bin/a' })
})

const caches: string[] = []
afterAll(() => Promise.all(caches.map(dir => rm(dir, { recursive: true }))))
async function cache(): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'tsukube-layer-'))
  caches.push(dir)
  return dir
}

const recipe = {
  files: [
    { path: '/a/b/file', content: 'x' },
    { path: '/a/link', link: 'b' },
    { path: '/tmp/', mode: 0o1777 },
  ],
}

test('folders that nobody named are there, before what is in them', async () => {
  const { file } = await buildLayer(recipe, [], await cache())
  const bytes = await readFile(file)
  const read: TarEntry[] = []
  for await (const found of readTar(
    (async function* () {
      yield bytes
    })(),
  ))
    read.push(found)
  expect(read.map(e => `${e.kind} ${e.path} ${e.mode.toString(8)}`)).toEqual([
    'directory a 755',
    'directory a/b 755',
    'file a/b/file 644',
    'symlink a/link 777',
    'directory tmp 1777',
  ])
})

test('the same recipe makes the same image, byte for byte', async () => {
  const build = async () => {
    const layers = [await buildLayer(recipe, [], await cache())]
    const chunks: Buffer[] = []
    for await (const chunk of ociArchive([{ names: ['a', 'a:1'], config: { Cmd: ['x'] }, layers }])) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  const [one, two] = [await build(), await build()]
  expect(one.equals(two)).toBe(true)
  expect(one.toString('latin1')).toContain('"io.containerd.image.name":"docker.io/library/a:1"')
})
