import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, statfsSync } from 'node:fs'
import net from 'node:net'
import { lease as leaseKind } from '../api/coordination/lease.ts'
import { node as nodeKind } from '../api/core/node.ts'
import { anySignal } from '../apimachinery/abort.ts'
import { sleep, systemClock } from '../apimachinery/clock.ts'
import { deepEqual } from '../apimachinery/json.ts'
import { MachineError } from '../apimachinery/machine-error.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { Client } from '../client/client.ts'
import { HttpTransport } from '../client/http-transport.ts'
import { type ClusterConfig, ClusterFolder, nodeName } from './cluster-config.ts'
import { type ControlPlaneFlags, checkFlags, mergedFlags } from './control-plane-flags.ts'
import { addContext, contextName } from './kubeconfig.ts'
import { keepAwake } from './local-node/keep-awake.ts'
import { nodeFiles } from './local-node/names.ts'
import { readIdentity } from './local-node/node-end.ts'
import { imagesForNewNodes, MAX_NODES } from './local-nodes.ts'
import { endProcess, runningServer } from './processes.ts'
import { programCommand } from './program.ts'
import { readyPods, untilReadyAgain } from './returning-pods.ts'
import { adminAccess, type ServerFile } from './server-process.ts'
import { canRunContainers } from './system/packages.ts'

export interface UpOptions {
  readonly name: string
  /** Nodes with containers; what the cluster had before, or 1, where left out. */
  readonly nodes?: number
  readonly hollowNodes?: number
  readonly port?: number
  /** How the API server works from now on; what the cluster had before where left out. */
  readonly flags?: ControlPlaneFlags
  /** Hears each step as it begins. */
  readonly progress: (line: string) => void
}

export interface UpResult {
  readonly config: ClusterConfig
  readonly folder: ClusterFolder
  readonly context: string
  /** Why there are no containers, where that was not asked for. */
  readonly hollowBecause?: string
  /** Names of pods that were ready before their node stopped and are not yet again. */
  readonly starting: readonly string[]
}

const DEFAULT_PORT = 6443
const SERVER_START_MS = 30_000
const NODES_READY_MS = 120_000
const PODS_READY_MS = 30_000
const SERVER_END_MS = 5_000
const GLANCE_MS = 10
/** What takes longer than this is worth a line. */
const PATIENCE_MS = 300

/** Starts a cluster, or what of it does not run, and waits until its nodes are ready. Throws MachineError. */
export function up(options: UpOptions): Promise<UpResult> {
  return keepAwake(start(options))
}

async function start(options: UpOptions): Promise<UpResult> {
  const folder = new ClusterFolder(options.name)
  const { config, hollowBecause, changed } = await decide(folder, options)
  let running = runningServer(folder)
  const stopped = await stoppedNodes(folder, config)
  // Nodes are started by the server, when it starts.
  const why = changed ?? (stopped.length > 0 ? `${stopped.join(', ')}, which does not run` : undefined)
  if (running && why) {
    options.progress(`Restarting the control plane for ${why}`)
    await endProcess(running, SERVER_END_MS, systemClock)
    running = undefined
  }
  if (!running) await requireFreePort(config)
  folder.write(config)
  if (config.nodes > 0) {
    const slow = systemClock.timer(PATIENCE_MS, () =>
      options.progress('Making the images nodes need, once per machine'),
    )
    await imagesForNewNodes(config, folder, systemClock).finally(() => slow.cancel())
  }
  const access = await adminAccess(folder, config)
  if (!running) {
    options.progress('Starting the control plane')
    await startServer(folder, config)
  }
  const transport = new HttpTransport(access)
  let starting: readonly string[] = []
  try {
    const client = new Client(transport)
    const before = await readyPods(client, stopped)
    await waitForNodes(client, config, runningServer(folder)?.started ?? 0, options.progress)
    const count = before.pods.size
    if (count > 0)
      options.progress(`Waiting for ${count === 1 ? 'the pod that ran' : `the ${count} pods that ran`} before`)
    starting = await untilReadyAgain(client, before, PODS_READY_MS)
  } finally {
    await transport.close()
  }
  addContext(config.name, access)
  return { config, folder, context: contextName(config.name), hollowBecause, starting }
}

/** A cluster's nodes in words: `2 nodes and 1 hollow node`. */
export function nodesText({ nodes, hollowNodes }: Pick<ClusterConfig, 'nodes' | 'hollowNodes'>): string {
  const count = (number: number, what: string) => (number > 0 ? [`${number} ${what}${number > 1 ? 's' : ''}`] : [])
  return [...count(nodes, 'node'), ...count(hollowNodes, 'hollow node')].join(' and ') || 'no nodes'
}

