import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, realpath, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { bindMount } from './mount.ts'

/** open(2): only names the file, without reading it. */
const O_PATH = 0o10000000
const THROUGH = (handle: FileHandle, name = '') => path.join(`/proc/self/fd/${handle.fd}`, name)

/**
 * Shows a part of a volume at `target`. The part must lie in the volume, also when links in it change meanwhile: the
 * final path is walked folder by folder without following links, and what that arrives at is what gets mounted
 * (upstream pkg/volume/util/subpath). A part that is missing becomes a folder.
 */
export async function mountSubPath(volume: string, subPath: string, target: string): Promise<void> {
  const root = await realpath(volume)
  const wanted = path.join(root, subPath)
  if (!isInside(root, wanted)) throw new Error(`subPath ${subPath} leads out of the volume`)
  await makeMissing(root, subPath)
  const resolved = await realpath(wanted)
  if (!isInside(root, resolved)) throw new Error(`subPath ${subPath} not within volume path ${volume}`)
  const handle = await walk(root, path.relative(root, resolved).split(path.sep).filter(Boolean))
  try {
    if ((await handle.stat()).isDirectory()) await mkdir(target, { recursive: true })
    else {
      await mkdir(path.dirname(target), { recursive: true })
      await writeFile(target, '', { flag: 'a' })
    }
    await bindMount(`/proc/${process.pid}/fd/${handle.fd}`, target)
  } finally {
    await handle.close()
  }
}

const isInside = (root: string, file: string) => file === root || file.startsWith(root === '/' ? '/' : `${root}/`)

async function makeMissing(root: string, subPath: string): Promise<void> {
  let at = root
  for (const part of subPath.split('/').filter(Boolean)) {
    const next = path.join(at, part)
    const real = await realpath(next).catch(() => undefined)
    if (real && !isInside(root, real)) throw new Error(`subPath ${subPath} not within volume path ${root}`)
    if (!real) await mkdir(next, { mode: 0o750 })
    at = real ?? next
  }
}

async function walk(root: string, parts: readonly string[]): Promise<FileHandle> {
  const flags = O_PATH | constants.O_NOFOLLOW
  let handle = await open(root, flags)
  try {
    for (const part of parts) {
      const next = await open(THROUGH(handle, part), flags)
      await handle.close()
      handle = next
      if ((await handle.stat()).isSymbolicLink()) throw new Error(`unexpected symlink found ${part}`)
    }
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}
