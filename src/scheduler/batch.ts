import { Heap } from '../apimachinery/heap.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodFilter } from './pod-filter.ts'
import type { Candidate, Scoring } from './scoring.ts'

/** Best first, within a group. */
const byTotal = (a: Candidate, b: Candidate): number => b.total - a.total || a.chance - b.chance

/**
 * The nodes found for one pod, for others like it: what the pods before them took is scored anew, node by node, and what topology
 * says once for each group of nodes that it judges alike (the idea of upstream's KEP-5598, opportunistic batching).
 */
export class Batch {
  readonly #filter: PodFilter
  readonly #scoring: Scoring
  readonly #groups: Heap<Candidate>[]
  readonly #byNode = new Map<NodeInfo, Candidate>()
  /** How often it may still be used; then other nodes get their turn. */
  #left: number

  constructor(filter: PodFilter, scoring: Scoring) {
    this.#filter = filter
    this.#scoring = scoring
    this.#groups = scoring.groups.map(() => new Heap(byTotal))
    for (const candidate of scoring.candidates) {
      this.#groups[candidate.group]!.push(candidate)
      this.#byNode.set(candidate.node, candidate)
    }
    this.#left = scoring.candidates.length
  }

  /** The best node for the next pod; undefined when none of these is left. */
  next(): NodeInfo | undefined {
    if (this.#left-- <= 0) return undefined
    let groups = this.#open()
    while (groups.length > 0) {
      const best = this.#best(groups)
      if (!this.#filter.check(best.node)) return best.node
      this.#groups[best.group]!.delete(best)
      groups = groups.filter(group => this.#groups[group]!.size > 0)
    }
    return undefined
  }

  /** There is a pod more or less on a node. */
  refresh(node: NodeInfo): void {
    const candidate = this.#byNode.get(node)
    if (!candidate) return
    const group = this.#groups[candidate.group]!
    group.delete(candidate)
    this.#scoring.refresh(candidate)
    group.push(candidate)
  }

  /** Groups with nodes left that topology allows now. */
  #open(): number[] {
    const out: number[] = []
    for (const [group, { size }] of this.#groups.entries()) {
      if (size > 0 && this.#filter.allowsTopology(this.#scoring.groups[group]!)) out.push(group)
    }
    return out
  }

  #best(groups: readonly number[]): Candidate {
    const scores = this.#scoring.topologicalScores(groups)
    let best: Candidate | undefined
    let bestTotal = 0
    for (const [i, group] of groups.entries()) {
      const first = this.#groups[group]!.peek()!
      const total = first.total + scores[i]!
      if (best && (total < bestTotal || (total === bestTotal && first.chance > best.chance))) continue
      best = first
      bestTotal = total
    }
    return best!
  }
}
