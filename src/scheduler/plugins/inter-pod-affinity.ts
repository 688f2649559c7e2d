import type { InterPodAffinityArgs } from '../config/args.ts'
import { type Plugin, type PluginContext, plugin, skip, unresolvable, unschedulable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import type { PodRule } from '../pod-rules.ts'
import { type NamespaceLabels, type PodTerm, termsOf } from '../pod-terms.ts'
import { type Counts, Tally } from '../tally.ts'

/** A term's label, and the pods that matter to it. */
interface Place {
  readonly key: string
  readonly counts: Counts
}

interface State {
  readonly namespaces: NamespaceLabels
  /** For each affinity term: pods that all of the pod's affinity terms want to be near. */
  readonly wanted: readonly Place[]
  /** For each anti-affinity term: pods it wants to be far from. */
  readonly unwanted: readonly Place[]
  /** Pods whose own anti-affinity does not want this one near. */
  readonly unwilling: readonly (Place & { readonly term: string })[]
}

interface Pull extends Place {
  /** What each pod there adds to a node's score. */
  readonly weight: number
}

const noAffinity = unresolvable("node(s) didn't match pod affinity rules")
const noAntiAffinity = unschedulable("node(s) didn't match pod anti-affinity rules")
const noExisting = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")

/** Keeps pods near those they want to be near, and far from those they, or the others, want to be far from. */
export const interPodAffinity = (args: InterPodAffinityArgs): Plugin =>
  plugin<State, readonly Pull[]>({
    name: 'InterPodAffinity',
    requeueOn: ['pod/add', 'pod/labels', 'pod/delete', 'node/add', 'node/labels'],
    sign({ pod }, { cache, namespaceLabels }) {
      const own = Object.values<readonly PodTerm[]>({ ...termsOf(pod) }).map(terms => terms.map(({ id }) => id))
      const rules = cache.rules.size === 0 ? [] : cache.rules.about(pod, namespaceLabels).map(({ id }) => id)
      if (rules.length === 0 && own.every(ids => ids.length === 0)) return null
      const first = termsOf(pod).affinity.every(term => term.matches(pod, namespaceLabels))
      return [own, rules, first]
    },

    preFilter({ pod }, { cache, namespaceLabels: namespaces }) {
      const { affinity, antiAffinity } = termsOf(pod)
      const rules = cache.rules.size === 0 ? [] : cache.rules.about(pod, namespaces)
      const unwilling = rules
        .filter(({ kind }) => kind === 'antiAffinity')
        .map(({ term, tally }) => ({ term: term.id, key: term.topologyKey, counts: tally }))
      if (affinity.length === 0 && antiAffinity.length === 0 && unwilling.length === 0) return skip
      const wanted = affinity.map(({ topologyKey }) => placeOf(topologyKey, affinity, cache, namespaces))
      const unwanted = antiAffinity.map(term => placeOf(term.topologyKey, [term], cache, namespaces))
      return { namespaces, wanted, unwanted, unwilling }
    },

    filterTopology: ({ wanted, unwanted, unwilling }) => [...wanted, ...unwanted, ...unwilling].map(({ key }) => key),

    filter({ wanted, unwanted, unwilling, namespaces }, { node }, { pod }) {
      const labels = node.metadata.labels ?? {}
      if (wanted.some(({ key }) => labels[key] === undefined)) return noAffinity
      if (!wanted.every(place => isNear(place, labels))) {
        // The first of a group of pods that want to be together finds none yet.
        const none = wanted.every(({ counts }) => counts.total === 0)
        if (!none || !termsOf(pod).affinity.every(term => term.matches(pod, namespaces))) return noAffinity
      }
      if (unwanted.some(place => isNear(place, labels))) return noAntiAffinity
      return unwilling.some(place => isNear(place, labels)) ? noExisting : undefined
    },

    explain({ wanted, unwanted }, { node }) {
      const labels = node.metadata.labels ?? {}
      const missing = wanted.find(place => labels[place.key] === undefined || !isNear(place, labels))
      if (missing) {
        return {
          detail: `no pod that the pod wants to be near is on a node with the same ${missing.key}`,
          remedy: 'start that pod first, or make the affinity a preferred one',
        }
      }
      const crowded = unwanted.find(place => isNear(place, labels))
      if (crowded) {
        return {
          detail: `a pod that it wants to be far from is on a node with the same ${crowded.key}`,
          remedy: `add a node with another ${crowded.key}, run fewer of them, or make the anti-affinity a preferred one`,
        }
      }
      return {
        detail: 'a pod there does not want this one near',
        remedy: 'change the anti-affinity of that pod, or the labels of this one',
      }
    },

    withPod(state, { pod: changed }, { node }, change, { pod }) {
      const { namespaces } = state
      const { affinity, antiAffinity } = termsOf(pod)
      const labels = node.metadata.labels ?? {}
      const shift = <P extends Place>(place: P, counts: boolean): P => {
        const value = labels[place.key]
        return counts && value !== undefined ? { ...place, counts: place.counts.with(value, change) } : place
      }
      const near = affinity.length > 0 && matchesAll(affinity, changed, namespaces)
      const theirs = new Set(termsOf(changed).antiAffinity.map(({ id }) => id))
      const known = new Set(state.unwilling.map(({ term }) => term))
      const fresh = termsOf(changed).antiAffinity.filter(term => !known.has(term.id) && term.matches(pod, namespaces))
      return {
        namespaces,
        wanted: state.wanted.map(place => shift(place, near)),
        unwanted: state.unwanted.map((place, i) => shift(place, antiAffinity[i]!.matches(changed, namespaces))),
        unwilling: [
          ...state.unwilling,
          ...fresh.map(({ id, topologyKey }) => ({ term: id, key: topologyKey, counts: new Tally() })),
        ].map(place => shift(place, theirs.has(place.term))),
      }
    },

    preScore({ pod }, _nodes, { cache, namespaceLabels }) {
      const { preferred, preferredAnti } = termsOf(pod)
      const own = (terms: readonly PodTerm[], sign: 1 | -1): Pull[] =>
        terms.map(term => ({
          ...placeOf(term.topologyKey, [term], cache, namespaceLabels),
          weight: sign * term.weight,
        }))
      const rules = cache.rules.size === 0 ? [] : cache.rules.about(pod, namespaceLabels)
      const theirs = rules.map(({ kind, term, tally }) => ({
        key: term.topologyKey,
        counts: tally,
        weight: pullOf(kind, term, args),
      }))
      const pulls = [...own(preferred, 1), ...own(preferredAnti, -1), ...theirs.filter(({ weight }) => weight !== 0)]
      return pulls.length === 0 ? skip : pulls
    },

    scoreTopology: pulls => pulls.map(({ key }) => key),

    score(pulls, { node }) {
      let total = 0
      const labels = node.metadata.labels ?? {}
      for (const { key, counts, weight } of pulls) {
        const value = labels[key]
        if (value !== undefined) total += counts.get(value) * weight
      }
      return total
    },

    normalize(scores) {
      const [min, max] = [Math.min(...scores), Math.max(...scores)]
      for (let i = 0; i < scores.length; i++) {
        scores[i] = max === min ? 0 : Math.floor((100 * (scores[i]! - min)) / (max - min))
      }
    },
  })

const isNear = ({ key, counts }: Place, labels: NonNullable<NodeInfo['node']['metadata']['labels']>): boolean => {
  const value = labels[key]
  return value !== undefined && counts.get(value) > 0
}

const matchesAll = (terms: readonly PodTerm[], pod: PodInfo['pod'], namespaces: NamespaceLabels): boolean =>
  terms.every(term => term.matches(pod, namespaces))

/** The pods that match all of some terms, by a label. */
function placeOf(
  key: string,
  terms: readonly PodTerm[],
  cache: PluginContext['cache'],
  namespaces: NamespaceLabels,
): Place {
  const counts = cache.tally({
    id: `pods ${key} ${terms.map(({ id }) => id)}`,
    topologyKey: key,
    ...(terms.length === 1 && terms[0]!.onlyNamespace && { namespace: terms[0]!.onlyNamespace }),
    counts: pod => matchesAll(terms, pod, namespaces),
  })
  return { key, counts }
}

/** What each pod that has a term is worth to a node near it. */
function pullOf(kind: PodRule['kind'], { weight }: PodTerm, args: InterPodAffinityArgs): number {
  if (kind === 'antiAffinity') return 0
  if (kind === 'affinity') return args.hardPodAffinityWeight
  if (args.ignorePreferredTermsOfExistingPods) return 0
  return kind === 'preferred' ? weight : -weight
}
