import { compareQuantities, quantitySign } from '../../../apimachinery/quantity.ts'
import type { PodSpec } from './spec.ts'

export type QOSClass = 'Guaranteed' | 'Burstable' | 'BestEffort'
const COMPUTE = ['cpu', 'memory']

/**
 * The quality of service that a pod's resources buy: Guaranteed if every container has limits for CPU and memory equal to its
 * requests, BestEffort if none has any, Burstable otherwise. Resources of the pod as a whole go before its containers'.
 */
export function podQOS(spec: Pick<PodSpec, 'containers' | 'initContainers' | 'resources'>): QOSClass {
  const ofPod = spec.resources?.requests || spec.resources?.limits ? spec.resources : undefined
  const all = ofPod ? [ofPod] : [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources)
  let guaranteed = true
  let bestEffort = true
  for (const { requests = {}, limits = {} } of all) {
    for (const name of COMPUTE) {
      const request = requests[name]
      const limit = limits[name]
      const limited = limit !== undefined && quantitySign(limit) > 0
      if (limited || (request !== undefined && quantitySign(request) > 0)) bestEffort = false
      if (!limited || (request !== undefined && compareQuantities(request, limit) !== 0)) guaranteed = false
    }
  }
  if (bestEffort) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
