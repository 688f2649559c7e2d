import { generateKeyPairSync } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import { LocalTransport } from '../../src/apiserver/local-transport.ts'
import { runCompactor } from '../../src/apiserver/maintenance/compactor.ts'
import { expireEvents } from '../../src/apiserver/maintenance/event-ttl.ts'
import type { UserInfo } from '../../src/apiserver/request.ts'
import { Client } from '../../src/client/client.ts'
import { Informers } from '../../src/client/informers.ts'
import { ControllerManager } from '../../src/client/manager.ts'
import { controllerUser } from '../../src/cluster/bootstrap/roles.ts'
import { ControlPlane } from '../../src/cluster/control-plane.ts'
import { controllers } from '../../src/controllers/index.ts'
import { type HollowNodes, startHollowNodes } from '../../src/kubelet/hollow.ts'
import { type Scheduler, startScheduler } from '../../src/scheduler/index.ts'
import type { Store } from '../../src/storage/store.ts'
import type { Chance } from './chance.ts'
import { type Net, Wire } from './wire.ts'

/** What every node has. */
export const CAPACITY = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '100Gi', pods: '20' }
const ADMIN = 'kubernetes-admin'
const RANGES = { clusterIPs: '10.96.0.0/16', nodePorts: [30000, 32767] } as const

const MASTERS: UserInfo['groups'] = ['system:masters', 'system:authenticated']
const ACCOUNTS = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated']

/** A part of the cluster that can be stopped at any moment, as by kill -9, and started again. */
interface Process {
  readonly end: AbortController
  readonly wire: Wire
}

interface Manager extends Process {
  readonly manager: ControllerManager
}
interface Kubelet extends Process {
  hollow: HollowNodes | undefined
}

export interface ClusterParts {
  readonly store: Store
  readonly clock: VirtualClock
  readonly chance: Chance
  readonly net: Omit<Net, 'server'>
  readonly onError: (controller: string, key: string, error: unknown) => void
}

/** All processes of a cluster. Their requests go through the net. */
export class Cluster {
  readonly #parts: ClusterParts
  readonly #net: Net
  readonly #serviceAccountKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string
  /** A user's client; nothing befalls its requests. */
  readonly admin: Client
  #plane: { plane: ControlPlane; end: AbortController } | undefined
  #manager: Manager | undefined
  #scheduler: (Process & { scheduler: Scheduler | undefined; informers: Informers }) | undefined
  readonly #kubelets = new Map<string, Kubelet>()

