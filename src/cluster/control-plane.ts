import { componentStatus } from '../api/core/componentstatus.ts'
import { computedKinds } from '../api/metrics/index.ts'
import { deviceTaintRule } from '../api/resource/index.ts'
import { podGroup } from '../api/scheduling/index.ts'
import { explanation } from '../api/why/index.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Random } from '../apimachinery/random.ts'
import type { FrontProxy } from '../apiserver/aggregator/remote.ts'
import type { ServiceRanges } from '../apiserver/allocation/service-allocator.ts'
import { type ApiServer, startApiServer } from '../apiserver/apiserver.ts'
import { serveComponentStatuses } from '../apiserver/component-statuses.ts'
import { keepFlowControl } from '../apiserver/flowcontrol/keeper.ts'
import { LocalTransport } from '../apiserver/local-transport.ts'
import { runCompactor } from '../apiserver/maintenance/compactor.ts'
import { expireEvents } from '../apiserver/maintenance/event-ttl.ts'
import type { NodeDialer } from '../apiserver/node-dialer.ts'
import type { UserInfo } from '../apiserver/request.ts'
import { serveResourceMetrics } from '../apiserver/resource-metrics/resource-metrics.ts'
import { serveExplanations } from '../apiserver/why/why.ts'
import { Client } from '../client/client.ts'
import type { Controller } from '../client/controller.ts'
import { ControllerManager } from '../client/manager.ts'
import { controllers as allControllers } from '../controllers/index.ts'
import { type Scheduler, startScheduler } from '../scheduler/index.ts'
import type { Store } from '../storage/store.ts'
import { builtInKinds, configurationOf } from './api-server-flags.ts'
import { bootstrap } from './bootstrap/objects.ts'
import { controllerUser } from './bootstrap/roles.ts'
import { registerControllerMetrics, registerSchedulerMetrics } from './component-metrics.ts'
import { type ControlPlaneFlags, schedulerConfigurationOf } from './control-plane-flags.ts'
import { policyOf } from './server-policy.ts'
import { versionInfo } from './version.ts'

export interface ControlPlaneOptions extends ControlPlaneFlags {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** PEM of the EC key that signs service account tokens. */
  readonly serviceAccountKey: string
  /** PEM of the cluster's authority, which pods get as kube-root-ca.crt. */
  readonly ca: string
  /** PEM of its key, by which approved certificate requests are signed. */
  readonly caKey?: string
  readonly ranges: ServiceRanges
  /** By what extension servers know the API server, and the PEM of the authority that says so. */
  readonly frontProxy?: { readonly ca: string; readonly client: FrontProxy }
  /** ClusterIP of the `kubernetes` Service. */
  readonly apiServiceAddress?: string
  /** ClusterIP of the `kube-dns` Service; none without nodes. */
  readonly dnsServiceAddress?: string
  readonly nodes?: NodeDialer
  /** Users known by fixed tokens. */
  readonly staticTokens?: ReadonlyMap<string, UserInfo>
  readonly signal: AbortSignal
  readonly onError?: (component: string, key: string, error: unknown) => void
}

/** The same with what depends on which kinds are served. */
interface RunningOptions extends ControlPlaneOptions {
  readonly deviceTaintRules: boolean
  readonly podGroups: boolean
}

/** How long a server that stops waits for the requests it works on, in milliseconds. */
export const DRAIN_MS = 3_000

const SYSTEM: UserInfo = { name: 'system:apiserver', groups: ['system:masters'] }

/** API server, controllers and scheduler of one cluster, in this process. */
export class ControlPlane {
  readonly server: ApiServer
  readonly client: Client
  readonly #options: RunningOptions
  #manager: ControllerManager | undefined
  #scheduler: Scheduler | undefined

  private constructor(server: ApiServer, options: RunningOptions) {
    this.server = server
    this.#options = options
    this.client = this.clientFor(SYSTEM, 'tsukube')
    options.signal.addEventListener('abort', () => server.stop(), { once: true })
  }

  /** Starts the API server and makes the objects every cluster has. Controllers and scheduler wait for `run`. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const configuration = configurationOf(options)
    const { serves } = configuration
    const server = await startApiServer({
      ...options,
      ...configuration,
      // Custom resources are none of the built-in kinds' business.
      serves: kind => Boolean(kind.custom) || serves(kind),
      kinds: builtInKinds.filter(kind => kind !== componentStatus),
      version: versionInfo,
      configure: server => policyOf(server, options),
    })
    serveResourceMetrics(server)
    serveExplanations(server)
    const offByDefault = { deviceTaintRules: serves(deviceTaintRule), podGroups: serves(podGroup) }
    const plane = new ControlPlane(server, { ...options, ...offByDefault })
    serveComponentStatuses(server, {
      scheduler: () => plane.#mustRun(plane.#scheduler, 'scheduler'),
      'controller-manager': () => plane.#mustRun(plane.#manager, 'controllers'),
      'etcd-0': async () => void (await options.store.get('health')),
    })
    const controllers = allControllers(plane.#options)
    await Promise.all([
      bootstrap(plane.client, {
        ...options,
        controllers,
        kinds: [...builtInKinds, ...computedKinds, explanation].filter(serves),
      }),
      keepFlowControl(server, plane.client),
    ])
    return plane
  }

  /** A client in this process, acting as a user. */
  clientFor(user: UserInfo, fieldManager?: string): Client {
    return new Client(new LocalTransport(this.server, user), fieldManager)
  }

  /** Starts controllers and scheduler. */
  async run(): Promise<void> {
    const { clock, random, signal, onError } = this.#options
    const clientFor = (controller: Controller) =>
      this.clientFor({ name: controllerUser(controller), groups: ACCOUNT_GROUPS }, 'kube-controller-manager')
    void runCompactor(this.server)
    expireEvents(this.server)
    this.#manager = new ControllerManager({
      client: this.client,
      clientFor,
      clock,
      random,
      signal,
      onError,
      decisions: this.server.decisions,
    })
    await this.#manager.start(allControllers(this.#options))
    registerControllerMetrics(this.server.metrics.registry, this.#manager)
    const scheduler = this.clientFor(
      { name: 'system:kube-scheduler', groups: ['system:authenticated'] },
      'kube-scheduler',
    )
    this.#scheduler = await startScheduler({
      podGroups: this.#options.podGroups,
      client: scheduler,
      informers: this.#manager.informers,
      configuration: schedulerConfigurationOf(this.#options),
      decisions: this.server.decisions,
      clock,
      random,
      signal,
    })
    registerSchedulerMetrics(this.server.metrics.registry, this.#scheduler)
  }

  #mustRun(part: object | undefined, what: string): void {
    if (!part) throw new Error(`${what} not running in this server`)
    if (this.#options.signal.aborted) throw new Error(`${what} stopped with this server`)
  }

  /** Whether controllers and scheduler have nothing to do right now. */
  get idle(): boolean {
    return (this.#manager?.idle ?? true) && (this.#scheduler?.idle ?? true)
  }
}

const ACCOUNT_GROUPS = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated']
