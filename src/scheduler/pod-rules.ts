import type { Pod } from '../api/core/pod.ts'
import type { NodeInfo } from './node-info.ts'
import { type NamespaceLabels, type PodTerm, type PodTerms, termsOf } from './pod-terms.ts'
import { Tally } from './tally.ts'

/** What a placed pod says of others: `antiAffinity` forbids, the rest only draws or repels. */
export type RuleKind = keyof PodTerms

/** One term, and where the pods are that have it. */
export interface PodRule {
  readonly id: string
  readonly kind: RuleKind
  readonly term: PodTerm
  /** Pods that have the term. */
  readonly tally: Tally
}

const KINDS: readonly RuleKind[] = ['affinity', 'antiAffinity', 'preferred', 'preferredAnti']

/** The terms of placed pods about other pods. Pods of one workload have the same, so that there are few to look at. */
export class PodRules {
  readonly #byId = new Map<string, PodRule>()
  readonly #onChange: () => void

  /** `onChange` is called when there is a rule more or less. */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get size(): number {
    return this.#byId.size
  }

  /** The rules that speak of a pod. */
  about(pod: Pod, namespaces: NamespaceLabels): PodRule[] {
    const out: PodRule[] = []
    for (const rule of this.#byId.values()) if (rule.term.matches(pod, namespaces)) out.push(rule)
    return out
  }

  /** A pod comes to a node (1), or leaves it (-1). */
  changePod(pod: Pod, { node }: NodeInfo, by: 1 | -1): void {
    const terms = termsOf(pod)
    for (const kind of KINDS) {
      for (const term of terms[kind]) this.#change(kind, term, node.metadata.labels?.[term.topologyKey], by)
    }
  }

  #change(kind: RuleKind, term: PodTerm, value: string | undefined, by: 1 | -1): void {
    if (value === undefined) return
    const id = `${kind} ${term.id}`
    let rule = this.#byId.get(id)
    if (!rule) {
      rule = { id, kind, term, tally: new Tally() }
      this.#byId.set(id, rule)
      this.#onChange()
    }
    if (by === 1) rule.tally.addNode(value, 1)
    else rule.tally.removeNode(value, 1)
    if (rule.tally.total > 0) return
    this.#byId.delete(id)
    this.#onChange()
  }
}
