import { compileNodeSelector, compileRequired, compileTerm, type NodeTest } from '../../api/core/node-selector.ts'
import type { NodeAffinity } from '../../api/core/pod/affinity.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { NodeAffinityArgs } from '../config/args.ts'
import { type EventSubject, normalizeByMax, OnlyNodes, type Plugin, plugin, skip, unresolvable } from '../framework.ts'

interface Preference {
  readonly matches: NodeTest
  readonly weight: number
}

const rejection = unresolvable("node(s) didn't match Pod's node affinity/selector")
const notAdded = unresolvable("node(s) didn't match scheduler-enforced node affinity")

/** Keeps pods on nodes that their nodeSelector and node affinity allow, and prefers the ones they like. */
export function nodeAffinity({ addedAffinity }: NodeAffinityArgs): Plugin {
  const addedRequired = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const added = addedRequired && compileNodeSelector(addedRequired)
  const addedPreferred = preferencesOf(addedAffinity)
  const fits = (pod: Pod, { node }: EventSubject) =>
    !node || ((added?.(node) ?? true) && (compileRequired(pod.spec)?.(node) ?? true))
  return plugin<NodeTest | undefined, readonly Preference[]>({
    name: 'NodeAffinity',
    requeueOn: [
      { on: 'node/add', when: fits },
      { on: 'node/labels', when: fits },
    ],
    sign: ({ pod }) => [pod.spec.nodeSelector ?? null, pod.spec.affinity?.nodeAffinity ?? null],
    preFilter({ pod }) {
      const matches = compileRequired(pod.spec)
      if (!matches) return added ? undefined : skip
      const names = namedNodes(pod)
      return names ? new OnlyNodes(names, matches) : matches
    },
    filter(matches, { node }) {
      if (added && !added(node)) return notAdded
      return matches && !matches(node) ? rejection : undefined
    },
    explain(_matches, { node }, { pod }) {
      const wanted = Object.entries(pod.spec.nodeSelector ?? {})
      const lacking = wanted.filter(([key, value]) => node.metadata.labels?.[key] !== value)
      if (lacking.length === 0) {
        return {
          detail:
            added && !added(node)
              ? 'the scheduler’s own affinity leaves it out'
              : 'the pod’s nodeAffinity leaves it out',
          remedy: 'change the affinity, or the labels of the node',
        }
      }
      const labels = lacking.map(([key, value]) => `${key}=${value}`).join(' ')
      return {
        detail: `it lacks ${labels}, which the pod’s nodeSelector asks for`,
        remedy: `label the node: kubectl label node ${node.metadata.name} ${labels}; or change the nodeSelector`,
      }
    },
    preScore({ pod }) {
      const preferences = [...addedPreferred, ...preferencesOf(pod.spec.affinity?.nodeAffinity)]
      return preferences.length === 0 ? skip : preferences
    },
    score: (preferences, { node }) =>
      preferences.reduce((total, { matches, weight }) => total + (matches(node) ? weight : 0), 0),
    normalize: scores => normalizeByMax(scores, false),
  })
}

const preferencesOf = (affinity: NodeAffinity | undefined): Preference[] =>
  (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ preference, weight }) => ({
    matches: compileTerm(preference),
    weight,
  }))

/** The nodes that every term names by metadata.name, as daemon pods do; undefined when a term names none. */
function namedNodes({ spec }: Pod): ReadonlySet<string> | undefined {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (!required || required.nodeSelectorTerms.length === 0) return undefined
  const names = new Set<string>()
  for (const { matchFields = [] } of required.nodeSelectorTerms) {
    const named = matchFields.filter(({ key, operator }) => key === 'metadata.name' && operator === 'In')
    if (named.length === 0) return undefined
    for (const name of named[0]!.values ?? []) {
      if (named.every(({ values = [] }) => values.includes(name))) names.add(name)
    }
  }
  return names
}
