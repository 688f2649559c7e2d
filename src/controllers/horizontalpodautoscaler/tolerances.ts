import type { HorizontalPodAutoscaler } from '../../api/autoscaling/horizontalpodautoscaler.ts'
import { quantityNumber } from '../../apimachinery/quantity.ts'

/** By what part a metric may be off without scaling, where the autoscaler does not say (upstream's flag). */
const DEFAULT_TOLERANCE = 0.1

/** By what part a metric may be off in each direction. */
export interface Tolerances {
  readonly up: number
  readonly down: number
}

/** The tolerances of an autoscaler (KEP-4951). */
export function tolerancesOf({ spec: { behavior } }: HorizontalPodAutoscaler): Tolerances {
  const read = (text: string | undefined) => (text === undefined ? DEFAULT_TOLERANCE : quantityNumber(text))
  return { up: read(behavior?.scaleUp?.tolerance), down: read(behavior?.scaleDown?.tolerance) }
}

/** Whether what is used is near enough to what should be. */
export const isWithin = ({ up, down }: Tolerances, ratio: number): boolean => 1 - down <= ratio && ratio <= 1 + up
