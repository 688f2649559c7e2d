import type { ScoringStrategy, UtilizationShapePoint } from '../config/args.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { amountOf, isOptional } from '../resources.ts'

/** What the use of one resource is worth, 0 to 100. `used` includes the pod. */
type UseScore = (used: number, capacity: number) => number

const leastAllocated: UseScore = (used, capacity) =>
  used > capacity ? 0 : Math.floor(((capacity - used) * 100) / capacity)

const mostAllocated: UseScore = (used, capacity) => Math.floor((Math.min(used, capacity) * 100) / capacity)

/** Straight lines between points, whose scores go from 0 to 10 (upstream BuildBrokenLinearFunction). */
function byShape(shape: readonly UtilizationShapePoint[]): UseScore {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * 10 }))
  const at = (use: number): number => {
    const next = points.findIndex(({ utilization }) => use <= utilization)
    if (next === 0) return points[0]!.score
    if (next < 0) return points[points.length - 1]!.score
    const [from, to] = [points[next - 1]!, points[next]!]
    const share = (use - from.utilization) / (to.utilization - from.utilization)
    return from.score + Math.trunc((to.score - from.score) * share)
  }
  return (used, capacity) => at(used > capacity ? 100 : Math.floor((used * 100) / capacity))
}

/**
 * How well a node's use suits, by a strategy: the weighted mean over the resources that the node has and, where it is an
 * extended one, the pod wants (upstream noderesources/resource_allocation.go).
 */
export function strategyScore({ type, resources, requestedToCapacityRatio }: ScoringStrategy) {
  const shape = requestedToCapacityRatio?.shape
  const scoreOf = shape ? byShape(shape) : type === 'MostAllocated' ? mostAllocated : leastAllocated
  return ({ allocatable, requested, nonZeroRequested }: NodeInfo, pod: PodInfo): number => {
    let [total, weights] = [0, 0]
    for (const { name, weight } of resources) {
      const capacity = amountOf(allocatable, name)
      const wanted = amountOf(isOptional(name) ? pod.requests : pod.nonZeroRequests, name)
      if (capacity === 0 || (isOptional(name) && wanted === 0)) continue
      const used = amountOf(isOptional(name) ? requested : nonZeroRequested, name)
      const score = scoreOf(used + wanted, capacity)
      if (shape && score === 0) continue
      total += score * weight
      weights += weight
    }
    if (weights === 0) return 0
    return shape ? Math.round(total / weights) : Math.floor(total / weights)
  }
}
