import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replicaset.ts'
import { maxUnavailable, newSetReplicas, specReplicas, sum } from './bounds.ts'
import { hasPods, oldestFirst } from './replica-sets.ts'
import type { Sized } from './scale.ts'

/** The size the newest ReplicaSet gets next; undefined when it is right. */
export function growNew(d: Deployment, newSet: ReplicaSet, all: readonly ReplicaSet[]): Sized | undefined {
  const { replicas } = newSet.spec
  if (replicas === d.spec.replicas) return undefined
  const wanted = replicas > d.spec.replicas ? d.spec.replicas : newSetReplicas(d, all, replicas)
  return wanted === replicas ? undefined : { set: newSet, replicas: wanted }
}

/**
 * The sizes the old ReplicaSets get next, so that enough pods stay available: first those pods go that are not available
 * anyhow, then as many others as can be spared.
 */
export function shrinkOld(d: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Sized[] {
  if (specReplicas(old) === 0) return []
  const minAvailable = d.spec.replicas - maxUnavailable(d)
  const newUnavailable = newSet.spec.replicas - (newSet.status.availableReplicas ?? 0)
  const spare = specReplicas([...old, newSet]) - minAvailable - newUnavailable
  if (spare <= 0) return []
  const sizes = new Map(old.map(set => [set, set.spec.replicas]))
  takeUnhealthy(sizes, spare)
  takeHealthy(sizes, sum([...old, newSet], ({ status }) => status.availableReplicas ?? 0) - minAvailable)
  return [...sizes]
    .filter(([set, replicas]) => replicas !== set.spec.replicas)
    .map(([set, replicas]) => ({ set, replicas }))
}

function takeUnhealthy(sizes: Map<ReplicaSet, number>, most: number): void {
  let left = most
  for (const set of oldestFirst([...sizes.keys()]).filter(hasPods)) {
    const unhealthy = Math.max(0, set.spec.replicas - (set.status.availableReplicas ?? 0))
    const taken = Math.min(left, unhealthy)
    sizes.set(set, set.spec.replicas - taken)
    left -= taken
  }
}

function takeHealthy(sizes: Map<ReplicaSet, number>, most: number): void {
  let left = most
  for (const set of oldestFirst([...sizes.keys()])) {
    if (left <= 0) return
    const taken = Math.min(left, sizes.get(set)!)
    sizes.set(set, sizes.get(set)! - taken)
    left -= taken
  }
}
