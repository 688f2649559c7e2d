import { Batch } from './batch.ts'
import type { Diagnosis, Verdict } from './diagnosis.ts'
import type { Extender } from './extender.ts'
import { EXTENDER, type PluginContext, unresolvable } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import { checkWithNominated, type Nominator } from './nominator.ts'
import { PodFilter } from './pod-filter.ts'
import type { PodInfo } from './pod-info.ts'
import type { Profile } from './profile.ts'
import { Scoring } from './scoring.ts'

/** A pod's node, or why there is none. */
export type Placement =
  | { readonly node: NodeInfo }
  | { readonly diagnosis: Diagnosis; readonly filter: PodFilter | undefined }

/** So many nodes are looked at whatever the share; below, all (upstream minFeasibleNodesToFind). */
const MIN_FEASIBLE = 100
const MIN_PERCENT = 5

/** So many workloads can be placed in turn without finding their nodes anew for each pod. */
const MAX_BATCHES = 8

/** Chooses nodes for pods: filter, then score (upstream's schedulePod). Works on the cache as it is, without a copy. */
export class Cycle {
  readonly #profile: Profile
  readonly #percentage: number
  readonly #context: PluginContext
  readonly #nominator: Nominator
  /** Where to begin among the nodes, so that all get their turn when not all are looked at. */
  #start = 0
  /** What was found for pods, by their signatures, for others like them. */
  readonly #batches = new Map<string, Batch>()
  #batchesVersion = 0

