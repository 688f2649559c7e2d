import { readFileSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  pid: number
  /** Clock ticks between the machine's start and the process's (proc(5), stat field 22). */
  startTime: number
}

interface Stat {
  command: string
  state: string
  parent: number
  startTime: number
}

function parseStat(text: string): Stat {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  return {
    command: text.slice(open + 1, close),
    state: fields[0]!,
    parent: Number(fields[1]),
    startTime: Number(fields[19]),
  }
}

/** What /proc says of a process; undefined when there is none. */
export function statOf(pid: number): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/** Whether exactly that process still runs; one that waits for its parent to collect it does not. */
export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  const stat = statOf(pid)
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X'
}

export interface NamespaceProcess {
  /** Its number here. */
  pid: number
  /** Its number inside the node. */
  innerPid: number
  command: string
}

/** Every process of the pid namespace whose first process is `initPid`. */
export async function processesOfNamespace(initPid: number): Promise<NamespaceProcess[]> {
  const namespaceOf = (pid: number | string) => readlink(`/proc/${pid}/ns/pid`).catch(() => undefined)
  const wanted = await namespaceOf(initPid)
  if (!wanted) return []
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async pid => {
      if ((await namespaceOf(pid)) !== wanted) return []
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      const inner = /^NSpid:.*?(\d+)$/m.exec(status)?.[1]
      const command = /^Name:\t(.*)$/m.exec(status)?.[1]
      return inner && command ? [{ pid: Number(pid), innerPid: Number(inner), command }] : []
    }),
  )
  return found.flat()
}
