import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Hierarchies } from './hierarchies.ts'

/** Limits of a cgroup; what is undefined or 0 is left as it is. */
export interface CgroupLimits {
  readonly cpuShares?: number
  /** Microseconds per 100 ms; 0 means no limit. */
  readonly cpuQuota?: number
  readonly memoryLimitInBytes?: number
  readonly pids?: number
}

const PERIOD_US = 100_000

const read = async (...parts: string[]) => (await readFile(path.join(...parts), 'utf8')).trim()

/** Makes a cgroup, named from a tree's root, with its ancestors in every tree, and sets its limits. */
export async function ensureCgroup(trees: Hierarchies, cgroup: string, limits: CgroupLimits): Promise<void> {
  await Promise.all(trees.roots.map(root => makeIn(trees, root, cgroup)))
  if (trees.version === 2) await limitVersion2(path.join(trees.roots[0]!, cgroup), limits)
  else await limitVersion1(trees, cgroup, limits)
}

async function makeIn(trees: Hierarchies, root: string, cgroup: string): Promise<void> {
  let at = root
  for (const part of cgroup.split('/').filter(Boolean)) {
    const parent = at
    at = path.join(at, part)
    if (trees.version === 2) await handDownControllers(parent)
    if (existsSync(at)) continue
    await mkdir(at, { recursive: true })
    if (trees.version === 1) await inheritCpuset(parent, at)
  }
}

async function handDownControllers(dir: string): Promise<void> {
  const available = (await read(dir, 'cgroup.controllers')).split(' ')
  const enabled = (await read(dir, 'cgroup.subtree_control')).split(' ')
  for (const name of available) {
    // One that cannot be handed down must not keep back the others.
    if (name && !enabled.includes(name))
      await writeFile(path.join(dir, 'cgroup.subtree_control'), `+${name}`).catch(() => {})
  }
}

async function inheritCpuset(parent: string, dir: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!existsSync(path.join(dir, file)) || (await read(dir, file)) !== '') continue
    await writeFile(path.join(dir, file), await read(parent, file))
  }
}

async function limitVersion2(
  dir: string,
  { cpuShares, cpuQuota, memoryLimitInBytes, pids }: CgroupLimits,
): Promise<void> {
  const set = (file: string, value: string | number) => writeFile(path.join(dir, file), String(value)).catch(() => {})
  if (cpuShares) await set('cpu.weight', weightOf(cpuShares))
  if (cpuQuota) await set('cpu.max', `${cpuQuota} ${PERIOD_US}`)
  if (memoryLimitInBytes) await set('memory.max', memoryLimitInBytes)
  if (pids) await set('pids.max', pids)
}

/** cgroup v2's weight, from 1 to 10000, for version 1's shares, from 2 to 262144. */
export const weightOf = (shares: number): number => Math.floor(1 + ((shares - 2) * 9999) / 262_142)

async function limitVersion1(trees: Hierarchies, cgroup: string, limits: CgroupLimits): Promise<void> {
  const set = async (controller: string, file: string, value: number | undefined) => {
    const root = trees.rootOf(controller)
    if (root && value) await writeFile(path.join(root, cgroup, file), String(value)).catch(() => {})
  }
  await set('cpu', 'cpu.shares', limits.cpuShares)
  await set('cpu', 'cpu.cfs_period_us', limits.cpuQuota && PERIOD_US)
  await set('cpu', 'cpu.cfs_quota_us', limits.cpuQuota)
  await set('memory', 'memory.limit_in_bytes', limits.memoryLimitInBytes)
  await set('pids', 'pids.max', limits.pids)
}

/** Removes a cgroup and those below it from every tree. Processes in it are killed. */
export async function removeCgroup(trees: Hierarchies, cgroup: string): Promise<void> {
  for (const root of trees.roots) {
    for (const dir of (await treeOf(path.join(root, cgroup))).reverse()) {
      const pids = (await readFile(path.join(dir, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
      for (const pid of pids) kill(Number(pid))
      await rmdir(dir).catch(error => {
        if (error.code !== 'ENOENT') throw new Error(`cgroup ${cgroup} is still in use`, { cause: error })
      })
    }
  }
}

function kill(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL')
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
