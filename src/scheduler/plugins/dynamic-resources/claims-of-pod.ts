import { compileNodeSelector, type NodeTest } from '../../../api/core/node-selector.ts'
import type { Pod } from '../../../api/core/pod.ts'
import type { DeviceClass } from '../../../api/resource/deviceclass.ts'
import { canBeReserved, claimOfPod, isClaimForPod, isReservedFor } from '../../../api/resource/pod-claims.ts'
import type { ResourceClaim } from '../../../api/resource/resourceclaim.ts'
import type { ClaimCache } from './claim-cache.ts'
import { type WantedClaim, wantedBy } from './request.ts'

/** The claims of a pod that wait for devices, and the nodes that those can be used on that have some. */
export interface ClaimsState {
  readonly wanted: readonly WantedClaim[]
  readonly allocated: readonly { readonly claim: ResourceClaim; readonly matches: NodeTest }[]
}

/** A pod's claims; a text when one of them is not there yet, or cannot be used (upstream foreachPodResourceClaim). */
export function claimsOfPod(pod: Pod, cache: ClaimCache): ResourceClaim[] | string {
  const { namespace, name } = pod.metadata
  const claims: ResourceClaim[] = []
  for (const entry of pod.spec.resourceClaims ?? []) {
    const reference = claimOfPod(pod, entry)
    if (!reference) return `pod "${namespace}/${name}": ResourceClaim not created yet`
    if (!reference.name) continue
    const claim = cache.get(`${namespace}/${reference.name}`)
    if (!claim) return `could not find ResourceClaim "${namespace}/${reference.name}"`
    if (claim.metadata.deletionTimestamp) return `resourceclaim ${JSON.stringify(reference.name)} is being deleted`
    if (reference.made && !isClaimForPod(claim, pod)) {
      const whose = `${namespace}/${reference.name} was not created for pod ${namespace}/${name}`
      return `ResourceClaim ${whose} (pod is not owner)`
    }
    claims.push(claim)
  }
  return claims
}

const anyNode: NodeTest = () => true

/** What is to be done for a pod's claims; a text when that has to wait. */
export function stateOf(
  pod: Pod,
  claims: readonly ResourceClaim[],
  cache: ClaimCache,
  classOf: (name: string) => DeviceClass | undefined,
): ClaimsState | string {
  const [wanted, allocated]: [WantedClaim[], ClaimsState['allocated'][number][]] = [[], []]
  for (const claim of claims) {
    const { allocation } = claim.status
    if (allocation) {
      if (!canBeReserved(claim) && !isReservedFor(claim, pod)) return 'resourceclaim in use'
      const matches = allocation.nodeSelector ? compileNodeSelector(allocation.nodeSelector) : anyNode
      allocated.push({ claim, matches })
      continue
    }
    const { namespace, name } = claim.metadata
    if (cache.isInFlight(claim)) return `resource claim ${namespace}/${name} is in the process of being allocated`
    const one = wantedBy(claim, classOf)
    if (typeof one === 'string') return one
    wanted.push(one)
  }
  return { wanted, allocated }
}