  /** `percentage`: share of the nodes that are enough to choose among; 0: by the size of the cluster. */
  constructor(profile: Profile, context: PluginContext, nominator: Nominator, percentage = 0) {
    this.#profile = profile
    this.#percentage = percentage
    this.#context = context
    this.#nominator = nominator
    context.cache.onUse(node => {
      for (const batch of this.#batches.values()) batch.refresh(node)
    })
  }

  place(pod: PodInfo): Placement {
    const signature = this.#nominator.size === 0 ? this.#signatureOf(pod) : undefined
    const known = this.#fromBatch(signature)
    if (known) return { node: known }

    const filter = PodFilter.of(pod, this.#profile.filters, this.#context)
    if (!(filter instanceof PodFilter)) return this.#rejected(filter)
    const nominated = this.#nominatedNode(pod, filter)
    if (nominated) return { node: nominated }
    const { fitting, verdicts } = this.#findFitting(filter)
    if (fitting.length === 0) return { filter, diagnosis: this.#diagnosisOf(filter, verdicts) }
    if (fitting.length === 1) return { node: fitting[0]! }
    const scoring = new Scoring(pod, fitting, this.#profile, this.#context, filter.topologyKeys)
    const batch = new Batch(filter, scoring)
    if (signature !== undefined) this.#keep(signature, batch)
    return { node: batch.next()! }
  }

  /** The same for a pod about which extenders want to be asked. Rejects where one fails that may not be passed by. */
  async placeWith(extenders: readonly Extender[], pod: PodInfo): Promise<Placement> {
    const filter = PodFilter.of(pod, this.#profile.filters, this.#context)
    if (!(filter instanceof PodFilter)) return this.#rejected(filter)
    const { fitting: found, verdicts } = this.#findFitting(filter)
    let fitting = found
    for (const extender of extenders) {
      if (fitting.length === 0) break
      try {
        const { fitting: left, rejected } = await extender.filter(pod.pod, fitting)
        fitting = left
        for (const verdict of rejected) verdicts.push({ plugin: EXTENDER, ...verdict })
      } catch (error) {
        if (!extender.config.ignorable) throw error
      }
    }
    if (fitting.length === 0) return { filter, diagnosis: this.#diagnosisOf(filter, verdicts) }
    const gains = await Promise.all(extenders.map(extender => extender.prioritize(pod.pod, fitting)))
    const scoring = new Scoring(pod, fitting, this.#profile, this.#context, filter.topologyKeys)
    for (const candidate of scoring.candidates) {
      for (const gain of gains) candidate.total += gain.get(candidate.node.name) ?? 0
    }
    return { node: new Batch(filter, scoring).next()! }
  }

  /** A pod that no node need be looked at for. */
  #rejected(preFilter: NonNullable<Diagnosis['preFilter']>): Placement {
    const totalNodes = this.#context.cache.nodes.length
    const rejectedBy = new Set([preFilter.plugin])
    return { filter: undefined, diagnosis: { totalNodes, verdicts: [], preFilter, rejectedBy } }
  }

  #keep(signature: string, batch: Batch): void {
    this.#batches.delete(signature)
    if (this.#batches.size >= MAX_BATCHES) this.#batches.delete(this.#batches.keys().next().value!)
    this.#batches.set(signature, batch)
  }

  #fromBatch(signature: string | undefined): NodeInfo | undefined {
    const { version } = this.#context.cache
    if (this.#batchesVersion !== version) {
      this.#batches.clear()
      this.#batchesVersion = version
    }
    const batch = signature === undefined ? undefined : this.#batches.get(signature)
    const node = batch?.next()
    if (batch && !node) this.#batches.delete(signature!)
    return node
  }

  /** All that the plugins look at in a pod, in one text; undefined when one of them wants to see this very pod. */
  #signatureOf(pod: PodInfo): string | undefined {
    const parts: unknown[] = []
    for (const plugin of this.#profile.deciders) {
      const part = plugin.sign?.(pod, this.#context)
      if (part === undefined) return undefined
      parts.push(part)
    }
    return JSON.stringify(parts)
  }

  /** The node that room was made on goes first. */
  #nominatedNode(pod: PodInfo, filter: PodFilter): NodeInfo | undefined {
    const name = this.#nominator.nodeOf(pod.uid) ?? pod.pod.status.nominatedNodeName
    const node = name ? this.#context.cache.node(name) : undefined
    return node && !checkWithNominated(filter, node, this.#nominator) ? node : undefined
  }

  #findFitting(filter: PodFilter): { fitting: NodeInfo[]; verdicts: Verdict[] } {
    const fitting: NodeInfo[] = []
    const verdicts: Verdict[] = []
    const look = (node: NodeInfo) => {
      const rejected = checkWithNominated(filter, node, this.#nominator)
      if (rejected) verdicts.push({ node, ...rejected })
      else fitting.push(node)
    }
    const { nodes } = this.#context.cache
    if (filter.only) {
      for (const name of filter.only.names) {
        const node = this.#context.cache.node(name)
        if (node) look(node)
      }
      return { fitting, verdicts }
    }
    const enough = feasibleNodes(nodes.length, this.#percentage)
    const start = nodes.length === 0 ? 0 : this.#start % nodes.length
    let looked = 0
    for (; looked < nodes.length && fitting.length < enough; looked++) look(nodes[(start + looked) % nodes.length]!)
    this.#start = start + looked
    return { fitting, verdicts }
  }

  #diagnosisOf({ only }: PodFilter, verdicts: readonly Verdict[]): Diagnosis {
    const rejectedBy = new Set(verdicts.map(({ plugin }) => plugin))
    for (const plugin of only?.plugins ?? []) rejectedBy.add(plugin)
    const others = only && unresolvable(`node(s) didn't satisfy plugin(s) [${only.plugins.join(' ')}]`)
    return { totalNodes: this.#context.cache.nodes.length, verdicts, others, rejectedBy }
  }
}

/** How many nodes that fit are enough to choose among (upstream numFeasibleNodesToFind). */
export function feasibleNodes(total: number, percentage: number): number {
  if (total <= MIN_FEASIBLE || percentage >= 100) return total
  const percent = percentage || Math.max(MIN_PERCENT, 50 - Math.floor(total / 125))
  return Math.max(MIN_FEASIBLE, Math.floor((total * percent) / 100))
}
