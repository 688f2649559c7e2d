import type { NodeInfo } from './node-info.ts'
import type { PodFilter } from './pod-filter.ts'
import type { PodInfo } from './pod-info.ts'

/** Pods for which room is being made on a node: others of lower or equal priority must not take it. */
export class Nominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>()
  readonly #nodeOf = new Map<string, string>()

  get size(): number {
    return this.#nodeOf.size
  }
  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid)
  }

  set(pod: PodInfo, nodeName: string): void {
    this.delete(pod.uid)
    this.#nodeOf.set(pod.uid, nodeName)
    const pods = this.#byNode.get(nodeName)
    if (pods) pods.set(pod.uid, pod)
    else this.#byNode.set(nodeName, new Map([[pod.uid, pod]]))
  }

  delete(uid: string): void {
    const node = this.#nodeOf.get(uid)
    if (node === undefined) return
    this.#nodeOf.delete(uid)
    const pods = this.#byNode.get(node)!
    pods.delete(uid)
    if (pods.size === 0) this.#byNode.delete(node)
  }

  /** Those nominated to a node. */
  on(nodeName: string): PodInfo[] {
    return [...(this.#byNode.get(nodeName)?.values() ?? [])]
  }
  /** Those that a pod must leave room for on a node. */
  before(pod: PodInfo, nodeName: string): PodInfo[] {
    return this.on(nodeName).filter(other => other.uid !== pod.uid && other.priority >= pod.priority)
  }
}

/** Why a pod may not go to a node, also with room left for those nominated to it (upstream RunFilterPluginsWithNominatedPods). */
export function checkWithNominated(
  filter: PodFilter,
  node: NodeInfo,
  nominator: Nominator,
): ReturnType<PodFilter['check']> {
  const others = nominator.size === 0 ? [] : nominator.before(filter.pod, node.name)
  if (others.length > 0) {
    const crowded = node.copy()
    let trial = filter
    for (const other of others) {
      crowded.add(other)
      trial = trial.withPod(other, crowded, 1)
    }
    const rejected = trial.check(crowded)
    if (rejected) return rejected
  }
  return filter.check(node)
}
