import { existsSync, readFileSync } from 'node:fs'
import { findTool, packageOf, type Tool } from './tools.ts'

/** What this machine is and has, as far as running containers goes. */
export interface MachineFacts {
  platform: NodeJS.Platform
  uid: number
  /** Kinds of namespaces the kernel has, as /proc/self/ns names them. */
  namespaces: readonly string[]
  hasCgroups: boolean
  /** Whether this process may make namespaces and mounts (CAP_SYS_ADMIN). */
  isPrivileged: boolean
  missingTools: readonly Tool[]
  /** Whether apt-get is there to install with. */
  hasApt: boolean
}

/** Whether containers can run here; if not, why, and what the user can do about it. */
export interface Readiness {
  ok: boolean
  /** Missing programs, by name. */
  missing: readonly Tool[]
  /** Debian packages that have them. */
  packages: readonly string[]
  why: string
  whatToDo: string
}

/** Programs without which no node starts. Of crun and runc one is enough. */
const NEEDED: readonly Tool[] = [
  ...(['containerd', 'cni-plugins', 'nft', 'ip', 'iptables', 'conntrack', 'nginx'] as const),
  ...(['nsenter', 'unshare', 'mount'] as const),
]
const NAMESPACES = ['mnt', 'net', 'uts', 'ipc', 'pid']
const CAP_SYS_ADMIN = 21n

/** Looks at this machine. */
export function machineFacts(): MachineFacts {
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  const effective = /^CapEff:\t([0-9a-f]+)$/m.exec(read('/proc/self/status'))?.[1] ?? '0'
  const hasRuntime = findTool('crun') !== undefined || findTool('runc') !== undefined
  return {
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    namespaces: NAMESPACES.filter(kind => existsSync(`/proc/self/ns/${kind}`)),
    hasCgroups: existsSync('/sys/fs/cgroup/cgroup.controllers') || existsSync('/sys/fs/cgroup/memory'),
    isPrivileged: ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n,
    missingTools: [...NEEDED.filter(tool => !findTool(tool)), ...(hasRuntime ? [] : (['crun', 'runc'] as const))],
    hasApt: findTool('apt-get') !== undefined,
  }
}

/** Judges whether containers can run on a machine. */
export function readinessOf(facts: MachineFacts): Readiness {
  const packages = [...new Set(facts.missingTools.map(packageOf))].sort()
  const no = (why: string, whatToDo: string): Readiness => ({
    ok: false,
    missing: facts.missingTools,
    packages,
    why,
    whatToDo,
  })
  if (facts.platform !== 'linux') {
    return no(`containers need Linux, and this is ${facts.platform}`, 'Use a Linux machine')
  }
  if (facts.uid !== 0) {
    return no('containers need namespaces and mounts, for which one must be root', 'Run as root')
  }
  if (!facts.isPrivileged) {
    return no('this process is root without the right to mount (CAP_SYS_ADMIN), as in a container', 'Run privileged')
  }
  const lacking = NAMESPACES.filter(kind => !facts.namespaces.includes(kind))
  if (lacking.length > 0) {
    return no(`the kernel has no ${lacking.join(', ')} namespaces`, 'Use a kernel with namespaces')
  }
  if (!facts.hasCgroups) return no('no cgroups are mounted on /sys/fs/cgroup', 'Mount cgroup2 on /sys/fs/cgroup')
  if (facts.missingTools.length > 0) {
    const apt = `apt-get install ${packages.join(' ')}`
    return no(
      `these programs are missing: ${facts.missingTools.join(', ')}`,
      facts.hasApt ? `Install them: ${apt}` : `Install them with your system's package manager (on Debian: ${apt})`,
    )
  }
  return { ok: true, missing: [], packages: [], why: 'everything that nodes need is there', whatToDo: '' }
}

/** Whether containers can run on this machine. */
export const canRunContainers = (): Readiness => readinessOf(machineFacts())
