import { type Node, type NodeStatus, type NodeSystemInfo, node as nodeKind } from '../../api/core/node.ts'
import { rfc3339, type Timer } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { Pressures } from '../eviction.ts'
import type { KubeletSettings } from '../options.ts'
import { allocatableOf, capacityOf } from './capacity.ts'
import { conditionEvent, nodeConditions } from './conditions.ts'
import { nodeImages } from './images.ts'
import { NodeLease } from './lease.ts'
import { architecture, type Machine, systemInfo } from './machine.ts'
import { runtimeProblem } from './runtime-problem.ts'

/** How often the lease is renewed and the node's health looked at. */
const HEARTBEAT_MS = 10_000
/** How often a status without changes is written all the same. */
const REPORT_MS = 5 * 60_000
/** How soon a node that is not ready looks again. */
const GLANCE_MS = 500
const RETRY_MS = { first: 200, last: 7_000 }

interface Tools {
  readonly settings: KubeletSettings
  readonly machine: Machine
  readonly events: EventRecorder
  /** The port that the kubelet serves at; 0 when it does not. */
  readonly port: () => number
  readonly pressures: () => Promise<Pressures>
  /** Attachable volumes that pods use, by upstream's unique names. */
  readonly volumesInUse: () => readonly string[]
}

/** Registers the node, keeps its Lease, and tells of its state whenever that changes. */
export class NodeAgent {
  readonly #tools: Tools
  readonly #lease: NodeLease
  readonly #allocatable: Record<string, string>
  #node: Node | undefined
  #info: NodeSystemInfo | undefined
  #written = 0
  #timer: Timer | undefined
  #beating: Promise<void> | undefined
  /** Something has changed after the look that is under way. */
  #again = false
  #closed = false

  constructor(tools: Tools) {
    this.#tools = tools
    const { settings, machine } = tools
    this.#lease = new NodeLease(settings.client, settings.clock)
    this.#allocatable = allocatableOf(capacityOf(machine, settings), machine, settings)
  }

  /** The node as the server has it. */
  get node(): Node {
    if (!this.#node) throw new Error('the node is not registered yet')
    return this.#node
  }
  get allocatable(): Readonly<Record<string, string>> {
    return this.#allocatable
  }

  /** Registers the node, with its state; tries until the server takes it or the signal ends it. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#tools.settings
    for (let wait = RETRY_MS.first; ; wait = Math.min(wait * 2, RETRY_MS.last)) {
      signal.throwIfAborted()
      try {
        this.#node = await this.#register()
        break
      } catch (error) {
        log(`registering the node: ${(error as Error).message}`)
        await new Promise<void>(resolve => clock.timer(wait, resolve))
      }
    }
    this.#event('Starting', 'Starting kubelet.')
    await this.beat()
  }

  /** Looks at the node now, not only at the next heartbeat. */
  beat(): Promise<void> {
    if (this.#beating) {
      this.#again = true
      return this.#beating
    }
    this.#beating = this.#beat().finally(() => {
      this.#beating = undefined
      if (this.#again && !this.#closed) void this.beat()
      this.#again = false
    })
    return this.#beating
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#beating
  }

