import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Hierarchies } from '../cgroups/hierarchies.ts'

/** What a cgroup uses: CPU time in nanoseconds since it was made, memory in bytes. */
export interface Usage {
  readonly cpuNanos: number
  readonly memoryUsage: number
  readonly memoryWorkingSet: number
  readonly memoryRss: number
  readonly pageFaults: number
  readonly majorPageFaults: number
  readonly memoryLimit: number | undefined
  readonly processes: number
}

/** Version 1's way of saying that there is no limit begins here. */
const UNLIMITED = 2 ** 60

const read = (...parts: string[]) => readFile(path.join(...parts), 'utf8')
const number = async (...parts: string[]) => Number((await read(...parts).catch(() => '0')).trim()) || 0

function fields(text: string): (name: string) => number {
  const values = new Map(text.split('\n').map(line => line.split(' ') as [string, string]))
  return name => Number(values.get(name) ?? 0)
}

/** What a cgroup, named from a tree's root, uses; undefined when it does not exist. */
export async function usageOf(trees: Hierarchies, cgroup: string): Promise<Usage | undefined> {
  try {
    return trees.version === 2 ? await version2(path.join(trees.roots[0]!, cgroup)) : await version1(trees, cgroup)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENODEV')
      return undefined
    throw error
  }
}

async function version2(dir: string): Promise<Usage> {
  const [cpu, memory, usage, max, processes] = await Promise.all([
    read(dir, 'cpu.stat').then(fields),
    read(dir, 'memory.stat').then(fields),
    number(dir, 'memory.current'),
    read(dir, 'memory.max').catch(() => 'max'),
    number(dir, 'pids.current'),
  ])
  return {
    cpuNanos: cpu('usage_usec') * 1000,
    memoryUsage: usage,
    memoryWorkingSet: Math.max(0, usage - memory('inactive_file')),
    memoryRss: memory('anon'),
    pageFaults: memory('pgfault'),
    majorPageFaults: memory('pgmajfault'),
    memoryLimit: max.trim() === 'max' ? undefined : Number(max),
    processes,
  }
}

async function version1(trees: Hierarchies, cgroup: string): Promise<Usage> {
  const at = (controller: string) => path.join(trees.rootOf(controller) ?? '/nonexistent', cgroup)
  const [cpuNanos, memory, usage, limit, processes] = await Promise.all([
    read(at('cpuacct'), 'cpuacct.usage').then(Number),
    read(at('memory'), 'memory.stat').then(fields),
    number(at('memory'), 'memory.usage_in_bytes'),
    number(at('memory'), 'memory.limit_in_bytes'),
    number(at('pids'), 'pids.current'),
  ])
  return {
    cpuNanos,
    memoryUsage: usage,
    memoryWorkingSet: Math.max(0, usage - memory('total_inactive_file')),
    memoryRss: memory('total_rss'),
    pageFaults: memory('total_pgfault'),
    majorPageFaults: memory('total_pgmajfault'),
    memoryLimit: limit > 0 && limit < UNLIMITED ? limit : undefined,
    processes,
  }
}
