import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Clock, sleep } from '../../apimachinery/clock.ts'
import { MachineError } from '../../apimachinery/machine-error.ts'
import { connectCri } from '../../kubelet/cri/client.ts'
import { plantSeed } from '../images/seed.ts'
import { run, TOOL_PATH } from '../system/run.ts'
import { cgroupLayout, createCgroup, procsFiles, removeCgroup } from './cgroups.ts'
import { keepAwake } from './keep-awake.ts'
import { CRI_SOCKET, namespaceFile, nodeCgroups, nodeFiles, nodeNamespace } from './names.ts'
import { endHalfStarted, readIdentity, stopLocalNode } from './node-end.ts'
import { createNodeNetwork } from './node-network.ts'
import { type LocalNodeOptions, type NodeSettings, nodeSettings, takenUpBy } from './node-settings.ts'
import { isRunning, type NamespaceProcess, type ProcessIdentity, processesOfNamespace } from './process.ts'

/** A node of this machine that runs: Linux namespaces with a container runtime, and an agent if one was asked for. */
export interface LocalNode {
  readonly name: string
  readonly address: string
  /** The node's first process, by its number here. */
  readonly pid: number
  /** The file that holds the node's network namespace. */
  readonly networkNamespace: string
  /** containerd's socket, by a path that works from outside the node. */
  readonly criSocket: string
  /** Where pods' cgroups belong, from a hierarchy's root. */
  readonly podCgroup: string
  /** Everything that runs in the node, its pods' processes too. */
  processes(): Promise<NodeProcess[]>
  /** Runs a command in the node's namespaces and resolves to what it printed. */
  run(command: string, args: readonly string[]): Promise<string>
}

export interface NodeProcess extends NamespaceProcess {
  /** What the process is to the node; undefined for runtimes' helpers and for pods' processes. */
  role: 'init' | 'containerd' | 'agent' | undefined
}

/** How long a node may take until its runtime answers. */
const START_TIMEOUT_MS = 30_000

/** How soon is looked again for something that another process is about to do. */
const GLANCE_MS = 5

/**
 * Starts a node and resolves when its container runtime is ready. A node that runs already is taken over: parts whose
 * settings changed are started anew, and nothing else. What a killed node left behind is cleared away first; its pods'
 * sandboxes are listed as not ready. The fabric must be there. Rejects with a MachineError when the machine refuses.
 */
export function startLocalNode(options: LocalNodeOptions, clock: Clock): Promise<LocalNode> {
  return keepAwake(start(options, clock))
}

async function start(options: LocalNodeOptions, clock: Clock): Promise<LocalNode> {
  checkNames(options)
  await checkFileSystem(options.dir)
  const files = nodeFiles(options.dir)
  const settings = await nodeSettings(options)
  const changed = await changedFiles(options.dir, settings)
  const parts = new Set(changed.map(takenUpBy))

  await endHalfStarted(options.dir, clock)
  let running = await readIdentity(files.initPid)
  if (running && parts.has('node')) {
    await stopLocalNode(options, clock)
    running = undefined
  }
  await writeSettings(options.dir, settings, changed)
  if (running) {
    const processes = await processesOf(options.dir, running.pid)
    for (const { role, pid } of processes) if (role && role !== 'init' && parts.has(role)) process.kill(pid, 'SIGKILL')
    // Makes the first process look after its services, should an agent have been added.
    process.kill(running.pid, 'SIGCHLD')
  } else {
    running = await launch(options, clock)
  }
  const node = describe(options, running)
  await runtimeReady(node, running, files.log, clock)
  return node
}

function checkNames({ cluster, name, dir, egress = 'none' }: LocalNodeOptions): void {
  for (const label of [cluster, name]) {
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(label)) {
      throw new Error(`${label} is not a DNS label: lower-case letters, digits and dashes, at most 63`)
    }
  }
  if (!path.isAbsolute(dir)) throw new Error(`a node's folder must be given by its full path, not ${dir}`)
  if (egress === 'nat') {
    throw new MachineError(
      'Pods cannot be given a way out of the cluster',
      'TSUKUBE_EGRESS=nat is not supported by this version',
      'Set TSUKUBE_EGRESS=none',
    )
  }
}

/** The magic number of overlayfs (statfs(2)). */
const OVERLAYFS = 0x794c7630

/** Image layers are laid over one another with overlayfs, which cannot write to a file system of its own kind. */
async function checkFileSystem(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  if ((await statfs(dir)).type !== OVERLAYFS) return
  throw new MachineError(
    'Containers cannot run from this folder',
    `${dir} is on an overlay file system, as a container's own files are`,
    'Set TSUKUBE_HOME to a folder on another file system, such as a volume',
  )
}

async function changedFiles(dir: string, settings: NodeSettings): Promise<string[]> {
  const names = new Set([...Object.keys(settings), 'agent.sh'])
  const differs = await Promise.all(
    [...names].map(async name => {
      const there = await readFile(path.join(dir, name), 'utf8').catch(() => undefined)
      return there === settings[name] ? [] : [name]
    }),
  )
  return differs.flat()
}

