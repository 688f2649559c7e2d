import type { ResourceFieldSelector } from '../../api/core/pod/env.ts'
import type { Pod } from '../../api/core/pod.ts'
import { parseQuantity } from '../../apimachinery/quantity.ts'
import { findContainer } from '../pods/pod.ts'

/**
 * A request or limit of a container in units of the divisor, rounded up. A container without a limit may use all that
 * pods can have on the node. `allocatable` are the node's resources, as quantities.
 */
export function resourceValue(
  pod: Pod,
  { containerName, resource, divisor }: ResourceFieldSelector,
  ofContainer: string,
  allocatable: Readonly<Record<string, string>>,
): string {
  const name = containerName || ofContainer
  const container = findContainer(pod, name)?.container
  if (!container) throw new Error(`container ${name} not found`)
  const dot = resource.indexOf('.')
  const what = resource.slice(0, dot)
  const which = resource.slice(dot + 1)
  const { limits = {}, requests = {} } = container.resources
  const amount = what === 'limits' ? (limits[which] ?? allocatable[which] ?? '0') : (requests[which] ?? '0')
  const unit = divisor && divisor !== '0' ? divisor : '1'
  const { nanos } = parseQuantity(amount)
  const by = parseQuantity(unit).nanos
  return String((nanos + by - 1n) / by)
}
