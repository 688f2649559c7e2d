import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Hierarchies } from '../cgroups/hierarchies.ts'

/** What has passed an interface, in bytes and errors. */
export interface InterfaceUsage {
  readonly name: string
  readonly rxBytes: number
  readonly rxErrors: number
  readonly txBytes: number
  readonly txErrors: number
}

/** The interfaces in the text of /proc/PID/net/dev, without loopback. */
export function parseNetDev(text: string): InterfaceUsage[] {
  return text.split('\n').flatMap(line => {
    const match = /^\s*([^:\s]+):\s*(.*)$/.exec(line)
    if (!match || match[1] === 'lo') return []
    const values = match[2]!.split(/\s+/).map(Number)
    return [{ name: match[1]!, rxBytes: values[0]!, rxErrors: values[2]!, txBytes: values[8]!, txErrors: values[10]! }]
  })
}

/** The network of the pod that a cgroup's processes belong to; none when there are no processes. */
export async function networkOf(trees: Hierarchies, cgroup: string): Promise<InterfaceUsage[]> {
  const root = trees.rootOf('memory') ?? trees.roots[0]!
  const procs = await readFile(path.join(root, cgroup, 'cgroup.procs'), 'utf8').catch(() => '')
  const pid = procs.split('\n')[0]
  if (!pid) return []
  return parseNetDev(await readFile(`/proc/${pid}/net/dev`, 'utf8').catch(() => ''))
}
