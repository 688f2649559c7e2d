import { type Plugin, type PluginContext, skip } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { Profile } from './profile.ts'

/** A node that fits, and how well. */
export interface Candidate {
  readonly node: NodeInfo
  /** Position of the group of nodes that topology judges alike. */
  readonly group: number
  /** All but what depends on topology. */
  total: number
  /** The part that compares nodes with each other; it stays when one node's use changes. */
  readonly relative: number
  /** Breaks ties: less goes first. */
  chance: number
}

interface Part {
  readonly plugin: Plugin
  readonly state: unknown
  readonly weight: number
}

/** How well each node suits the pod: the plugins' scores by weight (upstream RunScorePlugins). */
export class Scoring {
  readonly #pod: PodInfo
  readonly #context: PluginContext
  /** Scores that follow from the use of the node alone. */
  readonly #own: Part[] = []
  /** Scores that follow from counts of pods by topology. */
  readonly #topological: Part[] = []
  /** One node of each group. */
  readonly groups: NodeInfo[] = []
  readonly candidates: Candidate[]

  /** `keys`: more labels by which nodes are to be kept apart in groups. */
  constructor(
    pod: PodInfo,
    nodes: readonly NodeInfo[],
    profile: Profile,
    context: PluginContext,
    keys: readonly string[] = [],
  ) {
    this.#pod = pod
    this.#context = context
    const relative = new Array<number>(nodes.length).fill(0)
    const allKeys = new Set(keys)
    for (const { plugin, weight } of profile.scorers) {
      const state = plugin.preScore ? plugin.preScore(pod, nodes, context) : undefined
      if (state === skip) continue
      const part = { plugin, state, weight }
      if (plugin.scoreTopology) {
        this.#topological.push(part)
        for (const key of plugin.scoreTopology(state)) allKeys.add(key)
      } else if (plugin.normalize) {
        const scores = this.#scoresOf(part, nodes)
        for (let n = 0; n < scores.length; n++) relative[n]! += scores[n]!
      } else {
        this.#own.push(part)
      }
    }
    const groupOf = this.#grouping([...allKeys])
    this.candidates = nodes.map((node, n) => ({
      node,
      group: groupOf(node),
      relative: relative[n]!,
      total: relative[n]! + this.#ownScore(node),
      chance: context.random.next(),
    }))
  }

  /** What topology says of some groups now, by their position in `groups`. */
  topologicalScores(groups: readonly number[]): number[] {
    const totals = new Array<number>(groups.length).fill(0)
    if (this.#topological.length === 0) return totals
    const nodes = groups.map(group => this.groups[group]!)
    for (const part of this.#topological) {
      const scores = this.#scoresOf(part, nodes)
      for (let n = 0; n < scores.length; n++) totals[n]! += scores[n]!
    }
    return totals
  }

  /** Scores a node anew whose use has changed; among equals it has had its turn. */
  refresh(candidate: Candidate): void {
    candidate.chance++
    candidate.total = candidate.relative + this.#ownScore(candidate.node)
  }

  #scoresOf({ plugin, state, weight }: Part, nodes: readonly NodeInfo[]): number[] {
    const scores = nodes.map(node => plugin.score!(state, node, this.#pod, this.#context))
    plugin.normalize?.(scores, state, nodes)
    for (let n = 0; n < scores.length; n++) scores[n]! *= weight
    return scores
  }

  #ownScore(node: NodeInfo): number {
    let total = 0
    for (const { plugin, state, weight } of this.#own) {
      total += weight * plugin.score!(state, node, this.#pod, this.#context)
    }
    return total
  }

  #grouping(keys: readonly string[]): (node: NodeInfo) => number {
    const known = new Map<string, number>()
    return node => {
      const { labels } = node.node.metadata
      let id = ''
      for (const key of keys) id += `${labels?.[key]}\n`
      let group = known.get(id)
      if (group === undefined) {
        group = this.groups.push(node) - 1
        known.set(id, group)
      }
      return group
    }
  }
}
