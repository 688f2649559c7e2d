import { pod as podKind } from '../../src/api/core/index.ts'
import { rfc3339 } from '../../src/apimachinery/clock.ts'
import type { VirtualClock } from '../../src/apimachinery/virtual-clock.ts'
import type { Chance } from './chance.ts'
import type { Cluster } from './cluster.ts'
import type { Change, History, Stored } from './history.ts'
import { BROKEN, FAILING, GATE } from './workloads.ts'

const SECOND = 1000

/** What the containers of running pods do by themselves: they come up, end, crash, and fail their probes. */
export class Containers {
  readonly #cluster: Cluster
  readonly #history: History
  readonly #chance: Chance
  readonly #clock: VirtualClock
  readonly #known = new Set<string>()
  /** Pods end, crash and fail as they please. */
  wild = true

  constructor(cluster: Cluster, history: History, chance: Chance, clock: VirtualClock) {
    this.#cluster = cluster
    this.#history = history
    this.#chance = chance
    this.#clock = clock
    history.listeners.push(change => this.#onChange(change))
  }

  /** Something befalls some running pod. Answers what. */
  mischief(): string | undefined {
    const running = this.#history
      .list('pods')
      .filter(p => p.status?.phase === 'Running' && !p.metadata.deletionTimestamp)
    if (running.length === 0) return undefined
    const chosen = this.#chance.pick(running)
    const what = this.#chance.pick(['crashes', 'kills for memory', 'failed probes', 'failed pods'])
    if (what === 'failed pods' || chosen.spec.restartPolicy === 'Never') void this.#end(chosen.metadata.uid!, 137)
    else this.#falter(chosen, what)
    return what
  }

  #onChange({ plural, after }: Change): void {
    if (plural !== 'pods' || after?.status?.phase !== 'Running' || this.#known.has(after.metadata.uid!)) return
    const uid = after.metadata.uid!
    this.#known.add(uid)
    const chance = this.#chance
    const { labels = {} } = after.metadata
    if (after.spec.readinessGates && !labels[BROKEN]) this.#after(chance.between(1, 45), () => this.#open(uid))
    if (after.spec.restartPolicy !== 'Never') return
    const fails = chance.happens(labels[FAILING] ? 0.7 : 0.1)
    const code = fails ? chance.pick([1, 42, 137]) : 0
    this.#after(chance.wait(120), () => this.#end(uid, code))
  }

  #after(seconds: number, run: () => Promise<boolean>): void {
    this.#clock.timer(Math.ceil(seconds * SECOND), () => {
      void run().then(done => done || this.#after(15, run))
    })
  }

  #find(uid: string): Stored | undefined {
    return this.#history.list('pods').find(({ metadata }) => metadata.uid === uid)
  }

  /** Patches the status as the node's kubelet; false when it has to be tried again. */
  async #say(uid: string, statusOf: (pod: Stored) => object | undefined): Promise<boolean> {
    const found = this.#find(uid)
    if (!found || found.metadata.deletionTimestamp || found.status.phase !== 'Running') {
      this.#known.delete(uid)
      return true
    }
    const client = this.#cluster.kubeletClient(found.spec.nodeName)
    if (!client) return false
    const status = statusOf(found)
    if (!status) return true
    try {
      const { resourceVersion } = found.metadata
      const patch = { metadata: { uid, resourceVersion }, status }
      await client.patch(podKind, found.metadata, 'strategic', patch, { subresource: 'status' })
      return true
    } catch {
      return false
    }
  }

  #open(uid: string): Promise<boolean> {
    return this.#say(uid, () => ({ conditions: [this.#condition(GATE, 'True')] }))
  }

  #end(uid: string, exitCode: number): Promise<boolean> {
    const finishedAt = rfc3339(this.#clock.now())
    const reason = exitCode === 0 ? 'Completed' : exitCode === 137 ? 'OOMKilled' : 'Error'
    return this.#say(uid, ({ status }) => ({
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      conditions: ['Ready', 'ContainersReady'].map(type => this.#condition(type, 'False')),
      containerStatuses: status.containerStatuses.map((container: object) => ({
        ...container,
        ready: false,
        started: false,
        state: { running: null, terminated: { exitCode, reason, finishedAt } },
      })),
    }))
  }

  /** A container is not ready for a while: restarted after a crash, or failing its probe. */
  #falter({ metadata: { uid } }: Stored, what: string): void {
    const crashed = what !== 'failed probes'
    const reason = what === 'crashes' ? 'Error' : 'OOMKilled'
    const said = this.#say(uid!, pod => this.#readiness(pod, false, crashed ? reason : undefined))
    void said.then(() => this.#after(this.#chance.between(5, 300), () => this.#recover(uid!)))
  }

  #recover(uid: string): Promise<boolean> {
    return this.#say(uid, pod => this.#readiness(pod, true))
  }

  #readiness({ status, spec }: Stored, up: boolean, crash?: string) {
    const gated = spec.readinessGates && !status.conditions.some((c: Body) => c.type === GATE && c.status === 'True')
    return {
      conditions: [
        this.#condition('ContainersReady', up ? 'True' : 'False'),
        this.#condition('Ready', up && !gated ? 'True' : 'False'),
      ],
      containerStatuses: status.containerStatuses.map((container: Body) => ({
        ...container,
        ready: up,
        ...(crash && {
          restartCount: container.restartCount + 1,
          lastState: { terminated: { exitCode: 137, reason: crash, finishedAt: rfc3339(this.#clock.now()) } },
        }),
      })),
    }
  }

  #condition(type: string, status: string) {
    return { type, status, lastTransitionTime: rfc3339(this.#clock.now()) }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a status as it lies in the store
type Body = any