  async #register(): Promise<Node> {
    const { settings } = this.#tools
    const { client, nodeName, taints, providerID, podCidr } = settings
    const labels = this.#labels()
    try {
      return await client.create(nodeKind, {
        metadata: {
          name: nodeName,
          labels,
          annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
        },
        spec: {
          ...(taints && { taints: [...taints] }),
          ...(providerID && { providerID }),
          ...(podCidr && { podCIDR: podCidr, podCIDRs: [podCidr] }),
        },
      })
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error
      return client.patch(nodeKind, { name: nodeName }, 'merge', { metadata: { labels } })
    }
  }

  #labels(): Record<string, string> {
    const { hostname, labels } = this.#tools.settings
    const arch = architecture()
    return {
      'beta.kubernetes.io/arch': arch,
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': arch,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/hostname': hostname,
      ...labels,
    }
  }

  async #beat(): Promise<void> {
    const { clock, log } = this.#tools.settings
    this.#timer?.cancel()
    let ready = false
    try {
      const [renewed, reported] = await Promise.allSettled([this.#lease.renew(this.node), this.#report()])
      if (reported.status === 'fulfilled') ready = reported.value
      for (const result of [renewed, reported]) if (result.status === 'rejected') throw result.reason
    } catch (error) {
      log(`node status: ${(error as Error).message}`)
      if (isReason(error, 'NotFound')) await this.#registerAgain()
    }
    if (this.#closed) return
    this.#timer = clock.timer(ready ? HEARTBEAT_MS : GLANCE_MS, () => void this.beat())
  }

  /** Somebody has deleted the node while its kubelet runs. */
  async #registerAgain(): Promise<void> {
    try {
      this.#node = await this.#register()
      this.#written = 0
    } catch (error) {
      this.#tools.settings.log(`registering the node: ${(error as Error).message}`)
    }
  }

  /** Writes the status where it has changed; whether the node is ready. */
  async #report(): Promise<boolean> {
    const { client, clock, nodeName } = this.#tools.settings
    const before = this.node.status
    const status = await this.#status(before)
    const changed = !deepEqual(comparable(before), comparable(status))
    if (changed || clock.now() - this.#written >= REPORT_MS) {
      const body = { status: { ...status, addresses: [{ $patch: 'replace' }, ...(status.addresses ?? [])] } }
      const written = await client.patch(nodeKind, { name: nodeName }, 'strategic', body, { subresource: 'status' })
      this.#written = clock.now()
      this.#node = written
      for (const condition of status.conditions ?? []) {
        const previous = before.conditions?.find(({ type }) => type === condition.type)
        if (previous?.status === condition.status) continue
        const reason = conditionEvent(condition)
        this.#event(reason, `Node ${nodeName} status is now: ${reason}`)
      }
    }
    return status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  }

  async #status(before: NodeStatus): Promise<NodeStatus> {
    const { settings, machine, pressures, port, volumesInUse } = this.#tools
    const { cri, clock, addresses, hostname } = settings
    const problem = await runtimeProblem(cri)
    const info = await this.#systemInfo()
    const images = problem ? (before.images ?? []) : await nodeImages(cri)
    return {
      capacity: capacityOf(machine, settings),
      allocatable: { ...this.#allocatable },
      conditions: nodeConditions(await pressures(), problem, before.conditions ?? [], rfc3339(clock.now())),
      addresses: [
        ...addresses.map(address => ({ type: 'InternalIP', address })),
        { type: 'Hostname', address: hostname },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: port() } },
      nodeInfo: info,
      images,
      runtimeHandlers: [{ name: '' }],
      volumesInUse: [...volumesInUse()],
    }
  }

  /** Asked for once the runtime can say its version, and then no more. */
  async #systemInfo(): Promise<NodeSystemInfo> {
    if (this.#info) return this.#info
    const info = await systemInfo(this.#tools.settings.cri)
    if (info.containerRuntimeVersion) this.#info = info
    return info
  }

  #event(reason: string, message: string): void {
    const { nodeName } = this.#tools.settings
    // As upstream: events of nodes carry the node's name for its uid.
    const metadata = { name: nodeName, uid: nodeName }
    this.#tools.events.normal({ apiVersion: 'v1', kind: 'Node', metadata }, reason, message, { host: nodeName })
  }
}

/** A status without the times that change by themselves. */
function comparable({ conditions = [], ...rest }: NodeStatus): unknown {
  const { capacity, allocatable, addresses, daemonEndpoints, nodeInfo, images, runtimeHandlers } = rest
  const { volumesInUse = [] } = rest
  const told = conditions.map(({ type, status, reason, message }) => ({ type, status, reason, message }))
  told.sort((a, b) => a.type.localeCompare(b.type))
  const own = told.filter(({ type }) => ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].includes(type))
  const plain = {
    capacity,
    allocatable,
    addresses,
    daemonEndpoints,
    nodeInfo,
    images,
    runtimeHandlers,
    volumesInUse,
    own,
  }
  return JSON.parse(JSON.stringify(plain))
}
