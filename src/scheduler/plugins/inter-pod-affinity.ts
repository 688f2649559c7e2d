import { type PluginContext, plugin, skip, unresolvable, unschedulable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { type NamespaceLabels, type PodTerm, termsOf } from '../pod-terms.ts'

/** How many pods a term found, by topology: `key=value`. */
type Counts = ReadonlyMap<string, number>

interface State {
  readonly namespaces: NamespaceLabels
  /** Pods that all of the pod's affinity terms want to be near. */
  readonly wanted: Counts
  /** Pods that any of its anti-affinity terms wants to be far from. */
  readonly unwanted: Counts
  /** Pods whose own anti-affinity does not want this one near. */
  readonly unwilling: Counts
}

/** Required affinity of a pod that is there counts like a wish of this weight (upstream hardPodAffinityWeight). */
const HARD_WEIGHT = 1
const noAffinity = unresolvable("node(s) didn't match pod affinity rules")
const noAntiAffinity = unschedulable("node(s) didn't match pod anti-affinity rules")
const noExisting = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")

/** Keeps pods near those they want to be near, and far from those they, or the others, want to be far from. */
export const interPodAffinity = plugin<State, ReadonlyMap<string, number>>({
  name: 'InterPodAffinity',
  requeueOn: ['pod/add', 'pod/labels', 'pod/delete', 'node/add', 'node/labels'],
  sign: ({ pod }, { cache }) =>
    cache.hasPodRules || pod.spec.affinity?.podAffinity || pod.spec.affinity?.podAntiAffinity ? undefined : null,

  preFilter(pod, context) {
    const { affinity, antiAffinity } = termsOf(pod.pod)
    const asks = affinity.length > 0 || antiAffinity.length > 0
    if (!asks && !context.cache.hasPodRules) return skip
    const state = emptyState(context.namespaceLabels)
    for (const node of context.cache.nodes) {
      for (const other of asks ? node.pods.values() : node.podsWithAffinity.values()) count(state, pod, other, node, 1)
    }
    const { wanted, unwanted, unwilling } = state
    return !asks && unwilling.size === 0 ? skip : { namespaces: context.namespaceLabels, wanted, unwanted, unwilling }
  },

  filter({ wanted, unwanted, unwilling, namespaces }, { node }, { pod }) {
    const labels = node.metadata.labels ?? {}
    const { affinity, antiAffinity } = termsOf(pod)
    const has = (counts: Counts, { topologyKey: key }: PodTerm) => (counts.get(`${key}=${labels[key]}`) ?? 0) > 0
    if (affinity.some(({ topologyKey }) => labels[topologyKey] === undefined)) return noAffinity
    if (!affinity.every(term => has(wanted, term))) {
      // The first of a group of pods that want to be together finds none yet.
      const first = wanted.size === 0 && affinity.every(term => term.matches(pod, namespaces))
      if (!first) return noAffinity
    }
    if (antiAffinity.some(term => labels[term.topologyKey] !== undefined && has(unwanted, term))) return noAntiAffinity
    if (unwilling.size > 0) {
      for (const key in labels) if ((unwilling.get(`${key}=${labels[key]}`) ?? 0) > 0) return noExisting
    }
    return undefined
  },

  withPod(state, changed, node, change, pod) {
    const { namespaces, wanted, unwanted, unwilling } = state
    const copy = { namespaces, wanted: new Map(wanted), unwanted: new Map(unwanted), unwilling: new Map(unwilling) }
    count(copy, pod, changed, node, change)
    return copy
  },

  preScore(pod, _nodes, context) {
    const { preferred, preferredAnti } = termsOf(pod.pod)
    const asks = preferred.length > 0 || preferredAnti.length > 0
    if (!asks && !context.cache.hasPodRules) return skip
    const weights = new Map<string, number>()
    for (const node of context.cache.nodes) {
      const others = asks ? node.pods : node.podsWithAffinity
      for (const other of others.values()) weigh(weights, pod, other, node, context)
    }
    return weights.size === 0 ? skip : weights
  },

  score(weights, { node }) {
    let total = 0
    const labels = node.metadata.labels ?? {}
    for (const key in labels) total += weights.get(`${key}=${labels[key]}`) ?? 0
    return total
  },

  normalize(scores) {
    const [min, max] = [Math.min(...scores), Math.max(...scores)]
    for (let i = 0; i < scores.length; i++) {
      scores[i] = max === min ? 0 : Math.floor((100 * (scores[i]! - min)) / (max - min))
    }
  },
})

interface Counting {
  readonly namespaces: NamespaceLabels
  readonly wanted: Map<string, number>
  readonly unwanted: Map<string, number>
  readonly unwilling: Map<string, number>
}

const emptyState = (namespaces: NamespaceLabels): Counting => ({
  namespaces,
  wanted: new Map(),
  unwanted: new Map(),
  unwilling: new Map(),
})

/** Takes one pod on a node into the counts, or out of them. */
function count(state: Counting, pod: PodInfo, other: PodInfo, { node }: NodeInfo, change: 1 | -1): void {
  const { affinity, antiAffinity } = termsOf(pod.pod)
  const { namespaces } = state
  const labels = node.metadata.labels ?? {}
  const add = (counts: Map<string, number>, { topologyKey: key }: PodTerm) => {
    if (labels[key] === undefined) return
    const total = (counts.get(`${key}=${labels[key]}`) ?? 0) + change
    if (total > 0) counts.set(`${key}=${labels[key]}`, total)
    else counts.delete(`${key}=${labels[key]}`)
  }
  if (affinity.length > 0 && affinity.every(term => term.matches(other.pod, namespaces))) {
    for (const term of affinity) add(state.wanted, term)
  }
  for (const term of antiAffinity) if (term.matches(other.pod, namespaces)) add(state.unwanted, term)
  for (const term of termsOf(other.pod).antiAffinity) if (term.matches(pod.pod, namespaces)) add(state.unwilling, term)
}

/** Adds what one pod on a node speaks for or against its surroundings. */
function weigh(
  weights: Map<string, number>,
  pod: PodInfo,
  other: PodInfo,
  { node }: NodeInfo,
  { namespaceLabels }: PluginContext,
): void {
  const labels = node.metadata.labels ?? {}
  const add = (terms: readonly PodTerm[], matched: PodInfo, sign: 1 | -1, hard = 0) => {
    for (const { topologyKey: key, weight, matches } of terms) {
      if (labels[key] === undefined || !matches(matched.pod, namespaceLabels)) continue
      const place = `${key}=${labels[key]}`
      weights.set(place, (weights.get(place) ?? 0) + sign * (weight || hard))
    }
  }
  const [own, theirs] = [termsOf(pod.pod), termsOf(other.pod)]
  add(own.preferred, other, 1)
  add(own.preferredAnti, other, -1)
  add(theirs.preferred, pod, 1)
  add(theirs.preferredAnti, pod, -1)
  add(theirs.affinity, pod, 1, HARD_WEIGHT)
}