async function writeSettings(dir: string, settings: NodeSettings, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = path.join(dir, name)
    const content = settings[name]
    if (content === undefined) {
      await rm(file, { force: true })
      continue
    }
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(`${file}.new`, content)
    await rename(`${file}.new`, file)
  }
}

async function launch(options: LocalNodeOptions, clock: Clock): Promise<ProcessIdentity> {
  const { cluster, name, dir, fabric, address, podCidrs } = options
  const files = nodeFiles(dir)
  await mkdir(files.log, { recursive: true })
  await rm(files.initPid, { force: true })
  const layout = await cgroupLayout()
  const cgroups = nodeCgroups(cluster, name)
  const makeCgroups = async () => {
    await removeCgroup(layout, cgroups.root, clock)
    await createCgroup(layout, cgroups.system)
    await createCgroup(layout, cgroups.pods)
  }
  const sow = async () => {
    if (options.imageSeed && !existsSync(files.containerd)) await plantSeed(options.imageSeed, files.containerd)
  }
  await Promise.all([
    createNodeNetwork(fabric, name, address, podCidrs),
    makeCgroups(),
    setAside(files.startLog),
    sow(),
  ])

  const joinCgroups = 'for file in "$@"; do [ "$file" = -- ] && break; echo 0 > "$file" || exit 1; shift; done; shift'
  const log = openSync(files.startLog, 'a')
  const child = spawn(
    'sh',
    [
      ...['-c', `${joinCgroups}; exec "$@"`, 'sh', ...procsFiles(layout, cgroups.system), '--'],
      ...['nsenter', `--net=${namespaceFile(nodeNamespace(cluster, name))}`],
      ...['unshare', '--mount', '--propagation', 'slave', '--uts', '--ipc', '--pid', '--fork', '--kill-child'],
      ...['sh', files.init, dir, name],
    ],
    {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: TOOL_PATH },
    },
  )
  closeSync(log)
  let exited = false
  child.on('error', () => (exited = true))
  child.on('exit', () => (exited = true))
  child.unref()
  const deadline = clock.now() + START_TIMEOUT_MS
  for (;;) {
    const identity = await readIdentity(files.initPid)
    if (identity) return identity
    if (exited || clock.now() > deadline) throw await startFailure(name, files.startLog)
    await sleep(clock, GLANCE_MS)
  }
}

async function startFailure(name: string, log: string): Promise<MachineError> {
  const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join('; ')
  return new MachineError(
    `Node ${name} did not start`,
    said || 'its first process ended without a word',
    `Nodes need root and a kernel with namespaces, cgroups and overlayfs. The log is ${log}`,
  )
}

async function setAside(log: string): Promise<void> {
  if (existsSync(log)) await rename(log, `${log}.1`)
}

async function runtimeReady(node: LocalNode, init: ProcessIdentity, log: string, clock: Clock): Promise<void> {
  const deadline = clock.now() + START_TIMEOUT_MS
  const cri = connectCri(node.criSocket, clock)
  try {
    for (;;) {
      const missing = existsSync(node.criSocket)
        ? await cri.runtime.status({}, { timeoutMs: START_TIMEOUT_MS }).then(
            ({ status }) => status?.conditions.find(condition => !condition.status)?.message,
            (error: Error) => error.message,
          )
        : 'containerd has not opened its socket yet'
      if (missing === undefined) return
      if (!isRunning(init)) throw await startFailure(node.name, path.join(log, 'init.log'))
      if (clock.now() > deadline) {
        throw new MachineError(
          `The container runtime of node ${node.name} is not ready after ${START_TIMEOUT_MS / 1000} s`,
          missing,
          `See ${path.join(log, 'containerd.log')}`,
        )
      }
      await sleep(clock, GLANCE_MS)
    }
  } finally {
    cri.close()
  }
}

function describe({ cluster, name, dir, address }: LocalNodeOptions, { pid }: ProcessIdentity): LocalNode {
  const enter = [`--target=${pid}`, '--mount', '--net', '--uts', '--ipc', '--pid', '--wd=/']
  return {
    name,
    address,
    pid,
    networkNamespace: namespaceFile(nodeNamespace(cluster, name)),
    criSocket: `/proc/${pid}/root${CRI_SOCKET}`,
    podCgroup: nodeCgroups(cluster, name).pods,
    processes: () => processesOf(dir, pid),
    run: (command, args) => run('nsenter', [...enter, command, ...args]),
  }
}

async function processesOf(dir: string, init: number): Promise<NodeProcess[]> {
  const files = nodeFiles(dir)
  const number = async (file: string) => Number(await readFile(file, 'utf8').catch(() => 0))
  const [containerd, agent] = await Promise.all([number(files.containerdPid), number(files.agentPid)])
  const roleOf = (inner: number) =>
    inner === 1 ? 'init' : inner === containerd ? 'containerd' : inner === agent ? 'agent' : undefined
  return (await processesOfNamespace(init)).map(found => ({ ...found, role: roleOf(found.innerPid) }))
}
