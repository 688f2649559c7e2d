import { chmod, lchown, lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Pod } from '../../api/core/pod.ts'

const GROUP_FILE = 0o660
const GROUP_DIR = 0o2770

/**
 * Lets the pod's fsGroup own a volume: its files become the group's to read and write, and new files inherit the group.
 * With OnRootMismatch nothing is done when the volume's root already is so.
 */
export async function ownByGroup(root: string, pod: Pod): Promise<void> {
  const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {}
  if (fsGroup === undefined) return
  const { gid, mode } = await lstat(root)
  const fits = gid === fsGroup && (mode & GROUP_DIR) === GROUP_DIR
  if (fits && fsGroupChangePolicy === 'OnRootMismatch') return
  await give(root, fsGroup)
}

async function give(file: string, group: number): Promise<void> {
  const stat = await lstat(file)
  await lchown(file, stat.uid, group)
  if (stat.isSymbolicLink()) return
  if (!stat.isDirectory()) {
    await chmod(file, stat.mode | GROUP_FILE)
    return
  }
  await chmod(file, stat.mode | GROUP_DIR)
  for (const name of await readdir(file)) await give(path.join(file, name), group)
}
