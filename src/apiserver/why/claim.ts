import { event as eventKind } from '../../api/core/event.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { claimClass } from '../../api/core/volume-binding.ts'
import { storageClass } from '../../api/storage/storageclass.ts'
import type { Cause } from '../../api/why/explanation.ts'
import { controllerCauses, deletionCauses, warningCause, warnings } from './common.ts'
import { explainer, type Why } from './explain.ts'

/** PersistentVolumeClaims. */
export const explainClaim = explainer(persistentVolumeClaim, (claim, why) => ({
  summary: claim.metadata.deletionTimestamp ? 'Terminating' : (claim.status.phase ?? 'Pending'),
  causes: claimCauses(claim, why),
}))

/** What holds a claim back. */
export function claimCauses(claim: PersistentVolumeClaim, why: Why): Cause[] {
  const more = [...deletionCauses(claim), ...controllerCauses(claim, 'persistentvolumeclaims', why)]
  if (claim.status.phase === 'Bound') return more
  const told = warnings(claim, why).map(event => warningCause(event, 'Volume', REMEDIES[event.reason ?? '']))
  const name = claimClass(claim)
  const known = name ? why.get(storageClass, '', name) : undefined
  if (name && !known) {
    const message = `There is no storage class ${name}`
    const remedy = `create it, or let the claim ask for one that is there (kubectl get storageclass)`
    return [...more, { source: 'Volume', reason: 'StorageClassNotFound', message, remedy }, ...told]
  }
  const waiting = lastNormal(claim, why)
  return [...more, ...told, ...(waiting && told.length === 0 ? [waiting] : [])]
}

/** What the binder of volumes said last: it waits for a pod, or for a provisioner. */
function lastNormal({ metadata }: PersistentVolumeClaim, why: Why): Cause | undefined {
  const events = why
    .list(eventKind, metadata.namespace!)
    .filter(({ involvedObject }) => involvedObject.uid === metadata.uid)
  const last = events.filter(({ reason }) => REMEDIES[reason ?? '']).at(-1)
  return last && warningCause(last, 'Volume', REMEDIES[last.reason!])
}

const REMEDIES: Readonly<Record<string, string>> = {
  WaitForFirstConsumer: 'start a pod that uses the claim',
  WaitForPodScheduled: 'see why the pod that uses the claim has no node',
  ExternalProvisioning: 'see that the provisioner of the storage class runs',
  ProvisioningFailed: 'see to the provisioner of the storage class',
  FailedBinding: 'create a volume that fits, or name a storage class that makes one',
}
