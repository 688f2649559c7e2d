import type { Pod } from '../../../api/core/pod.ts'
import type { AllocationResult } from '../../../api/resource/allocation.ts'
import { resourceClaim } from '../../../api/resource/index.ts'
import { consumerOf, DELETE_PROTECTION } from '../../../api/resource/pod-claims.ts'
import type { ResourceClaim } from '../../../api/resource/resourceclaim.ts'
import { type Clock, rfc3339 } from '../../../apimachinery/clock.ts'
import { isReason } from '../../../apimachinery/errors.ts'
import type { Client } from '../../../client/client.ts'

/** Tries after somebody else has changed the claim meanwhile. */
const MAX_TRIES = 5

const keyOf = ({ metadata }: ResourceClaim) => `${metadata.namespace}/${metadata.name}`

/** Writes what a claim gets, where it has nothing yet, and that the pod uses it. Answers with its new state. */
export async function bindClaim(
  claim: ResourceClaim,
  allocation: AllocationResult | undefined,
  pod: Pod,
  client: Client,
  clock: Clock,
): Promise<ResourceClaim> {
  let current = claim
  for (let tries = 1; ; tries++) {
    try {
      return await write(current, allocation, pod, client, clock)
    } catch (error) {
      if (!isReason(error, 'Conflict') || tries === MAX_TRIES) throw error
    }
    current = await client.get(resourceClaim, claim.metadata)
    if (current.metadata.uid !== claim.metadata.uid)
      throw new Error(`claim ${keyOf(claim)} got deleted in the meantime`)
  }
}

async function write(
  claim: ResourceClaim,
  allocation: AllocationResult | undefined,
  pod: Pod,
  client: Client,
  clock: Clock,
): Promise<ResourceClaim> {
  if (claim.metadata.deletionTimestamp) throw new Error(`claim ${keyOf(claim)} got deleted in the meantime`)
  if (allocation && claim.status.allocation) {
    throw new Error(`claim ${keyOf(claim)} got allocated elsewhere in the meantime`)
  }
  const { finalizers = [] } = claim.metadata
  let current = claim
  if (allocation && !finalizers.includes(DELETE_PROTECTION)) {
    const metadata = { ...claim.metadata, finalizers: [...finalizers, DELETE_PROTECTION] }
    current = await client.update(resourceClaim, { ...claim, metadata })
  }
  const allocationTimestamp = rfc3339(clock.now())
  return client.updateStatus(resourceClaim, {
    ...current,
    status: {
      ...current.status,
      ...(allocation && { allocation: { ...allocation, allocationTimestamp } }),
      reservedFor: [...(current.status.reservedFor ?? []), consumerOf(pod)],
    },
  })
}

/** Tells that the pod does not use the claim after all. */
export function unreserveClaim({ metadata }: ResourceClaim, pod: Pod, client: Client): Promise<ResourceClaim> {
  const reservedFor = [{ $patch: 'delete', uid: pod.metadata.uid }]
  const patch = { metadata: { uid: metadata.uid }, status: { reservedFor } }
  return client.patch(resourceClaim, metadata, 'strategic', patch, { subresource: 'status' })
}

/** Takes back what a claim that nobody uses has got. */
export function deallocate(claim: ResourceClaim, client: Client): Promise<ResourceClaim> {
  const { allocation: _, reservedFor: __, ...status } = claim.status
  return client.updateStatus(resourceClaim, { ...claim, status })
}
