import { type PluginContext, skip } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { Profile } from './profile.ts'

/** A node that fits, and how well. */
export interface Candidate {
  readonly node: NodeInfo
  total: number
  /** The part that compares nodes with each other; it stays when one node's use changes. */
  readonly relative: number
  /** Breaks ties: less goes first. */
  chance: number
}

/** How well each node suits the pod: the plugins' scores by weight (upstream RunScorePlugins). */
export class Scoring {
  readonly #pod: PodInfo
  readonly #context: PluginContext
  readonly #own: { readonly score: (node: NodeInfo) => number; readonly weight: number }[] = []
  readonly candidates: Candidate[]

  constructor(pod: PodInfo, nodes: readonly NodeInfo[], profile: Profile, context: PluginContext) {
    this.#pod = pod
    this.#context = context
    const relative = new Array<number>(nodes.length).fill(0)
    for (const [i, plugin] of profile.plugins.entries()) {
      if (!plugin.score) continue
      const state = plugin.preScore ? plugin.preScore(pod, nodes, context) : undefined
      if (state === skip) continue
      const weight = profile.weights[i]!
      const score = (node: NodeInfo) => plugin.score!(state, node, this.#pod, this.#context)
      if (!plugin.normalize) {
        this.#own.push({ score, weight })
        continue
      }
      const scores = nodes.map(score)
      plugin.normalize(scores, state, nodes)
      for (let n = 0; n < scores.length; n++) relative[n]! += weight * scores[n]!
    }
    this.candidates = nodes.map((node, n) => ({
      node,
      relative: relative[n]!,
      total: relative[n]! + this.#ownScore(node),
      chance: context.random.next(),
    }))
  }

  /** Scores a node anew whose use has changed; among equals it has had its turn. */
  refresh(candidate: Candidate): void {
    candidate.chance++
    candidate.total = candidate.relative + this.#ownScore(candidate.node)
  }

  #ownScore(node: NodeInfo): number {
    let total = 0
    for (const { score, weight } of this.#own) total += weight * score(node)
    return total
  }
}

/** Best first. */
export const byTotal = (a: Candidate, b: Candidate): number => b.total - a.total || a.chance - b.chance
