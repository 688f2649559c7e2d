import { readFile, statfs } from 'node:fs/promises'

/** What the whole machine uses: CPU time in nanoseconds since it was started, memory and disk in bytes. */
export interface MachineUsage {
  readonly cpuNanos: number
  readonly startedAt: number
  readonly memoryAvailable: number
  readonly memoryWorkingSet: number
  readonly disk: {
    readonly capacity: number
    readonly available: number
    readonly inodes: number
    readonly inodesFree: number
  }
}

/** Ticks per second of /proc/stat. */
const HERTZ = 100

export async function machineUsage(rootDir: string): Promise<MachineUsage> {
  const [stat, meminfo, disk] = await Promise.all([
    readFile('/proc/stat', 'utf8'),
    readFile('/proc/meminfo', 'utf8'),
    statfs(rootDir),
  ])
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
    .split('\n')[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
  return {
    cpuNanos: ((user + nice + system + irq + softirq + steal) / HERTZ) * 1e9,
    startedAt: Number(/^btime (\d+)/m.exec(stat)?.[1] ?? 0) * 1000,
    memoryAvailable: kb('MemAvailable'),
    memoryWorkingSet: kb('MemTotal') - kb('MemAvailable'),
    disk: {
      capacity: disk.blocks * disk.bsize,
      available: disk.bavail * disk.bsize,
      inodes: disk.files,
      inodesFree: disk.ffree,
    },
  }
}
