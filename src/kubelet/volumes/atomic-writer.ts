import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import type { Payload } from './volume.ts'

const DATA = '..data'
const NEW_DATA = '..data_tmp'

/**
 * Makes a folder show these files, all at once: they are written to a folder with a fresh name, which the link `..data`
 * then points to; every file that a reader sees is a link through it (upstream pkg/volume/util/atomic_writer.go).
 * Does nothing, and answers false, when they are shown already. `group` owns the files where it is given.
 */
export async function writeAtomically(dir: string, files: Payload, group?: number): Promise<boolean> {
  await mkdir(dir, { recursive: true })
  const old = await readlink(path.join(dir, DATA)).catch(() => undefined)
  if (old && (await shows(path.join(dir, old), files))) return false

  const fresh = await mkdtemp(path.join(dir, `..${stampOf(dir)}.`))
  await chmod(fresh, 0o755)
  for (const [name, { data, mode }] of files) {
    const file = path.join(fresh, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, data)
    await chmod(file, group === undefined ? mode : mode | ((mode & 0o400) >> 3))
    if (group !== undefined) await chown(file, -1, group)
  }
  if (group !== undefined) await chown(fresh, -1, group)
  await rm(path.join(dir, NEW_DATA), { force: true })
  await symlink(path.basename(fresh), path.join(dir, NEW_DATA))
  await rename(path.join(dir, NEW_DATA), path.join(dir, DATA))

  const tops = new Set([...files.keys()].map(name => name.split('/')[0]!))
  for (const top of tops) {
    const link = path.join(dir, top)
    if (await lstat(link).catch(() => undefined)) continue
    await symlink(path.join(DATA, top), link)
  }
  for (const entry of await readdir(dir)) {
    if (!entry.startsWith('..') && !tops.has(entry)) await rm(path.join(dir, entry), { force: true })
  }
  if (old) await rm(path.join(dir, old), { recursive: true, force: true })
  return true
}

/** Upstream names the folders by time; which time does not matter, only that names do not repeat. */
const stampOf = (dir: string) => path.basename(dir).slice(0, 16)

async function shows(dir: string, files: Payload): Promise<boolean> {
  const there = await filesBelow(dir, '')
  if (there.length !== files.size) return false
  for (const name of there) {
    const wanted = files.get(name)
    if (!wanted) return false
    const { mode } = await lstat(path.join(dir, name))
    if ((mode & wanted.mode) !== wanted.mode) return false
    if (!(await readFile(path.join(dir, name))).equals(wanted.data)) return false
  }
  return true
}

async function filesBelow(dir: string, prefix: string): Promise<string[]> {
  const entries = await readdir(path.join(dir, prefix), { withFileTypes: true }).catch(() => [])
  const names = await Promise.all(
    entries.map(entry => {
      const name = path.join(prefix, entry.name)
      return entry.isDirectory() ? filesBelow(dir, name) : [name]
    }),
  )
  return names.flat()
}
