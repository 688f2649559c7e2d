import { isSidecar } from '../../api/core/pod/container-rules.ts'
import { podRequestTotals } from '../../api/core/pod/totals.ts'
import type { Pod } from '../../api/core/pod.ts'
import { own } from '../../apimachinery/own.ts'
import { quantityMilliValue } from '../../apimachinery/quantity.ts'

/**
 * How much of a resource each pod asks for, in thousandths, by the pod's name; with `container`, how much that container does
 * (upstream replica_calculator calculateRequests). Throws where one does not say.
 */
export function requestsOf(pods: readonly Pod[], resource: string, container?: string): Map<string, number> {
  return new Map(pods.map(pod => [pod.metadata.name!, requestOf(pod, resource, container)]))
}

function requestOf(pod: Pod, resource: string, container: string | undefined): number {
  const { spec, metadata } = pod
  const forWhole = spec.resources?.requests
  if (!container && forWhole && Object.keys(forWhole).length > 0) {
    const request = own(podRequestTotals(spec), resource)
    if (request !== undefined) return quantityMilliValue(request)
    throw new Error(`missing pod-level request for ${resource} in Pod ${metadata.name}`)
  }
  const all = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)]
  const counted = container ? all.filter(({ name }) => name === container) : all
  if (container && counted.length === 0) throw new Error(`container ${container} not found in Pod ${metadata.name}`)
  return counted.reduce((sum, { name, resources }) => {
    const request = own(resources.requests ?? {}, resource)
    if (request === undefined) {
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`)
    }
    return sum + quantityMilliValue(request)
  }, 0)
}
