import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import type { NodeInfo } from './node-info.ts'
import { Tally } from './tally.ts'

/** Which pods are counted, on which nodes, and by which label. */
export interface PodSort {
  /** The same for sorts that count the same. */
  readonly id: string
  readonly topologyKey: string
  /** The only namespace whose pods can count, if there is only one. */
  readonly namespace?: string
  counts(pod: Pod): boolean
  /** Whether a node's pods count, and its part exists; all nodes with the label if left out. */
  eligible?(node: Node): boolean
}

interface Entry {
  readonly sort: PodSort
  readonly tally: Tally
}

/** So many sorts of pods are followed; beyond that the oldest is counted anew when it is asked for again. */
const MAX_TALLIES = 1000

/**
 * Counts of pods by topology that somebody has asked for, kept up to date by every change, so that pods with spread constraints or
 * affinity cost as much as others.
 */
export class Tallies {
  readonly #byId = new Map<string, Entry>()
  readonly #byNamespace = new Map<string | undefined, Set<Entry>>()
  readonly #onDrop: () => void

  /** `onDrop` is called when a tally that was handed out is no longer kept up to date. */
  constructor(onDrop: () => void) {
    this.#onDrop = onDrop
  }

  of(sort: PodSort, nodes: readonly NodeInfo[]): Tally {
    const known = this.#byId.get(sort.id)
    if (known) return known.tally
    if (this.#byId.size >= MAX_TALLIES) this.#drop(this.#byId.values().next().value!)
    const entry = { sort, tally: new Tally() }
    for (const node of nodes) join(entry, node)
    this.#byId.set(sort.id, entry)
    const others = this.#byNamespace.get(sort.namespace)
    if (others) others.add(entry)
    else this.#byNamespace.set(sort.namespace, new Set([entry]))
    return entry.tally
  }

  /** A pod more (1) or less (-1) on a node that has joined. */
  changePod(pod: Pod, { node }: NodeInfo, by: 1 | -1): void {
    for (const namespace of [undefined, pod.metadata.namespace]) {
      for (const { sort, tally } of this.#byNamespace.get(namespace) ?? []) {
        const value = partOf(sort, node)
        if (value !== undefined && sort.counts(pod)) tally.addPods(value, by)
      }
    }
  }

  join(node: NodeInfo): void {
    for (const entry of this.#byId.values()) join(entry, node)
  }

  /** A node, as it is still, goes. */
  leave(node: NodeInfo): void {
    for (const { sort, tally } of this.#byId.values()) {
      const value = partOf(sort, node.node)
      if (value !== undefined) tally.removeNode(value, countOn(sort, node))
    }
  }

  clear(): void {
    if (this.#byId.size === 0) return
    this.#byId.clear()
    this.#byNamespace.clear()
    this.#onDrop()
  }

  #drop(entry: Entry): void {
    this.#byId.delete(entry.sort.id)
    this.#byNamespace.get(entry.sort.namespace)!.delete(entry)
    this.#onDrop()
  }
}

function join({ sort, tally }: Entry, node: NodeInfo): void {
  const value = partOf(sort, node.node)
  if (value !== undefined) tally.addNode(value, countOn(sort, node))
}

const partOf = ({ topologyKey, eligible }: PodSort, node: Node): string | undefined => {
  const value = node.metadata.labels?.[topologyKey]
  return value !== undefined && (eligible?.(node) ?? true) ? value : undefined
}

function countOn(sort: PodSort, { pods }: NodeInfo): number {
  let count = 0
  for (const { pod } of pods.values()) if (sort.counts(pod)) count++
  return count
}