  constructor(parts: ClusterParts) {
    this.#parts = parts
    this.#net = { ...parts.net, server: user => this.#server(user) }
    this.admin = new Client(new Wire(this.#net, 'user', ADMIN, new AbortController().signal), 'kubectl')
  }

  get manager(): ControllerManager | undefined {
    return this.#manager?.manager
  }
  get scheduler(): Scheduler | undefined {
    return this.#scheduler?.scheduler
  }
  get schedulerInformers(): Informers | undefined {
    return this.#scheduler?.informers
  }
  get serverUp(): boolean {
    return this.#plane !== undefined
  }

  async startServer(): Promise<void> {
    const { store, clock, chance } = this.#parts
    const end = ended()
    const plane = await ControlPlane.start({
      ...this.#options(),
      store,
      clock,
      random: chance.random,
      ranges: RANGES,
      apiServiceAddress: '10.96.0.1',
      signal: end.signal,
    })
    void runCompactor(plane.server)
    expireEvents(plane.server)
    this.#plane = { plane, end }
  }
  stopServer(): void {
    this.#plane?.end.abort()
    this.#plane = undefined
  }

  /** Begins; a server that is down makes it take until it is back. */
  startManager(): void {
    const { clock, chance, onError } = this.#parts
    const { end, wire } = this.#process('controller-manager', ADMIN)
    const manager = new ControllerManager({
      client: new Client(wire, 'tsukube'),
      clientFor: controller =>
        new Client(wire.as(controllerUser(controller), controller.name), 'kube-controller-manager'),
      clock,
      random: chance.random,
      signal: end.signal,
      onError: (name, key, error) => !end.signal.aborted && onError(name, key, error),
    })
    this.#manager = { end, wire, manager }
    void manager.start(controllers(this.#options()))
  }
  stopManager(): void {
    this.#manager?.end.abort()
    this.#manager = undefined
  }

  startScheduler(): void {
    const { clock, chance } = this.#parts
    const random = chance.random
    const { end, wire } = this.#process('scheduler', 'system:kube-scheduler')
    const client = new Client(wire, 'kube-scheduler')
    const informers = new Informers(new Client(wire.as(ADMIN)), clock, random, end.signal)
    const process = { end, wire, informers, scheduler: undefined as Scheduler | undefined }
    this.#scheduler = process
    void startScheduler({ client, informers, clock, random, signal: end.signal }).then(scheduler => {
      process.scheduler = scheduler
    })
  }
  stopScheduler(): void {
    this.#scheduler?.end.abort()
    this.#scheduler = undefined
  }

  /** `name` ends in 0, as hollow nodes are named. */
  startKubelet(name: string, zone: string): void {
    const { clock, chance } = this.#parts
    const { end, wire } = this.#process(name, `system:node:${name}`)
    const kubelet: Kubelet = { end, wire, hollow: undefined }
    this.#kubelets.set(name, kubelet)
    const begin = (): Promise<void> =>
      startHollowNodes({
        client: new Client(wire, 'kubelet'),
        clock,
        random: chance.random,
        signal: end.signal,
        count: 1,
        prefix: name.slice(0, -1),
        labels: { 'topology.kubernetes.io/zone': zone, 'topology.kubernetes.io/region': 'region-1' },
        capacity: CAPACITY,
        completeJobs: false,
      }).then(
        hollow => {
          kubelet.hollow = hollow
        },
        // As a service manager would start it anew.
        () => void clock.timer(5_000, () => end.signal.aborted || void begin()),
      )
    void begin()
  }
  stopKubelet(name: string): void {
    this.#kubelets.get(name)?.end.abort()
    this.#kubelets.delete(name)
  }
  isUp(node: string): boolean {
    return this.#kubelets.has(node)
  }
  /** A client for what a node's kubelet says. */
  kubeletClient(node: string): Client | undefined {
    const kubelet = this.#kubelets.get(node)
    return kubelet && new Client(kubelet.wire, 'kubelet')
  }

  /** The running processes' wires, by name. */
  wires(): (readonly [name: string, wire: Wire])[] {
    return [
      ...(this.#manager ? [['controller-manager', this.#manager.wire] as const] : []),
      ...(this.#scheduler ? [['scheduler', this.#scheduler.wire] as const] : []),
      ...[...this.#kubelets].map(([name, { wire }]) => [name, wire] as const),
    ]
  }

  /** What is not idle right now, though nothing is under way. */
  busy(): string[] {
    const out: string[] = []
    if (this.#manager && !this.#manager.manager.idle) out.push('controllers')
    if (this.#scheduler?.scheduler && !this.#scheduler.scheduler.idle) out.push('scheduler')
    for (const [name, { hollow }] of this.#kubelets) if (hollow && !hollow.idle) out.push(name)
    return out
  }

  stop(): void {
    this.stopManager()
    this.stopScheduler()
    for (const name of [...this.#kubelets.keys()]) this.stopKubelet(name)
    this.stopServer()
  }

  #options() {
    return { serviceAccountKey: this.#serviceAccountKey, ca: 'simulated authority' }
  }

  #process(name: string, user: string): Process {
    const end = ended()
    return { end, wire: new Wire(this.#net, name, user, end.signal) }
  }

  #server(user: string): ReturnType<Net['server']> {
    if (!this.#plane) return undefined
    const { plane, end } = this.#plane
    const isController = user.startsWith('system:serviceaccount:')
    const isScheduler = user === 'system:kube-scheduler'
    const groups = isController ? ACCOUNTS : isScheduler ? ['system:authenticated'] : MASTERS
    return { transport: new LocalTransport(plane.server, { name: user, groups }), stopped: end.signal }
  }
}

function ended(): AbortController {
  const end = new AbortController()
  setMaxListeners(0, end.signal)
  return end
}
