import { type Lease, lease as leaseKind } from '../api/coordination/lease.ts'
import { type Node, type NodeStatus, node as nodeKind } from '../api/core/node.ts'
import { type Pod, pod as podKind } from '../api/core/pod.ts'
import { type Clock, rfc3339, rfc3339Micro, type Timer } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Client } from '../client/client.ts'
import { Informer, keyOf } from '../client/informer.ts'
import { WorkQueue } from '../client/work-queue.ts'
import { hollowPodStatus, stopped, withReadiness } from './hollow-status.ts'
import { noFolders, startLocalPathProvisioner } from './local-path/index.ts'
import { nodeConditions } from './node/conditions.ts'
import { LEASE_NAMESPACE } from './node/lease.ts'
import { architecture, KUBELET_VERSION } from './node/machine.ts'
import { isTerminal } from './pods/pod.ts'
import { statusPatch } from './status/status-patch.ts'

export interface HollowOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  /** Ends all of it. The nodes stay in the API, and become NotReady. */
  readonly signal: AbortSignal
  readonly count: number
  /** Nodes are named after this with a number from 0. */
  readonly prefix: string
  readonly labels?: Readonly<Record<string, string>>
  /** What each node says it has, as quantities. */
  readonly capacity?: Readonly<Record<string, string>>
  /** Whether pods of Jobs end well by themselves; true by default. */
  readonly completeJobs?: boolean
}

const CAPACITY = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110' }
const RENEW_MS = 10_000
const LEASE_SECONDS = 40
/** Requests under way at once. */
const WORKERS = 32

/** Nodes that run pods in name only: thousands of them fit into one process (what kwok is for). */
export interface HollowNodes {
  readonly names: readonly string[]
  /** Whether every pod is as it should be right now. */
  readonly idle: boolean
}

/** Registers hollow nodes and keeps them and their pods alive. Resolves when all nodes are ready. */
export async function startHollowNodes(options: HollowOptions): Promise<HollowNodes> {
  const { client, clock, random, signal, count, prefix } = options
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  const indexes = new Map(names.map((name, i) => [name, i]))
  await inParallel(names, name => register(name, nodeAddress(indexes.get(name)!), options))

  const leases = new Leases(options, names)
  await leases.start()

  const nodeQueue = new WorkQueue(clock)
  signal.addEventListener('abort', () => nodeQueue.close(), { once: true })
  const nodes = new Informer(nodeKind, client, clock, random)
  nodes.onChange(node => {
    if (node && indexes.has(node.metadata.name!) && !isReady(node)) nodeQueue.add(node.metadata.name!)
  })
  void keepReady(nodeQueue, nodes, options)
  nodes.start(signal)

  const queue = new WorkQueue(clock)
  signal.addEventListener('abort', () => queue.close(), { once: true })
  const informer = new Informer(podKind, client, clock, random, { fieldSelector: 'spec.nodeName!=' })
  informer.onChange(pod => {
    if (pod && indexes.has(pod.spec.nodeName ?? '')) queue.add(keyOf(pod))
  })
  await startLocalPathProvisioner({
    ...options,
    folders: noFolders,
    hostname: node => (indexes.has(node) ? node : undefined),
  })
  const addresses = new Addresses()
  for (let i = 0; i < WORKERS; i++) void work(queue, informer, options, indexes, addresses)
  informer.start(signal)
  return {
    names,
    get idle() {
      return queue.idle
    },
  }
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      for (const item of rest) await run(item)
    }),
  )
}

/** An address that leads nowhere, in 10.128.0.0/10, for the node with this index. */
const nodeAddress = (index: number): string =>
  `10.${128 + (((index + 1) >> 16) & 63)}.${((index + 1) >> 8) & 255}.${(index + 1) & 255}`

async function register(
  name: string,
  address: string,
  { client, clock, labels, capacity }: HollowOptions,
): Promise<void> {
  const now = rfc3339(clock.now())
  const resources = { ...CAPACITY, ...capacity }
  const arch = architecture()
  const status: NodeStatus = {
    capacity: resources,
    allocatable: resources,
    conditions: nodeConditions({ memory: false, disk: false, pid: false }, undefined, [], now),
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
    nodeInfo: {
      machineID: name,
      systemUUID: name,
      bootID: name,
      kernelVersion: 'hollow',
      osImage: 'hollow',
      containerRuntimeVersion: 'hollow://',
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: arch,
    },
  }
  const metadata = {
    name,
    labels: {
      'kubernetes.io/arch': arch,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/hostname': name,
      'tsukube.dev/hollow': 'true',
      ...labels,
    },
  }
  await client.create(nodeKind, { metadata }).catch(error => {
    if (!isReason(error, 'AlreadyExists')) throw error
  })
  await client.patch(nodeKind, { name }, 'strategic', { status }, { subresource: 'status' })
}

const isReady = ({ status }: Node): boolean =>
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

