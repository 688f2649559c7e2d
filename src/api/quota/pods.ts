import { podLimitTotals, podRequestTotals } from '../core/pod/totals.ts'
import type { Pod } from '../core/pod.ts'
import type { Usage } from './usage.ts'

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage']
const isExtended = (name: string) => name.includes('/') && !name.startsWith('kubernetes.io/')

/** What a pod uses of quotas (upstream quota evaluator core/pods). One that has ended counts as an object only. */
export function podUsage(pod: Pod, now: number): Usage {
  const usage: Record<string, string> = { 'count/pods': '1' }
  if (!countsForQuota(pod, now)) return usage
  usage.pods = '1'
  for (const [name, amount] of Object.entries(podRequestTotals(pod.spec))) {
    if (COMPUTE.includes(name) || name.startsWith('hugepages-')) usage[name] = amount
    if (COMPUTE.includes(name) || name.startsWith('hugepages-') || isExtended(name)) usage[`requests.${name}`] = amount
  }
  for (const [name, amount] of Object.entries(podLimitTotals(pod.spec))) {
    if (COMPUTE.includes(name)) usage[`limits.${name}`] = amount
  }
  return usage
}

/** Whether a pod still holds what it was given: it has not ended, and is not long past its time to go. */
function countsForQuota({ status, metadata }: Pod, now: number): boolean {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

/** Compute resources that every container has to state where a quota limits them. */
export function missingResources({ spec }: Pod, limited: Iterable<string>): string[] {
  const wanted = [...limited].flatMap(name => {
    const plain = COMPUTE.includes(name) ? `requests.${name}` : name
    const match = /^(requests|limits)\.(cpu|memory)$/.exec(plain)
    return match ? [{ name, side: match[1] as 'requests' | 'limits', resource: match[2]! }] : []
  })
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  return wanted
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, side, resource }) => {
      if (spec.resources?.[side]?.[resource] !== undefined) return []
      const without = containers.filter(container => container.resources[side]?.[resource] === undefined)
      return without.length > 0
        ? [
            `${name} for: ${without
              .map(container => container.name)
              .sort()
              .join(',')}`,
          ]
        : []
    })
}
