import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replicaset.ts'
import { DESIRED_REPLICAS, MAX_REPLICAS } from './annotations.ts'
import { maxSurge, specReplicas } from './bounds.ts'
import { hasPods, largestFirst, newestFirst } from './replica-sets.ts'

/** A ReplicaSet and the size it is to have. */
export interface Sized {
  readonly set: ReplicaSet
  readonly replicas: number
}

/** Whether the Deployment's size has changed since its ReplicaSets were last told of it. */
export function isScaling(d: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.filter(hasPods).some(({ metadata }) => {
    const desired = metadata.annotations?.[DESIRED_REPLICAS]
    return desired !== undefined && Number(desired) !== d.spec.replicas
  })
}

function isSaturated(d: Deployment, newSet: ReplicaSet | undefined): boolean {
  if (!newSet) return false
  const desired = Number(newSet.metadata.annotations?.[DESIRED_REPLICAS])
  return (
    newSet.spec.replicas === d.spec.replicas &&
    desired === d.spec.replicas &&
    (newSet.status.availableReplicas ?? 0) === d.spec.replicas
  )
}

/** The one ReplicaSet with pods, or the newest when none has; undefined when several have. */
function onlyActive(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = [...(newSet ? [newSet] : []), ...old].filter(hasPods)
  if (active.length > 1) return undefined
  return active[0] ?? newSet ?? newestFirst(old)[0]
}

/**
 * The sizes that follow from a new size of the Deployment: while a rollout is under way, each ReplicaSet gets its share, so
 * that a change of size in mid-rollout risks no more than the rollout did.
 */
export function scaled(d: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): Sized[] {
  const only = onlyActive(newSet, old)
  if (only) return [{ set: only, replicas: d.spec.replicas }]
  if (isSaturated(d, newSet)) return old.filter(hasPods).map(set => ({ set, replicas: 0 }))
  if (d.spec.strategy.type !== 'RollingUpdate') return []
  return proportional(d, [...old, ...(newSet ? [newSet] : [])].filter(hasPods))
}

function proportional(d: Deployment, active: readonly ReplicaSet[]): Sized[] {
  const allowed = d.spec.replicas > 0 ? d.spec.replicas + maxSurge(d) : 0
  const toAdd = allowed - specReplicas(active)
  if (toAdd === 0) return active.map(set => ({ set, replicas: set.spec.replicas }))
  let added = 0
  const sizes = largestFirst(active, toAdd > 0 ? 'newer' : 'older').map(set => {
    const share = shareOf(d, set)
    const left = toAdd - added
    const change = toAdd > 0 ? Math.min(share, left) : Math.max(share, left)
    added += change
    return { set, replicas: set.spec.replicas + change }
  })
  return sizes.map((size, i) => (i === 0 ? { ...size, replicas: Math.max(0, size.replicas + toAdd - added) } : size))
}

/** By how much a ReplicaSet grows if it keeps its part of the whole. */
function shareOf(d: Deployment, { spec, metadata }: ReplicaSet): number {
  if (d.spec.replicas === 0) return -spec.replicas
  const before = Number(metadata.annotations?.[MAX_REPLICAS]) || d.status.replicas || 0
  if (before === 0) return 0
  return Math.round((spec.replicas * (d.spec.replicas + maxSurge(d))) / before) - spec.replicas
}
