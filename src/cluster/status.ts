import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type ClusterConfig, ClusterFolder } from './cluster-config.ts'
import { nodeFiles } from './local-node/names.ts'
import { readIdentity } from './local-node/node-end.ts'
import { isRunning, processesOfNamespace } from './local-node/process.ts'
import { runningServer } from './processes.ts'

export interface ProcessStatus {
  /** server, init, containerd, agent. */
  readonly role: string
  /** The node it belongs to. */
  readonly node?: string
  readonly pid: number
}

export interface ClusterStatus {
  readonly name: string
  readonly state: 'running' | 'partly running' | 'stopped'
  readonly server: string
  readonly kubeconfig: string
  readonly nodes: number
  readonly hollowNodes: number
  readonly processes: readonly ProcessStatus[]
}

/** What of a cluster runs now. */
export async function clusterStatus(name: string): Promise<ClusterStatus> {
  const folder = new ClusterFolder(name)
  const config = folder.read()
  const server = runningServer(folder)
  const processes: ProcessStatus[] = server ? [{ role: 'server', pid: server.pid }] : []
  const nodes = existsSync(folder.node('')) ? readdirSync(folder.node('')) : []
  for (const node of nodes) processes.push(...(await nodeProcesses(folder, node)))
  return {
    name,
    state: stateOf(config, processes),
    server: `https://${config.address}:${config.port}`,
    kubeconfig: folder.kubeconfig,
    nodes: config.nodes,
    hollowNodes: config.hollowNodes,
    processes,
  }
}

const ROLES = { containerdPid: 'containerd', agentPid: 'agent' } as const

async function nodeProcesses(folder: ClusterFolder, node: string): Promise<ProcessStatus[]> {
  const files = nodeFiles(folder.node(node))
  const init = await readIdentity(files.initPid)
  if (!init || !isRunning(init)) return []
  const inside = await processesOfNamespace(init.pid)
  const out: ProcessStatus[] = [{ role: 'init', node, pid: init.pid }]
  for (const [file, role] of Object.entries(ROLES) as [keyof typeof ROLES, string][]) {
    const inner = await innerPid(files[file])
    const found = inside.find(p => p.innerPid === inner)
    if (found) out.push({ role, node, pid: found.pid })
  }
  return out
}

/** Services of a node write down the number they have inside it. */
async function innerPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number(text.trim().split(/\s+/)[0])
  return pid > 0 ? pid : undefined
}

function stateOf({ nodes }: ClusterConfig, processes: readonly ProcessStatus[]): ClusterStatus['state'] {
  if (processes.length === 0) return 'stopped'
  const complete = processes.some(p => p.role === 'server') && processes.filter(p => p.role === 'agent').length >= nodes
  return complete ? 'running' : 'partly running'
}
