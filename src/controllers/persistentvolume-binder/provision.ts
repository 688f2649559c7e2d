import { type PersistentVolumeClaim, persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { pod } from '../../api/core/pod.ts'
import { claimClass, lacksClass, SELECTED_NODE } from '../../api/core/volume-binding.ts'
import { isDefaultClass, type StorageClass, storageClass } from '../../api/storage/storageclass.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { keyOf } from '../../client/informer.ts'
import { isFinished } from '../shared/pods.ts'

/** Index of pods by the claims they use. */
export const PODS_BY_CLAIM = 'persistentvolume/claim'
/** Tell provisioners that a claim is theirs; older ones know the second only. */
const PROVISIONER_ANNOTATIONS = [
  'volume.kubernetes.io/storage-provisioner',
  'volume.beta.kubernetes.io/storage-provisioner',
]
const IN_TREE = 'kubernetes.io/'

const classOf = (claim: PersistentVolumeClaim, { informer }: ReconcileContext): StorageClass | undefined =>
  informer(storageClass).get(claimClass(claim))

/** Whether the claim's volume is to be chosen, or made, only when a pod needs it. */
export const delaysBinding = (claim: PersistentVolumeClaim, context: ReconcileContext): boolean =>
  classOf(claim, context)?.volumeBindingMode === 'WaitForFirstConsumer'

/** Whether a delayed claim has its pod, and with it the node for which a volume is to be made. */
export const hasSelectedNode = ({ metadata }: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[SELECTED_NODE] !== undefined

/** Gives a claim that was made before there was a default class that class. Answers whether it did (KEP-3333). */
export async function assignDefaultClass(claim: PersistentVolumeClaim, context: ReconcileContext): Promise<boolean> {
  if (!lacksClass(claim)) return false
  const age = ({ metadata }: StorageClass) => metadata.creationTimestamp ?? ''
  const [chosen] = context
    .informer(storageClass)
    .list()
    .filter(isDefaultClass)
    .sort((a, b) => age(b).localeCompare(age(a)) || a.metadata.name!.localeCompare(b.metadata.name!))
  if (!chosen) return false
  await context.client.update(persistentVolumeClaim, {
    ...claim,
    spec: { ...claim.spec, storageClassName: chosen.metadata.name! },
  })
  return true
}

/** Tells who a delayed claim is waiting for. */
export function tellWaiting(claim: PersistentVolumeClaim, { informer, events }: ReconcileContext): void {
  const pods = informer(pod)
    .byIndex(PODS_BY_CLAIM, keyOf(claim))
    .filter(one => !one.spec.nodeName && !isFinished(one))
    .map(({ metadata }) => metadata.name!)
    .sort()
  if (pods.length === 0) {
    events.normal(claim, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
    return
  }
  const who = pods.length > 1 ? `pods ${pods.join(',')}` : `pod ${pods[0]}`
  events.normal(claim, 'WaitForPodScheduled', `waiting for ${who} to be scheduled`)
}

/** Asks the provisioner of the claim's class for a volume, and tells what is being waited for. */
export async function provision(claim: PersistentVolumeClaim, context: ReconcileContext): Promise<void> {
  const { client, events } = context
  const found = classOf(claim, context)
  if (!found) {
    const what = `storageclass.storage.k8s.io ${JSON.stringify(claimClass(claim))}`
    events.warning(claim, 'ProvisioningFailed', `${what} not found`)
    return
  }
  const { provisioner } = found
  if (provisioner.startsWith(IN_TREE)) {
    events.warning(claim, 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`)
    return
  }
  const { annotations } = claim.metadata
  if (PROVISIONER_ANNOTATIONS.some(key => annotations?.[key] !== provisioner)) {
    const told = Object.fromEntries(PROVISIONER_ANNOTATIONS.map(key => [key, provisioner]))
    // The change brings the claim here again.
    await client.update(persistentVolumeClaim, {
      ...claim,
      metadata: { ...claim.metadata, annotations: { ...annotations, ...told } },
    })
    return
  }
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system ` +
    'administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.'
  events.normal(claim, 'ExternalProvisioning', message)
}