/** What the cluster is to be: as it was, changed by what was asked. */
async function decide(
  folder: ClusterFolder,
  options: UpOptions,
): Promise<{ config: ClusterConfig; hollowBecause?: string; changed?: string }> {
  const known = folder.exists ? folder.read() : undefined
  let nodes = options.nodes ?? known?.nodes ?? 1
  let hollowNodes = options.hollowNodes ?? known?.hollowNodes ?? 0
  let hollowBecause: string | undefined
  const { ok, why, whatToDo } = canRunContainers()
  if (!ok && nodes > 0) {
    const what = known?.nodes ? `Cluster ${options.name} cannot be started` : 'No node with containers can run here'
    if (known?.nodes || options.nodes !== undefined) throw new MachineError(what, why, `${whatToDo}.`)
    hollowNodes ||= nodes
    nodes = 0
  }
  const isHollowByNeed = !ok && nodes === 0 && hollowNodes > 0 && options.nodes === undefined
  if (isHollowByNeed) hollowBecause = `${why}. ${whatToDo}, then: tsukube up --nodes 1`
  if (known && options.port && options.port !== known.port && runningServer(folder)) {
    throw new MachineError(
      `Cluster ${options.name} cannot move to port ${options.port}`,
      `it is running on port ${known.port}`,
      `Run "tsukube down --name ${options.name}" first.`,
    )
  }
  if (known && nodes < known.nodes) {
    throw new MachineError(
      `Cluster ${options.name} cannot go from ${known.nodes} nodes to ${nodes}`,
      'what its pods keep on the others would be lost',
      `Make it anew: tsukube delete --name ${options.name}, then up --nodes ${nodes}.`,
    )
  }
  if (nodes > MAX_NODES) {
    throw new MachineError(
      `A cluster cannot have ${nodes} nodes with containers`,
      `its network has addresses for ${MAX_NODES}`,
      'Use fewer, or let them pretend: --hollow-nodes.',
    )
  }
  const flags = mergedFlags(known?.flags, options.flags)
  checkFlags(flags)
  const otherFlags = known && !deepEqual(flags, known.flags ?? {})
  const differs = known && (nodes !== known.nodes || hollowNodes !== known.hollowNodes)
  const taken = known ? [] : othersPorts(options.name)
  const port = options.port ?? known?.port ?? (await freePort(taken))
  return {
    hollowBecause,
    ...(otherFlags && { changed: 'another configuration of the API server' }),
    ...(differs && { changed: nodesText({ nodes, hollowNodes }) }),
    config: {
      name: options.name,
      nodes,
      hollowNodes,
      address: '127.0.0.1',
      port,
      fabricSubnet: '172.30.0.0/24',
      podCidr: '10.244.0.0/16',
      serviceCidr: '10.96.0.0/16',
      nodePorts: [30000, 32767],
      ...(Object.keys(flags).length > 0 && { flags }),
      ...(known && { address: known.address, fabricSubnet: known.fabricSubnet }),
    },
  }
}

/** Nodes that have to be started, so that their pods' containers are, too. */
async function stoppedNodes(folder: ClusterFolder, config: ClusterConfig): Promise<string[]> {
  const names = Array.from({ length: config.nodes }, (_, i) => nodeName(config, i))
  const inits = await Promise.all(names.map(name => readIdentity(nodeFiles(folder.node(name)).initPid)))
  return names.filter((_, i) => !inits[i])
}

/** Ports of the user's other clusters, running or not. */
function othersPorts(name: string): number[] {
  return ClusterFolder.all()
    .filter(other => other !== name)
    .map(other => new ClusterFolder(other).read().port)
}

/** The first free port from 6443 on. */
async function freePort(taken: readonly number[]): Promise<number> {
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + 100; port++) {
    if (!taken.includes(port) && (await isFree('127.0.0.1', port))) return port
  }
  throw new MachineError(
    'There is no port for the API server',
    `all ports from ${DEFAULT_PORT} to ${DEFAULT_PORT + 99} are in use`,
    'Name a free one with --port.',
  )
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = net.createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}

async function requireFreePort({ name, address, port }: ClusterConfig): Promise<void> {
  if (await isFree(address, port)) return
  const owner = ClusterFolder.all().find(other => other !== name && new ClusterFolder(other).read().port === port)
  if (owner) {
    throw new MachineError(
      `The API server of cluster ${name} cannot listen on ${address}:${port}`,
      `cluster ${owner} has that port`,
      `Choose another port: tsukube up --name ${name} --port N`,
    )
  }
  throw new MachineError(
    `The API server of cluster ${name} cannot listen on ${address}:${port}`,
    'another program listens there',
    `End that program ("ss -ltnp 'sport = :${port}'" names it), or choose another port: tsukube up --name ${name} --port N`,
  )
}

