import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replicaset.ts'
import { deepEqual } from '../../apimachinery/json.ts'

export const HASH_LABEL = 'pod-template-hash'
type Template = Deployment['spec']['template']

/** The template without the label that tells ReplicaSets of one Deployment apart. */
export function withoutHash(template: Template): Template {
  const { [HASH_LABEL]: hash, ...labels } = template.metadata.labels ?? {}
  return hash === undefined ? template : { ...template, metadata: { ...template.metadata, labels } }
}

export const sameTemplate = (a: Template, b: Template): boolean => deepEqual(withoutHash(a), withoutHash(b))

const age = ({ metadata }: ReplicaSet) => Date.parse(metadata.creationTimestamp ?? '') || 0
const byName = (a: ReplicaSet, b: ReplicaSet) => (a.metadata.name! < b.metadata.name! ? -1 : 1)

export const oldestFirst = (sets: readonly ReplicaSet[]): ReplicaSet[] =>
  [...sets].sort((a, b) => age(a) - age(b) || byName(a, b))
export const newestFirst = (sets: readonly ReplicaSet[]): ReplicaSet[] =>
  [...sets].sort((a, b) => age(b) - age(a) || byName(a, b))

/** Larger first; of equal size the older first. */
export const largestFirst = (sets: readonly ReplicaSet[], ties: 'older' | 'newer'): ReplicaSet[] =>
  (ties === 'older' ? oldestFirst(sets) : newestFirst(sets)).sort((a, b) => b.spec.replicas - a.spec.replicas)

/** The ReplicaSet made from the Deployment's present template: the oldest, should there be several. */
export const findNewSet = (d: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  oldestFirst(sets).find(set => sameTemplate(set.spec.template, d.spec.template))

export const hasPods = ({ spec }: ReplicaSet): boolean => spec.replicas > 0
