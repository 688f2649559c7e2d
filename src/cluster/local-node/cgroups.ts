import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Clock, sleep } from '../../apimachinery/clock.ts'

const ROOT = '/sys/fs/cgroup'

/** The machine's cgroup trees: one for version 2, one per controller (or joined controllers) for version 1. */
interface CgroupLayout {
  version: 1 | 2
  /** Folders of the hierarchies' roots. */
  roots: string[]
}

/** Finds out what the machine mounts. A cgroup2 tree beside version 1 ones (hybrid mode) is left alone. */
export async function cgroupLayout(): Promise<CgroupLayout> {
  if (existsSync(path.join(ROOT, 'cgroup.controllers'))) return { version: 2, roots: [ROOT] }
  return { version: 1, roots: hierarchiesOf(await readFile('/proc/self/mountinfo', 'utf8')) }
}

/** Mount points of version 1 hierarchies in the text of /proc/self/mountinfo (proc(5)). */
export function hierarchiesOf(mountinfo: string): string[] {
  const roots = mountinfo.split('\n').flatMap(line => {
    const [left, right] = line.split(' - ')
    const mountPoint = left?.split(' ')[4]
    return right?.startsWith('cgroup ') && mountPoint?.startsWith(`${ROOT}/`) ? [mountPoint] : []
  })
  return [...new Set(roots)]
}

/** Controllers that pods are limited or measured by. */
const WANTED = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids']

const read = async (...parts: string[]) => (await readFile(path.join(...parts), 'utf8')).trim()

/**
 * Makes a cgroup, such as /tsukube/c/n/kubepods, with its ancestors in every hierarchy and makes it able to hold limited
 * cgroups: version 2 hands its controllers down, version 1's cpuset gets its parent's processors and memory nodes.
 */
export async function createCgroup(layout: CgroupLayout, cgroup: string): Promise<void> {
  for (const root of layout.roots) {
    let at = root
    for (const part of cgroup.split('/').filter(Boolean)) {
      if (layout.version === 2) await handDownControllers(at)
      const parent = at
      at = path.join(at, part)
      await mkdir(at, { recursive: true })
      if (layout.version === 1) await inheritCpuset(parent, at)
    }
  }
}

async function handDownControllers(dir: string): Promise<void> {
  const available = (await read(dir, 'cgroup.controllers')).split(' ')
  const enabled = (await read(dir, 'cgroup.subtree_control')).split(' ')
  const missing = WANTED.filter(name => available.includes(name) && !enabled.includes(name))
  // One at a time: a controller that cannot be handed down must not keep back the others.
  for (const name of missing) await writeFile(path.join(dir, 'cgroup.subtree_control'), `+${name}`).catch(() => {})
}

async function inheritCpuset(parent: string, dir: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!existsSync(path.join(dir, file)) || (await read(dir, file)) !== '') continue
    await writeFile(path.join(dir, file), await read(parent, file))
  }
}

/** The files to write a process's number (0 for the writer's own) into so that it joins the cgroup. */
export const procsFiles = (layout: CgroupLayout, cgroup: string): string[] =>
  layout.roots.map(root => path.join(root, cgroup, 'cgroup.procs'))

/** Numbers of the processes in a cgroup and below it. */
async function processesInCgroup(layout: CgroupLayout, cgroup: string): Promise<number[]> {
  const pids = new Set<number>()
  for (const root of layout.roots) {
    for (const dir of await treeOf(path.join(root, cgroup))) {
      const text = await readFile(path.join(dir, 'cgroup.procs'), 'utf8').catch(() => '')
      for (const pid of text.split('\n').filter(Boolean)) pids.add(Number(pid))
    }
  }
  return [...pids]
}

/**
 * Removes a cgroup with all below it from every hierarchy and ends the processes that are still in it.
 * Rejects when they have not gone within 5 s.
 */
export async function removeCgroup(layout: CgroupLayout, cgroup: string, clock: Clock): Promise<void> {
  const deadline = clock.now() + 5_000
  for (;;) {
    for (const pid of await processesInCgroup(layout, cgroup)) killQuietly(pid)
    let left = 0
    for (const root of layout.roots) {
      const tree = await treeOf(path.join(root, cgroup))
      for (const dir of tree.reverse()) await rmdir(dir).catch(error => (left += error.code === 'ENOENT' ? 0 : 1))
    }
    if (left === 0) return
    if (clock.now() > deadline) throw new Error(`cgroup ${cgroup} is still in use and cannot be removed`)
    await sleep(clock, 10)
  }
}

/** Removes ancestors of a removed cgroup that are empty now, up to the hierarchy's root. */
export async function removeEmptyParents(layout: CgroupLayout, cgroup: string): Promise<void> {
  for (const root of layout.roots) {
    for (let at = path.dirname(cgroup); at !== '/'; at = path.dirname(at)) {
      const removed = await rmdir(path.join(root, at)).then(
        () => true,
        error => error.code === 'ENOENT',
      )
      if (!removed) break
    }
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

/** A folder and the folders below it, parents first; empty when it does not exist. */
async function treeOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => undefined)
  if (!entries) return []
  const below = await Promise.all(entries.filter(e => e.isDirectory()).map(e => treeOf(path.join(dir, e.name))))
  return [dir, ...below.flat()]
}
