import { readFile } from 'node:fs/promises'
import { MIRROR_HOSTS } from '../images/mirror.ts'
import { run } from '../system/run.ts'
import { findTool, requireTool } from '../system/tools.ts'
import { cniConfig } from './cni-config.ts'
import { containerdConfig, majorVersionOf } from './containerd-config.ts'
import type { Fabric } from './fabric.ts'
import { INIT_SCRIPT } from './init-script.ts'

/** A program that runs inside a node and is started again whenever it ends. */
export interface Agent {
  /** The program, by its full path, and its arguments. */
  command: readonly string[]
  env?: Readonly<Record<string, string>>
}

export interface LocalNodeOptions {
  cluster: string
  /** The node's name; also its host name. A DNS label. */
  name: string
  /** The node's own folder; it need not exist. */
  dir: string
  fabric: Fabric
  /** The node's address in the fabric's subnet. */
  address: string
  /** Ranges that pods get their addresses from: one IPv4, one IPv6 or one of each. */
  podCidrs: readonly string[]
  /** Name of the image whose process holds a sandbox's namespaces; it must be imported before the first pod. */
  sandboxImage: string
  /** A folder made by `imageSeed`, whose images a node that is new begins with. */
  imageSeed?: string
  /** What runs beside containerd. */
  agent?: Agent
  /** Which low-level runtime pods get that ask for none; crun where it is installed. */
  defaultRuntime?: 'crun' | 'runc'
  /** containerd's environment, such as HTTPS_PROXY, through which its image pulls leave the node. */
  containerdEnv?: Readonly<Record<string, string>>
  /** Name servers of the node itself, and of pods with the dnsPolicy Default. */
  nameservers?: readonly string[]
  /** More lines for the node's /etc/hosts. */
  hosts?: Readonly<Record<string, string>>
  /** How pods reach what is outside the fabric: `none`, they do not. */
  egress?: 'none' | 'nat'
}

/** Contents of the files a node is run from, by their path in the node's folder. */
export type NodeSettings = Readonly<Record<string, string>>

/** Which part of a running node takes up a changed file: `node` means that all of it must be started anew. */
export function takenUpBy(file: string): 'agent' | 'containerd' | 'node' {
  if (file === 'agent.sh') return 'agent'
  return file.startsWith('containerd.') ? 'containerd' : 'node'
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Works out a node's files from its options and from what this machine has. */
export async function nodeSettings(options: LocalNodeOptions): Promise<NodeSettings> {
  const [containerd, version] = await requireContainerd()
  const runtimes = Object.fromEntries(
    ['crun', 'runc'].flatMap(name => {
      const program = findTool(name)
      return program ? [[name, program]] : []
    }),
  )
  const defaultRuntime = options.defaultRuntime ?? (runtimes.crun ? 'crun' : 'runc')
  if (!runtimes[defaultRuntime]) requireTool(defaultRuntime)
  const config = containerdConfig({
    majorVersion: majorVersionOf(version),
    runtimes,
    defaultRuntime,
    cniPlugins: requireTool('cni-plugins'),
    sandboxImage: options.sandboxImage,
    restrictOomScoreAdj: !(await mayRaisePriorities()),
  })
  const { name, address, fabric } = options
  const files: Record<string, string> = {
    'init.sh': INIT_SCRIPT,
    'containerd.toml': config,
    'containerd.sh': service([containerd, '--config', `${options.dir}/containerd.toml`], options.containerdEnv),
    'cni/10-tsukube.conflist': cniConfig(options.podCidrs),
    'certs.d/_default/hosts.toml': MIRROR_HOSTS,
    'etc/hostname': `${name}\n`,
    'etc/hosts': hostsFile({ [address]: name, ...options.hosts }),
    'etc/resolv.conf': (options.nameservers ?? []).map(server => `nameserver ${server}\n`).join(''),
    'network.json': `${JSON.stringify({ address, prefixLength: fabric.prefixLength, gateway: fabric.gateway })}\n`,
  }
  if (options.agent) files['agent.sh'] = service(options.agent.command, options.agent.env)
  return files
}

async function requireContainerd(): Promise<[program: string, version: string]> {
  const program = requireTool('containerd')
  return [program, await run(program, ['--version'])]
}

/** CAP_SYS_RESOURCE, bit 24 of the capabilities a process and its children can have. */
async function mayRaisePriorities(): Promise<boolean> {
  const bounding = /^CapBnd:\t([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return ((BigInt(`0x${bounding}`) >> 24n) & 1n) === 1n
}

function service(command: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const exports = Object.entries({ PATH, HOME: '/root', LANG: 'C.UTF-8', ...env })
  const lines = exports.map(([key, value]) => `export ${key}=${quoted(value)}`)
  return `${lines.join('\n')}\ncd /\nexec ${command.map(quoted).join(' ')}\n`
}

/** A word as the shell reads it back. */
const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

function hostsFile(names: Readonly<Record<string, string>>): string {
  const lines = { '127.0.0.1': 'localhost', '::1': 'localhost ip6-localhost ip6-loopback', ...names }
  return Object.entries(lines)
    .map(([address, name]) => `${address}\t${name}\n`)
    .join('')
}
