import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replicaset.ts'
import { scaledValue } from '../../apimachinery/intstr.ts'

/** How far a rollout may go above and below the wanted number of pods. Surge rounds up, unavailable down; not both zero. */
export function fenceposts({ spec }: Deployment): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 0 } = spec.strategy.rollingUpdate ?? {}
  const surge = scaledValue(maxSurge, spec.replicas, 'up')
  const unavailable = scaledValue(maxUnavailable, spec.replicas, 'down')
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable }
}

const isRolling = ({ spec }: Deployment) => spec.strategy.type === 'RollingUpdate'

export const maxSurge = (d: Deployment): number => (isRolling(d) ? fenceposts(d).surge : 0)

export function maxUnavailable(d: Deployment): number {
  if (!isRolling(d) || d.spec.replicas === 0) return 0
  return Math.min(fenceposts(d).unavailable, d.spec.replicas)
}

export const specReplicas = (sets: readonly ReplicaSet[]): number => sum(sets, ({ spec }) => spec.replicas)

export const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/** How large the newest ReplicaSet may be now, given what else there is. */
export function newSetReplicas(d: Deployment, all: readonly ReplicaSet[], current: number): number {
  if (!isRolling(d)) return d.spec.replicas
  const room = d.spec.replicas + maxSurge(d) - specReplicas(all)
  return room <= 0 ? current : current + Math.min(room, d.spec.replicas - current)
}