/** Says that nodes are ready which others took for lost while their leases did not get through. */
async function keepReady(queue: WorkQueue, nodes: Informer<Node>, { client, clock }: HollowOptions): Promise<void> {
  for (let name = await queue.next(); name !== undefined; name = await queue.next()) {
    try {
      const node = nodes.get(name)
      if (node && !isReady(node)) {
        const { conditions: before = [] } = node.status
        const now = rfc3339(clock.now())
        const conditions = nodeConditions({ memory: false, disk: false, pid: false }, undefined, before, now)
        await client.patch(nodeKind, { name }, 'strategic', { status: { conditions } }, { subresource: 'status' })
      }
      queue.forget(name)
    } catch {
      queue.addRateLimited(name)
    } finally {
      queue.done(name)
    }
  }
}

/** The Leases of all nodes, renewed a slice at a time so that the load is even. */
class Leases {
  readonly #options: HollowOptions
  readonly #slices: string[][]
  readonly #leases = new Map<string, Lease>()
  #timer: Timer | undefined

  constructor(options: HollowOptions, names: readonly string[]) {
    this.#options = options
    const slices = Math.max(1, Math.min(RENEW_MS / 100, names.length))
    this.#slices = Array.from({ length: slices }, (_, i) => names.filter((_, at) => at % slices === i))
  }

  async start(): Promise<void> {
    await inParallel(this.#slices.flat(), name => this.#renew(name))
    this.#options.signal.addEventListener('abort', () => this.#timer?.cancel(), { once: true })
    this.#next(0)
  }

  #next(slice: number): void {
    const { clock, signal } = this.#options
    if (signal.aborted) return
    this.#timer = clock.timer(RENEW_MS / this.#slices.length, () => {
      for (const name of this.#slices[slice]!) void this.#renew(name).catch(() => this.#leases.delete(name))
      this.#next((slice + 1) % this.#slices.length)
    })
  }

  async #renew(name: string): Promise<void> {
    const { client, clock } = this.#options
    const key = { namespace: LEASE_NAMESPACE, name }
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: rfc3339Micro(clock.now()),
    }
    const known = this.#leases.get(name)
    if (known) {
      this.#leases.set(name, await client.update(leaseKind, { ...known, spec: { ...known.spec, ...spec } }))
      return
    }
    const made = await client.create(leaseKind, { metadata: key, spec }).catch(error => {
      if (!isReason(error, 'AlreadyExists')) throw error
      return client.patch(leaseKind, key, 'merge', { spec })
    })
    this.#leases.set(name, made)
  }
}

/** Addresses for pods that lead nowhere: 10.64.0.0/10, 254 to a node before they repeat. */
class Addresses {
  readonly #last = new Map<number, number>()

  next(node: number): string {
    const last = ((this.#last.get(node) ?? 0) % 254) + 1
    this.#last.set(node, last)
    return `10.${64 + ((node >> 8) & 63)}.${node & 255}.${last}`
  }
}

async function work(
  queue: WorkQueue,
  informer: Informer<Pod>,
  options: HollowOptions,
  nodes: ReadonlyMap<string, number>,
  addresses: Addresses,
): Promise<void> {
  for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
    const pod = informer.get(key)
    const node = nodes.get(pod?.spec.nodeName ?? '') ?? 0
    const at = { hostIP: nodeAddress(node), nextPodIP: () => addresses.next(node) }
    try {
      if (pod) await tend(pod, options, at)
      queue.forget(key)
    } catch {
      queue.addRateLimited(key)
    } finally {
      queue.done(key)
    }
  }
}

async function tend(
  pod: Pod,
  { client, clock, completeJobs = true }: HollowOptions,
  { hostIP, nextPodIP }: { hostIP: string; nextPodIP: () => string },
): Promise<void> {
  const { namespace, name, uid, deletionTimestamp, ownerReferences = [], finalizers = [] } = pod.metadata
  const key = { namespace, name }
  const patchStatus = async (status: Record<string, unknown>) => {
    // A pod that has ended, as others may have said meanwhile, does not run again.
    const metadata = { uid, ...('phase' in status && { resourceVersion: pod.metadata.resourceVersion }) }
    await client.patch(podKind, key, 'strategic', { metadata, status }, { subresource: 'status' }).catch(error => {
      if (!isReason(error, 'NotFound')) throw error
    })
  }
  if (deletionTimestamp) {
    // Whoever holds on to the pod waits to see how it ended.
    if (finalizers.length > 0 && !isTerminal(pod)) {
      await patchStatus(statusPatch(pod.status, stopped(pod, rfc3339(clock.now()))) ?? {})
    }
    await client.delete(podKind, key, { gracePeriodSeconds: 0, preconditions: { uid } }).catch(error => {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    })
    return
  }
  if (isTerminal(pod)) return
  const isJob = completeJobs && ownerReferences.some(({ kind }) => kind === 'Job')
  const phase = pod.status.phase === 'Running' && isJob ? 'Succeeded' : 'Running'
  const now = rfc3339(clock.now())
  const podIP = pod.status.podIP ?? (pod.spec.hostNetwork ? hostIP : nextPodIP())
  const status =
    pod.status.phase === phase ? withReadiness(pod, now) : hollowPodStatus(pod, phase, { hostIP, podIP }, now)
  const patch = statusPatch(pod.status, status)
  if (patch) await patchStatus(patch)
}
