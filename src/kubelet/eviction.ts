import { readFile, statfs } from 'node:fs/promises'
import { aggregateContainers } from '../api/core/pod/pod-resources.ts'
import type { Pod } from '../api/core/pod.ts'
import { quantityValue } from '../apimachinery/quantity.ts'

/** What the node runs short of. */
export interface Pressures {
  readonly memory: boolean
  readonly disk: boolean
  readonly pid: boolean
}

/** When the node counts as short of something, and when it makes room. Shares are of the whole. */
export interface Thresholds {
  /** Bytes that must be available. */
  readonly memory: number
  /** Shares of the disk and of its inodes that must be free. */
  readonly disk: number
  readonly inodes: number
  /** Share of process numbers that must be free. */
  readonly pids: number
  /** Shares of the disk in use from which on, and down to which, unused images are removed. */
  readonly imagesHigh: number
  readonly imagesLow: number
}

/** Upstream's: memory.available<100Mi, nodefs.available<10%, nodefs.inodesFree<5%, images from 85% down to 80%. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  memory: 100 << 20,
  disk: 0.1,
  inodes: 0.05,
  pids: 0.01,
  imagesHigh: 0.85,
  imagesLow: 0.8,
}

export interface Supplies {
  /** Bytes. */
  readonly memoryAvailable: number
  /** Shares of the whole. */
  readonly diskAvailable: number
  readonly inodesFree: number
  readonly pidsFree: number
}

/** What is left of the machine's resources. */
export async function suppliesOf(rootDir: string): Promise<Supplies> {
  const [meminfo, disk, limit, load] = await Promise.all([
    readFile('/proc/meminfo', 'utf8'),
    statfs(rootDir),
    readFile('/proc/sys/kernel/pid_max', 'utf8'),
    readFile('/proc/loadavg', 'utf8'),
  ])
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024
  const processes = Number(/\/(\d+) /.exec(load)?.[1] ?? 0)
  return {
    memoryAvailable: available,
    diskAvailable: disk.bavail / disk.blocks,
    inodesFree: disk.files > 0 ? disk.ffree / disk.files : 1,
    pidsFree: 1 - processes / Number(limit),
  }
}

export function pressuresOf(
  { memoryAvailable, diskAvailable, inodesFree, pidsFree }: Supplies,
  least: Thresholds,
): Pressures {
  return {
    memory: memoryAvailable < least.memory,
    disk: diskAvailable < least.disk || inodesFree < least.inodes,
    pid: pidsFree < least.pids,
  }
}

/** The usage of a pod, in bytes of memory. */
export type MemoryUse = (pod: Pod) => number

/**
 * The pod to evict first when memory is short: those that use more than they request go before others, then those of low
 * priority, then those that exceed their request most. Critical pods never go.
 */
export function victimOf(pods: readonly Pod[], use: MemoryUse): Pod | undefined {
  const rank = (pod: Pod) => {
    const excess = use(pod) - quantityValue(aggregateContainers(pod.spec, 'requests').memory ?? '0')
    return { pod, excess, exceeds: excess > 0, priority: pod.spec.priority ?? 0 }
  }
  const ranked = pods.filter(({ spec }) => (spec.priority ?? 0) < 2_000_000_000).map(rank)
  ranked.sort((a, b) => Number(b.exceeds) - Number(a.exceeds) || a.priority - b.priority || b.excess - a.excess)
  return ranked[0]?.pod
}

/** The words that an evicted pod's status and event bear. */
export function evictionMessage(
  resource: 'memory' | 'ephemeral-storage',
  { memoryAvailable }: Supplies,
  { memory }: Thresholds,
): string {
  const detail =
    resource === 'memory'
      ? `Threshold quantity: ${Math.floor(memory / (1 << 20))}Mi, available: ${Math.floor(memoryAvailable / 1024)}Ki. `
      : ''
  return `The node was low on resource: ${resource}. ${detail}`
}
