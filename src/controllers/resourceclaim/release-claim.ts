import { type Pod, pod } from '../../api/core/pod.ts'
import type { ResourceClaimConsumerReference } from '../../api/resource/allocation.ts'
import { resourceClaim } from '../../api/resource/index.ts'
import { DELETE_PROTECTION } from '../../api/resource/pod-claims.ts'
import type { ResourceClaim } from '../../api/resource/resourceclaim.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { isFinished } from '../shared/pods.ts'

/** Whether none of a pod's containers runs, nor ever will. */
export const isDone = (object: Pod): boolean =>
  isFinished(object) || (object.metadata.deletionTimestamp !== undefined && !object.spec.nodeName)

/**
 * Takes those off a claim that do not use it any more; with the last of them it gives up its devices, and goes itself if it was
 * made for a pod that has ended.
 */
export async function releaseClaim(claim: ResourceClaim, context: ReconcileContext): Promise<void> {
  const { reservedFor = [] } = claim.status
  const users: ResourceClaimConsumerReference[] = []
  for (const user of reservedFor) if (await uses(user, claim, context)) users.push(user)
  const isProtected = claim.metadata.finalizers?.includes(DELETE_PROTECTION) ?? false
  if (users.length < reservedFor.length) {
    await setUsers(claim, users, isProtected, context)
  } else if (isProtected && claim.metadata.deletionTimestamp && users.length === 0) {
    await setUsers(claim, users, true, context)
  }
  if (users.length === 0) await deleteUnneeded(claim, context)
}

async function uses(
  { apiGroup, resource, name, uid }: ResourceClaimConsumerReference,
  { metadata: { namespace } }: ResourceClaim,
  { informer, client }: ReconcileContext,
): Promise<boolean> {
  if (apiGroup || resource !== 'pods') throw new Error(`unsupported ReservedFor entry: ${resource} ${name}`)
  const known = informer(pod).get(`${namespace}/${name}`)
  if (known) return known.metadata.uid === uid && !isDone(known)
  // The cache may not know of a pod yet that the scheduler is placing.
  try {
    return (await client.get(pod, { namespace, name })).metadata.uid === uid
  } catch (error) {
    if (isReason(error, 'NotFound')) return false
    throw error
  }
}

async function setUsers(
  claim: ResourceClaim,
  reservedFor: ResourceClaimConsumerReference[],
  isProtected: boolean,
  { client }: ReconcileContext,
): Promise<void> {
  const { allocation: was, ...rest } = claim.status
  const free = isProtected && reservedFor.length === 0
  const status = { ...rest, reservedFor, ...(!free && was && { allocation: was }) }
  const changed = was !== status.allocation || claim.status.reservedFor?.length !== reservedFor.length
  const written = changed ? await client.updateStatus(resourceClaim, { ...claim, status }) : claim
  const { finalizers = [] } = written.metadata
  if (!finalizers.includes(DELETE_PROTECTION) || written.status.allocation) return
  const kept = finalizers.filter(name => name !== DELETE_PROTECTION)
  await client.update(resourceClaim, { ...written, metadata: { ...written.metadata, finalizers: kept } })
}

/** The garbage collector waits until the pod is gone; its devices should not. */
async function deleteUnneeded({ metadata }: ResourceClaim, { client, informer }: ReconcileContext): Promise<void> {
  if (metadata.deletionTimestamp) return
  const owner = metadata.ownerReferences?.find(o => o.controller && o.apiVersion === 'v1' && o.kind === 'Pod')
  const object = owner && informer(pod).get(`${metadata.namespace}/${owner.name}`)
  if (!object || (object.metadata.uid === owner.uid && !isDone(object))) return
  await client.delete(resourceClaim, { metadata }).catch(error => {
    if (!isReason(error, 'NotFound')) throw error
  })
}
