import { type PersistentVolume, persistentVolume } from '../../api/core/persistentvolume.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { BIND_COMPLETED, claimClass, SELECTED_NODE } from '../../api/core/volume-binding.ts'
import { storageClass } from '../../api/storage/storageclass.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import type { Kind } from '../../apimachinery/schema/kind.ts'
import { type Controller, keyedController, type ReconcileContext, watching } from '../../client/controller.ts'
import { keyOf } from '../../client/informer.ts'
import type { Folders } from './folders.ts'
import { checkClaim, FINALIZER, folderOf, LOCAL_PATH, localVolume, nodeOf, volumeName } from './volume.ts'

export interface LocalPathOptions {
  readonly folders: Folders
  /** The `kubernetes.io/hostname` of a node whose folders these are; undefined for nodes of others. */
  hostname(node: string): string | undefined
}

const PROVISIONER = 'volume.kubernetes.io/storage-provisioner'

/**
 * Makes folders of a node into volumes for claims that the scheduler has sent there, lets them grow, and removes them when
 * they are released. It runs on the node, and speaks the protocol of external provisioners (sig-storage-lib-external-provisioner).
 */
export const localPathProvisioner = (options: LocalPathOptions): Controller =>
  keyedController({
    name: 'local-path-provisioner',
    watches: [
      watching(persistentVolumeClaim, (claim: PersistentVolumeClaim | undefined) =>
        claim && isOurs(claim, options) ? [`claim/${keyOf(claim)}`] : [],
      ),
      watching(persistentVolume, (volume: PersistentVolume | undefined) =>
        volume && isOnNode(volume, options) ? [`volume/${volume.metadata.name}`] : [],
      ),
    ],
    reads: [storageClass as unknown as Kind],
    writes: [
      { kind: persistentVolume as unknown as Kind, verbs: ['create', 'delete', 'update'] },
      { kind: persistentVolumeClaim as unknown as Kind, subresource: 'status', verbs: ['update'] },
    ],

    async sync(key, context) {
      const [what, ...rest] = key.split('/')
      const name = rest.join('/')
      if (what === 'volume') {
        const volume = context.informer(persistentVolume).get(name)
        if (volume) await remove(volume, options, context)
        return
      }
      const claim = context.informer(persistentVolumeClaim).get(name)
      if (!claim || claim.metadata.deletionTimestamp) return
      if (isBound(claim)) await grow(claim, options, context)
      else await provision(claim, options, context)
    },
  })

const isBound = ({ metadata, spec }: PersistentVolumeClaim) =>
  !!spec.volumeName || metadata.annotations?.[BIND_COMPLETED] !== undefined

function isOurs({ metadata: { annotations } }: PersistentVolumeClaim, { hostname }: LocalPathOptions): boolean {
  const node = annotations?.[SELECTED_NODE]
  return annotations?.[PROVISIONER] === LOCAL_PATH && !!node && hostname(node) !== undefined
}

function isOnNode(volume: PersistentVolume, { hostname }: LocalPathOptions): boolean {
  const node = nodeOf(volume)
  return node !== undefined && hostname(node) !== undefined
}

async function provision(claim: PersistentVolumeClaim, options: LocalPathOptions, context: ReconcileContext) {
  const { client, events, informer } = context
  const found = informer(storageClass).get(claimClass(claim))
  if (found?.provisioner !== LOCAL_PATH || informer(persistentVolume).get(volumeName(claim))) return
  const name = claim.metadata.annotations![SELECTED_NODE]!
  const text = JSON.stringify(keyOf(claim))
  events.normal(claim, 'Provisioning', `External provisioner is provisioning volume for claim ${text}`)
  try {
    checkClaim(claim)
    const volume = localVolume(claim, found, { name, hostname: options.hostname(name)! })
    await options.folders.make(volume.spec.local.path)
    await client.create(persistentVolume, volume)
    events.normal(claim, 'ProvisioningSucceeded', `Successfully provisioned volume ${volume.metadata.name}`)
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) return
    const why = (error as Error).message
    const message = `failed to provision volume with StorageClass ${JSON.stringify(found.metadata.name)}: ${why}`
    events.warning(claim, 'ProvisioningFailed', message)
    throw error
  }
}

/** A folder has no size of its own: what is asked for is granted at once. */
async function grow(
  claim: PersistentVolumeClaim,
  options: LocalPathOptions,
  { client, events, informer }: ReconcileContext,
) {
  const volume = informer(persistentVolume).get(claim.spec.volumeName ?? '')
  const wanted = claim.spec.resources.requests?.storage ?? '0'
  if (!volume || !isOnNode(volume, options) || claim.status.phase !== 'Bound') return
  if (compareQuantities(wanted, claim.status.capacity?.storage ?? '0') <= 0) return
  if (compareQuantities(wanted, volume.spec.capacity?.storage ?? '0') > 0) {
    events.normal(claim, 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`)
    await client.update(persistentVolume, { ...volume, spec: { ...volume.spec, capacity: { storage: wanted } } })
  }
  const capacity = { ...claim.status.capacity, storage: wanted }
  const conditions = claim.status.conditions?.filter(({ type }) => type !== 'Resizing')
  await client.updateStatus(persistentVolumeClaim, { ...claim, status: { ...claim.status, capacity, conditions } })
  events.normal(claim, 'VolumeResizeSuccessful', 'Resize volume succeeded')
}

/** A volume that nobody claims goes with its data, if its policy says so; one that is kept must not be held up. */
async function remove(volume: PersistentVolume, { folders }: LocalPathOptions, { client, events }: ReconcileContext) {
  const { metadata, spec, status } = volume
  const released = status.phase === 'Released' || status.phase === 'Failed'
  const goes = spec.persistentVolumeReclaimPolicy === 'Delete'
  if (metadata.deletionTimestamp ? status.phase === 'Bound' : !(released && goes)) return
  if (goes) {
    try {
      await folders.remove(folderOf(volume))
    } catch (error) {
      events.warning(volume, 'VolumeFailedDelete', (error as Error).message)
      throw error
    }
  }
  if (!metadata.deletionTimestamp) {
    // What is left to do follows when the deletion is seen.
    await client.delete(persistentVolume, volume).catch(ignoreMissing)
    return
  }
  const finalizers = metadata.finalizers?.filter(name => name !== FINALIZER)
  if (finalizers?.length === metadata.finalizers?.length) return
  await client.update(persistentVolume, { ...volume, metadata: { ...metadata, finalizers } }).catch(ignoreMissing)
}

function ignoreMissing(error: unknown): void {
  if (!isReason(error, 'NotFound')) throw error
}
