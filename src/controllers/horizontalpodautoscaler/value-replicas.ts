import type { Pod } from '../../api/core/pod.ts'
import { isReady } from '../shared/pods.ts'
import { isWithin, type Tolerances } from './tolerances.ts'

const MAX_INT32 = 2 ** 31 - 1

/** Number of replicas by which one value would be as it should (upstream getUsageRatioReplicaCount). Both in thousandths. */
export function valueReplicas(
  usage: number,
  target: number,
  { pods, currentReplicas, tolerances }: { pods: readonly Pod[]; currentReplicas: number; tolerances: Tolerances },
): number {
  const ratio = usage / target
  // From nothing, there are no pods to go by.
  if (currentReplicas === 0) return Math.ceil(ratio)
  if (isWithin(tolerances, ratio)) return currentReplicas
  if (pods.length === 0) {
    const why = 'no pods returned by selector while calculating replica count'
    throw new Error(`unable to calculate ready pods: ${why}`)
  }
  const ready = pods.filter(pod => pod.status.phase === 'Running' && isReady(pod)).length
  return Math.min(MAX_INT32, Math.ceil(ratio * ready))
}

/**
 * Number of replicas among which a value is to be shared out, and how much each has now (upstream
 * GetObjectPerPodMetricReplicas, GetExternalPerPodMetricReplicas). All in thousandths.
 */
export function sharedReplicas(
  usage: number,
  target: number,
  replicas: number,
  tolerances: Tolerances,
): { replicas: number; average: number } {
  const ratio = usage / (target * replicas)
  const wanted = isWithin(tolerances, ratio) ? replicas : Math.min(MAX_INT32, Math.ceil(usage / target))
  return { replicas: wanted, average: replicas > 0 ? Math.ceil(usage / replicas) : usage }
}
