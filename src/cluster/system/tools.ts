import { accessSync, constants, readdirSync } from 'node:fs'
import path from 'node:path'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { TOOL_PATH } from './run.ts'

/** A system program that a node needs, and the Debian package it comes from. */
const PACKAGES = {
  containerd: 'containerd',
  crun: 'crun',
  runc: 'runc',
  'cni-plugins': 'containernetworking-plugins',
  nft: 'nftables',
  ip: 'iproute2',
  conntrack: 'conntrack',
  nginx: 'nginx-light',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  mount: 'mount',
  iptables: 'iptables',
} as const

export type Tool = keyof typeof PACKAGES

/** The Debian package that has a tool. */
export const packageOf = (tool: Tool): string => PACKAGES[tool]

const CNI_FOLDERS = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni']

/** The plugins a node's pod network is made of. */
const CNI_PLUGINS = ['ptp', 'host-local', 'portmap', 'loopback']

/** Full path of an installed tool (of the CNI plugins: their folder); undefined when it is not installed. */
export function findTool(tool: Tool | (string & {})): string | undefined {
  if (tool === 'cni-plugins') return CNI_FOLDERS.find(hasCniPlugins)
  return TOOL_PATH.split(':')
    .map(dir => path.join(dir, tool))
    .find(isExecutable)
}

/** As `findTool`; a missing tool is a MachineError that names the package to install. */
export function requireTool(tool: Tool): string {
  const found = findTool(tool)
  if (found) return found
  const where = tool === 'cni-plugins' ? CNI_FOLDERS.join(', ') : 'PATH'
  throw new MachineError(
    `${tool} is missing`,
    `it is not in ${where}`,
    `Install it; on Debian and Ubuntu: apt-get install ${packageOf(tool)}`,
  )
}

function hasCniPlugins(dir: string): boolean {
  try {
    const files = readdirSync(dir)
    return CNI_PLUGINS.every(plugin => files.includes(plugin))
  } catch {
    return false
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
