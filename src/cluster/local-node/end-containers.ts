import { readdir, readFile } from 'node:fs/promises'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import { nodeFiles } from './names.ts'
import { readIdentity } from './node-end.ts'
import { isRunning, type ProcessIdentity, processesOfNamespace, statOf } from './process.ts'

/** What programs get to write down what they have, once they are asked to end. */
const GRACE_MS = 3_000
const GLANCE_MS = 10
const SIGTERM = 15
/** As /proc names it: fifteen characters. */
const SHIM = 'containerd-shim'
const PAUSE = 'catatonit'
/** Who would take note of the end of a container, or start it again. */
const WATCHERS = new Set(['containerd', 'node'])

/**
 * Asks the programs in a node's containers to end and gives them a moment, before the node itself is ended. The runtime and the
 * agent are halted meanwhile: to them the containers have run until the node went, as when a machine is switched off.
 */
export async function endContainers(dir: string, clock: Clock): Promise<void> {
  const init = await readIdentity(nodeFiles(dir).initPid)
  if (!init) return
  const inside = await processesOfNamespace(init.pid)
  const shims = new Set(inside.filter(({ command }) => command === SHIM).map(({ pid }) => pid))
  if (shims.size === 0) return
  const programs = await childrenOf(shims)
  for (const { pid, command } of inside) if (WATCHERS.has(command)) signal(pid, 'SIGSTOP')
  const asked: ProcessIdentity[] = []
  for (const program of programs) {
    if (!(await heeds(program.pid))) continue
    signal(program.pid, 'SIGTERM')
    asked.push(program)
  }
  const deadline = clock.now() + GRACE_MS
  while (asked.some(isRunning) && clock.now() < deadline) await sleep(clock, GLANCE_MS)
}

/** The first processes of containers: children of the runtime's shims. */
async function childrenOf(shims: ReadonlySet<number>): Promise<ProcessIdentity[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
  return pids.flatMap(pid => {
    const stat = statOf(pid)
    return stat && shims.has(stat.parent) && stat.command !== PAUSE ? [{ pid, startTime: stat.startTime }] : []
  })
}

/** Whether a process handles SIGTERM; the first of a container that does not never hears of it. */
async function heeds(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const caught = /^SigCgt:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
  return ((BigInt(`0x${caught}`) >> BigInt(SIGTERM - 1)) & 1n) === 1n
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended by itself.
  }
}
