import type { Clock } from '../apimachinery/clock.ts'
import type { KubeObject } from '../apimachinery/schema/kind.ts'

/** Nodes that a plugin kept a pod off for one reason. */
export interface NodesRejected {
  readonly plugin: string
  readonly reason: string
  /** How many nodes. */
  readonly nodes: number
  /** Some of them, with what the plugin saw there and what would change its mind. */
  readonly examples: readonly { readonly node: string; readonly detail?: string; readonly remedy?: string }[]
}

/** Why the scheduler found no node for a pod, the last time it tried. */
export interface SchedulingDecision {
  readonly at: number
  readonly attempts: number
  readonly scheduler: string
  readonly message: string
  readonly rejected: readonly NodesRejected[]
  /** The node that room is being made on by pushing others out. */
  readonly nominatedNode?: string
}

/** What a controller could not do with an object, the last time it tried. */
export interface ReconcileFailure {
  readonly at: number
  readonly controller: string
  readonly message: string
  /** How often in a row. */
  readonly times: number
}

/** A write that admission refused. */
export interface AdmissionDenial {
  readonly at: number
  readonly plugin: string
  readonly message: string
  readonly operation: string
  /** What was to be written: `pods`, and its name, which may be one to be generated. */
  readonly resource: string
  readonly name: string
  readonly user: string
}

/** So many of each sort are kept; the oldest are forgotten first. */
const MAX_KEPT = 10_000

/**
 * What kept things back, written down by those who decided it as they decide it: what "why" tells from. Kept in memory and bounded.
 */
export class Decisions {
  readonly #clock: Clock
  readonly #scheduling = new Map<string, SchedulingDecision>()
  readonly #failures = new Map<string, ReconcileFailure>()
  readonly #denials = new Map<string, AdmissionDenial>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The pod of this UID has found no node. */
  unschedulable(uid: string, decision: Omit<SchedulingDecision, 'at'>): void {
    keep(this.#scheduling, uid, { at: this.#clock.now(), ...decision })
  }
  /** It has, or is gone. */
  scheduled(uid: string): void {
    this.#scheduling.delete(uid)
  }
  scheduling(uid: string): SchedulingDecision | undefined {
    return this.#scheduling.get(uid)
  }

  failed(controller: string, key: string, error: unknown): void {
    const id = `${controller} ${key}`
    const times = (this.#failures.get(id)?.times ?? 0) + 1
    const message = error instanceof Error ? error.message : String(error)
    keep(this.#failures, id, { at: this.#clock.now(), controller, message, times })
  }
  succeeded(controller: string, key: string): void {
    if (this.#failures.size > 0) this.#failures.delete(`${controller} ${key}`)
  }
  /** The failures of controllers with an object of theirs, by its key. */
  failures(key: string): ReconcileFailure[] {
    return [...this.#failures].filter(([id]) => id.slice(id.indexOf(' ') + 1) === key).map(([, failure]) => failure)
  }

  /** A write was refused. It is found by the object's owner, where it has one, and by the object itself. */
  denied(denial: Omit<AdmissionDenial, 'at'>, object: Pick<KubeObject, 'metadata'>, namespace: string): void {
    const kept = { at: this.#clock.now(), ...denial }
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller)?.uid
    keep(this.#denials, owner ?? denialKey(denial.resource, namespace, denial.name), kept)
  }
  /** The last write that was refused of what an object controls, or of the object itself. */
  denial({ uid, namespace = '', name = '' }: KubeObject['metadata'], resource: string): AdmissionDenial | undefined {
    return this.#denials.get(uid ?? '') ?? this.#denials.get(denialKey(resource, namespace, name))
  }
  /** A write went through: what was refused before no longer holds anything back. */
  admitted(object: Pick<KubeObject, 'metadata'>, resource: string, namespace: string): void {
    if (this.#denials.size === 0) return
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller)?.uid
    if (owner) this.#denials.delete(owner)
    this.#denials.delete(denialKey(resource, namespace, object.metadata.name ?? ''))
  }
}

const denialKey = (resource: string, namespace: string, name: string) => `${resource} ${namespace}/${name}`

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  if (map.size >= MAX_KEPT) map.delete(map.keys().next().value!)
  map.set(key, value)
}
