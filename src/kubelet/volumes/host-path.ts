import { mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { VolumePlugin } from './volume.ts'

type Check = (found: Awaited<ReturnType<typeof stat>>) => boolean

const CHECKS: Readonly<Record<string, { readonly is: Check; readonly text: string }>> = {
  Directory: { is: found => found.isDirectory(), text: 'is not a directory' },
  DirectoryOrCreate: { is: found => found.isDirectory(), text: 'is not a directory' },
  File: { is: found => found.isFile(), text: 'is not a file' },
  FileOrCreate: { is: found => found.isFile(), text: 'is not a file' },
  Socket: { is: found => found.isSocket(), text: 'is not a socket file' },
  CharDevice: { is: found => found.isCharacterDevice(), text: 'is not a character device' },
  BlockDevice: { is: found => found.isBlockDevice(), text: 'is not a block device' },
}

/** A file or folder of the node itself, checked, or made, as its type says. */
export const hostPathVolume: VolumePlugin = {
  folder: 'kubernetes.io~host-path',
  handles: volume => volume.hostPath !== undefined,
  handlesClaimed: ({ spec }) => spec.hostPath !== undefined,
  async setUp({ volume, claimed }) {
    const { path: file, type = '' } = (claimed?.volume.spec ?? volume).hostPath!
    let found = await stat(file).catch(() => undefined)
    if (!found && (type === 'DirectoryOrCreate' || type === '')) await mkdir(file, { recursive: true, mode: 0o755 })
    if (!found && type === 'FileOrCreate') {
      await stat(path.dirname(file))
      await writeFile(file, '', { mode: 0o644, flag: 'a' })
    }
    found ??= await stat(file).catch(() => undefined)
    const check = CHECKS[type]
    if (check && !(found && check.is(found))) {
      throw new Error(`hostPath type check failed: ${file} ${check.text}`)
    }
    return { path: file }
  },
}
