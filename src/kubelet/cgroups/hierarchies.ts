import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

const ROOT = '/sys/fs/cgroup'

/** The machine's cgroup trees: one for version 2, one per controller (or joined controllers) for version 1. */
export interface Hierarchies {
  readonly version: 1 | 2
  /** Folders of the roots. */
  readonly roots: readonly string[]
  /** The root of the tree with a controller, such as `memory`; undefined when there is none. */
  rootOf(controller: string): string | undefined
}

/** Finds out what the machine mounts; a cgroup2 tree beside version 1 ones is left alone. */
export async function cgroupHierarchies(): Promise<Hierarchies> {
  if (existsSync(path.join(ROOT, 'cgroup.controllers'))) return { version: 2, roots: [ROOT], rootOf: () => ROOT }
  return version1(await readFile('/proc/self/mountinfo', 'utf8'))
}

/** Version 1 trees in the text of /proc/self/mountinfo (proc(5)). */
export function version1(mountinfo: string): Hierarchies {
  const controllers = new Map<string, string>()
  const roots = new Set<string>()
  for (const line of mountinfo.split('\n')) {
    const [left = '', right = ''] = line.split(' - ')
    const mountPoint = left.split(' ')[4] ?? ''
    const [type, , options = ''] = right.split(' ')
    if (type !== 'cgroup' || !mountPoint.startsWith(`${ROOT}/`)) continue
    roots.add(mountPoint)
    for (const option of options.split(',')) if (!controllers.has(option)) controllers.set(option, mountPoint)
  }
  return { version: 1, roots: [...roots], rootOf: controller => controllers.get(controller) }
}
