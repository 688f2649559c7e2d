import type { Node } from '../../../api/core/node.ts'
import { toleratesDevice } from '../../../api/resource/pod-claims.ts'
import type { Explanation } from '../../framework.ts'
import { type AllocationSources, isSelected } from './allocator.ts'
import type { ClaimsState } from './claims-of-pod.ts'
import { deviceId } from './device-id.ts'
import type { Request, WantedClaim } from './request.ts'
import { SelectorError } from './selectors.ts'

/** Why a pod's claims cannot be met on a node, for people. */
export function explainDevices(
  { wanted, allocated }: ClaimsState,
  node: Node,
  sources: AllocationSources,
): Explanation {
  const elsewhere = allocated.find(({ matches }) => !matches(node))
  if (elsewhere) {
    const { name } = elsewhere.claim.metadata
    return {
      detail: `the devices that ResourceClaim ${name} has got cannot be used there`,
      remedy: `let the pods end that use it, so that it can get others: kubectl get resourceclaim ${name} -o yaml`,
    }
  }
  try {
    return { detail: wanted.flatMap(one => supplyFor(one, node, sources)).join('; '), remedy: REMEDY }
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error
    return { detail: error.message, remedy: 'correct the selector in the ResourceClaim or the DeviceClass' }
  }
}

const REMEDY =
  'free devices by ending pods that have them, ask for fewer or others in the ResourceClaim, or add a node that has them; ' +
  'see kubectl get resourceslices'

function supplyFor(wanted: WantedClaim, node: Node, sources: AllocationSources): string[] {
  const { name } = wanted.claim.metadata
  return wanted.requests.flat().map(request => {
    const { count, total, free, tainted } = countFor(request, wanted, node, sources)
    const more = tainted > 0 ? `, ${tainted} have taints that it does not tolerate` : ''
    return `ResourceClaim ${name}, request ${request.name}: wants ${count}, ${total} suit it there, ${free} of them free${more}`
  })
}

function countFor(request: Request, wanted: WantedClaim, node: Node, { pools, claims, selectors }: AllocationSources) {
  const suitable = pools
    .of(node)
    .flatMap(({ devices }) => devices)
    .filter(device => isSelected(device, request, wanted, selectors))
  const free = suitable.filter(({ device, slice: { spec } }) => {
    const id = deviceId({ driver: spec.driver, pool: spec.pool.name, device: device.name })
    return device.allowMultipleAllocations ? !claims.isOwned(id) : !claims.isUsed(id)
  })
  const tainted = suitable.filter(({ device: { taints = [] } }) =>
    taints.some(
      taint => taint.effect !== 'None' && !request.tolerations.some(toleration => toleratesDevice(toleration, taint)),
    ),
  )
  return { count: request.count ?? 'all', total: suitable.length, free: free.length, tainted: tainted.length }
}