/** Room for short-lived objects, in MB: under load the server would spend a fifth of its time clearing up a smaller one. */
const SERVER_FLAGS = ['--max-semi-space-size=64']

async function startServer(folder: ClusterFolder, { name }: ClusterConfig): Promise<ServerFile> {
  mkdirSync(folder.dir, { recursive: true })
  const log = openSync(folder.serverLog, 'a', 0o600)
  const [node, ...args] = [...programCommand(), 'server', '--name', name]
  const child = spawn(node!, [...SERVER_FLAGS, ...args], { detached: true, stdio: ['ignore', log, log], cwd: '/' })
  closeSync(log)
  let ended: string | undefined
  child.on('error', error => {
    ended = error.message
  })
  child.on('exit', (code, signal) => {
    ended = signal ? `ended by ${signal}` : `exit code ${code}`
  })
  child.unref()
  const deadline = systemClock.now() + SERVER_START_MS
  for (;;) {
    const server = runningServer(folder)
    if (server?.pid === child.pid) return server!
    if (ended !== undefined) break
    if (systemClock.now() > deadline) {
      ended = `not ready after ${SERVER_START_MS / 1000} s`
      break
    }
    await sleep(systemClock, GLANCE_MS)
  }
  const what = `The server of cluster ${name} did not start`
  if (isFull(folder.dir)) throw new MachineError(what, 'the disk is full', `Free some space for ${folder.dir}.`)
  throw new MachineError(what, lastLines(folder.serverLog) || ended, `See ${folder.serverLog}.`)
}

/** Whether there is no room for as much as a log line. */
function isFull(dir: string): boolean {
  const { bavail, bsize } = statfsSync(dir)
  return bavail * bsize < 64 << 10
}

/** The end of a log: what a program said before it ended. */
function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-3).join('\n')
}

/**
 * Resolves once every node of the cluster is Ready and has been heard of since the server was last started: what its status
 * said before says nothing of now.
 */
async function waitForNodes(
  client: Client,
  config: ClusterConfig,
  since: number,
  progress: (line: string) => void,
): Promise<void> {
  const names = Array.from({ length: config.nodes }, (_, i) => nodeName(config, i))
  if (names.length === 0) return
  progress(`Waiting for ${names.length === 1 ? `node ${names[0]}` : `${names.length} nodes`}`)
  const [ready, alive] = [new Set<string>(), new Set<string>()]
  const done = new AbortController()
  const deadline = new AbortController()
  const timer = systemClock.timer(NODES_READY_MS, () => deadline.abort())
  const both = anySignal(done.signal, deadline.signal)
  const check = () => {
    if (names.every(name => ready.has(name) && alive.has(name))) done.abort()
  }
  const nodes = client.watch(nodeKind, {}, both, ({ object }) => {
    const name = object.metadata.name!
    if (object.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True')) ready.add(name)
    else ready.delete(name)
    check()
    // A kubelet that ran on while the server was away says so at once; its lease may take ten seconds.
    if (!alive.has(name)) {
      const ask = {
        verb: 'get' as const,
        kind: nodeKind as unknown as Kind,
        name,
        subresource: 'proxy/healthz',
        signal: both,
      }
      client.transport.request(ask).then(
        () => {
          alive.add(name)
          check()
        },
        () => {},
      )
    }
  })
  const leases = client.watch(leaseKind, { namespace: 'kube-node-lease' }, both, ({ object }) => {
    if (Date.parse(object.spec?.renewTime ?? '') >= since) alive.add(object.metadata.name!)
    check()
  })
  try {
    await Promise.all([nodes, leases])
  } catch (error) {
    if (done.signal.aborted) return
    if (!deadline.signal.aborted) throw error
    const waiting = names.filter(name => !ready.has(name) || !alive.has(name))
    throw new MachineError(
      `Not every node became ready within ${NODES_READY_MS / 1000} s`,
      `${waiting.length > 5 ? `${waiting.length} nodes are` : `${waiting.join(', ')} is`} not Ready`,
      `See "kubectl describe node ${waiting[0]}" and ${new ClusterFolder(config.name).node(waiting[0]!)}/log/agent.log.`,
    )
  } finally {
    timer.cancel()
  }
}
