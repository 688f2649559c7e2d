import type { PodAffinityTerm } from '../api/core/pod/affinity.ts'
import type { Pod } from '../api/core/pod.ts'
import { type LabelRequirement, type Labels, type Selector, selectorOf } from '../apimachinery/labels.ts'
import type { LabelSelector } from '../apimachinery/meta/label-selector.ts'

/** Labels of a namespace, by its name. */
export type NamespaceLabels = (name: string) => Labels | undefined

/** A term of pod affinity, ready to be compared with pods. */
export interface PodTerm {
  /** The same for terms that say the same. */
  readonly id: string
  readonly topologyKey: string
  /** 1 to 100 for wishes; 0 for what is required. */
  readonly weight: number
  /** The only namespace whose pods it can match, if there is only one. */
  readonly onlyNamespace: string | undefined
  matches(pod: Pod, namespaces: NamespaceLabels): boolean
}

/** All of a pod's terms about other pods. */
export interface PodTerms {
  readonly affinity: readonly PodTerm[]
  readonly antiAffinity: readonly PodTerm[]
  readonly preferred: readonly PodTerm[]
  readonly preferredAnti: readonly PodTerm[]
}

const known = new WeakMap<Pod['spec'], PodTerms>()

/** A pod's terms, compiled once. */
export function termsOf(pod: Pod): PodTerms {
  let terms = known.get(pod.spec)
  if (!terms) {
    terms = compile(pod)
    known.set(pod.spec, terms)
  }
  return terms
}

function compile(pod: Pod): PodTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  const required = (terms: readonly PodAffinityTerm[] = []) => terms.map(term => compileTerm(pod, term, 0))
  const preferred = (terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] = []) =>
    terms.map(({ weight, podAffinityTerm }) => compileTerm(pod, podAffinityTerm, weight))
  return {
    affinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    antiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAnti: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  }
}

function compileTerm({ metadata }: Pod, term: PodAffinityTerm, weight: number): PodTerm {
  const selector = selectorFor(metadata.labels, term.labelSelector, term.matchLabelKeys, term.mismatchLabelKeys)
  const spaces = term.namespaceSelector && selectorOf(term.namespaceSelector)
  const names = new Set(term.namespaces?.length || spaces ? term.namespaces : [metadata.namespace!])
  const { topologyKey } = term
  return {
    id: JSON.stringify([topologyKey, weight, [...names].sort(), spaces && idOf(spaces), idOf(selector)]),
    topologyKey,
    onlyNamespace: names.size === 1 && !spaces ? [...names][0] : undefined,
    weight,
    matches({ metadata: { namespace = '', labels } }, namespaces) {
      if (!names.has(namespace) && !spaces?.matches(namespaces(namespace))) return false
      return selector.matches(labels)
    },
  }
}

/** The same for selectors that match the same labels. */
export const idOf = (selector: Selector): string | false => !selector.matchesNothing && selector.toString()

/** A selector, narrowed to pods that have the same (or another) value of some labels as the pod that asks (KEP-3633). */
export function selectorFor(
  own: Labels = {},
  selector: LabelSelector | undefined,
  same: readonly string[] = [],
  other: readonly string[] = [],
): Selector {
  const requirements: LabelRequirement[] = []
  for (const key of same) if (own[key] !== undefined) requirements.push({ key, operator: 'in', values: [own[key]] })
  for (const key of other) if (own[key] !== undefined) requirements.push({ key, operator: 'notin', values: [own[key]] })
  const base = selectorOf(selector)
  return requirements.length === 0 ? base : base.and(...requirements)
}
