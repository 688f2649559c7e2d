import { node as nodeKind } from '../../src/api/core/index.ts'
import type { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import type { Chance } from './chance.ts'
import type { Cluster } from './cluster.ts'
import type { Containers } from './containers.ts'
import type { Faults } from './faults.ts'
import { ZONES } from './workloads.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The machines: six nodes in three zones. Hollow nodes are numbered from 0, so each has a prefix of its own. */
export const NODES: readonly (readonly [name: string, zone: string])[] = ZONES.flatMap(zone =>
  ['x', 'y'].map(machine => [`${zone}-${machine}-0`, zone] as const),
)

/** Everything outside of the cluster's control: machines, network, processes, containers, time. */
export class OutsideWorld {
  readonly #cluster: Cluster
  readonly #containers: Containers
  readonly #faults: Faults
  readonly #chance: Chance
  readonly #clock: VirtualClock
  readonly #strokes: readonly (readonly [weight: number, strike: () => void | Promise<void>])[]
  #restarting = false

  constructor(parts: {
    cluster: Cluster
    containers: Containers
    faults: Faults
    chance: Chance
    clock: VirtualClock
  }) {
    this.#cluster = parts.cluster
    this.#containers = parts.containers
    this.#faults = parts.faults
    this.#chance = parts.chance
    this.#clock = parts.clock
    this.#strokes = [
      [5, () => this.#failNode()],
      [6, () => this.#mendNode()],
      [2, () => this.#loseNode()],
      [20, () => this.#mischief()],
      [6, () => this.#storm()],
      [6, () => this.#hold()],
      [4, () => this.#cut()],
      [1, () => this.#expire()],
      [3, () => this.#restartController()],
      [3, () => this.#restartScheduler()],
      [3, () => this.#restartKubelet()],
      [2, () => this.#restartServer()],
      [1, () => this.#jump()],
      [1, () => this.#step()],
    ]
  }

  /** Something goes wrong, or right again. */
  async strike(): Promise<void> {
    await this.#chance.weighted(this.#strokes)()
  }

  /** Everything that was broken works again. */
  async heal(): Promise<void> {
    this.#faults.calm()
    this.#containers.wild = false
    if (!this.#cluster.serverUp) await this.#cluster.startServer()
    if (!this.#cluster.manager) this.#cluster.startManager()
    if (!this.#cluster.schedulerInformers) this.#cluster.startScheduler()
    for (const [name, zone] of NODES) if (!this.#cluster.isUp(name)) this.#cluster.startKubelet(name, zone)
  }

  #count(what: string): void {
    this.#faults.count(what)
  }

  #failNode(): void {
    const up = NODES.filter(([name]) => this.#cluster.isUp(name))
    if (up.length < 2) return
    const zone = this.#chance.happens(0.1)
    const [name, inZone] = this.#chance.pick(up)
    for (const [other, where] of up) {
      if (other === name || (zone && where === inZone)) {
        this.#cluster.stopKubelet(other)
        this.#count('failed nodes')
      }
    }
  }

  #mendNode(): void {
    const down = NODES.filter(([name]) => !this.#cluster.isUp(name))
    if (down.length === 0) return
    this.#cluster.startKubelet(...this.#chance.pick(down))
  }

  /** The machine is gone for good: whoever made it also removes its Node. */
  async #loseNode(): Promise<void> {
    const up = NODES.filter(([name]) => this.#cluster.isUp(name))
    if (up.length < 3) return
    const [name] = this.#chance.pick(up)
    this.#cluster.stopKubelet(name)
    this.#count('removed nodes')
    await this.#cluster.admin.delete(nodeKind, { name }).catch(() => {})
  }

  #mischief(): void {
    const what = this.#containers.mischief()
    if (what) this.#count(what)
  }

  #someProcess(): string | undefined {
    return this.#chance.pick([undefined, 'controller-manager', 'controller-manager', 'scheduler', NODES[0]![0]])
  }

  #storm(): void {
    const chance = this.#chance
    this.#faults.storm({
      process: this.#someProcess(),
      until: this.#clock.now() + chance.wait(5 * MINUTE),
      refuse: chance.pick([0, 0.05, 0.3, 0.8, 1]),
      lose: chance.pick([0, 0.05, 0.3]),
      delay: chance.pick([0, 50, 2_000, 20_000]),
    })
  }

  #hold(): void {
    const plural = this.#chance.pick([undefined, 'pods', 'nodes', 'replicasets', 'jobs', 'poddisruptionbudgets'])
    const length = this.#chance.wait(this.#chance.pick([SECOND, 20 * SECOND, 2 * MINUTE]))
    this.#faults.hold(this.#someProcess(), plural, this.#clock.now() + length)
  }

  #cut(): void {
    const share = this.#chance.pick([0.1, 0.5, 1])
    for (const [, wire] of this.#cluster.wires())
      this.#faults.count(
        'cut watches',
        wire.cut(() => this.#chance.happens(share)),
      )
  }

  #expire(): void {
    this.#faults.expireWatches(this.#clock.now() + 30 * SECOND)
    this.#cut()
  }

  #restartController(): void {
    this.#cluster.stopManager()
    this.#count('restarted controllers')
    this.#later(() => this.#cluster.manager || this.#cluster.startManager())
  }

  #restartScheduler(): void {
    this.#cluster.stopScheduler()
    this.#count('restarted schedulers')
    this.#later(() => this.#cluster.schedulerInformers || this.#cluster.startScheduler())
  }

  #restartKubelet(): void {
    const up = NODES.filter(([name]) => this.#cluster.isUp(name))
    if (up.length === 0) return
    const [name, zone] = this.#chance.pick(up)
    this.#cluster.stopKubelet(name)
    this.#count('restarted kubelets')
    this.#later(() => this.#cluster.isUp(name) || this.#cluster.startKubelet(name, zone))
  }

  #restartServer(): void {
    if (this.#restarting) return
    this.#restarting = true
    this.#cluster.stopServer()
    this.#count('restarted API servers')
    this.#later(() => {
      this.#restarting = false
      if (!this.#cluster.serverUp) return this.#cluster.startServer()
    })
  }

  #later(run: () => unknown): void {
    const wait = this.#chance.weighted([
      [6, 100],
      [3, 10 * SECOND],
      [1, 5 * MINUTE],
    ])
    this.#clock.timer(Math.ceil(this.#chance.wait(wait)), () => void run())
  }

  /** The machines sleep; everything that fell due happens when they wake. */
  #jump(): void {
    this.#count('jumps of the clock')
    this.#clock.jump(Math.ceil(this.#chance.wait(this.#chance.pick([MINUTE, HOUR]))))
    this.#faults.confusedAt = this.#clock.now()
  }

  /** Somebody sets the clock on the wall. */
  #step(): void {
    this.#count('clocks set')
    const by = Math.ceil(this.#chance.wait(10 * MINUTE)) * this.#chance.pick([1, -1])
    this.#faults.shift(by)
    this.#clock.step(by)
    this.#faults.confusedAt = this.#clock.now()
  }
}
