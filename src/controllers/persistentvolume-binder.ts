import { type PersistentVolume, persistentVolume } from '../api/core/persistentvolume.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { BIND_COMPLETED, claimClass, lacksClass, volumeClass } from '../api/core/volume-binding.ts'
import { isDefaultClass, type StorageClass, storageClass } from '../api/storage/storageclass.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Controller, keyedController, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { PODS_BY_CLAIM } from './persistentvolume-binder/provision.ts'
import { syncClaim } from './persistentvolume-binder/sync-claim.ts'
import { claimKey, syncVolume } from './persistentvolume-binder/sync-volume.ts'
import { claimsOf } from './shared/pod-claims.ts'
import { conditionOf } from './shared/pods.ts'

/** Indexes: claims that look for a volume, by class; claims by the volume they name; volumes by the claim they name. */
const WAITING = 'persistentvolume/waiting'
const BY_VOLUME = 'persistentvolume/volume'
const BY_CLAIM = 'persistentvolume/claim'
/** Class of the waiting claims that neither name one nor decline one. */
const UNDECIDED = '\0'

const volumeKey = (name: string) => `volume/${name}`
const keyOfClaim = ({ metadata }: PersistentVolumeClaim) => claimKey(metadata.namespace, metadata.name)
const isWaiting = ({ metadata, spec }: PersistentVolumeClaim) =>
  !spec.volumeName && metadata.annotations?.[BIND_COMPLETED] === undefined

/**
 * Binds claims and volumes to each other, asks provisioners for volumes, and reclaims those that are released (upstream
 * pkg/controller/volume/persistentvolume). One worker: no two decisions about who gets a volume are made at a time.
 */
export const persistentVolumeBinder: Controller = keyedController({
  name: 'persistentvolume',
  account: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  workers: 1,
  watches: [
    watching(persistentVolumeClaim, claimChanged),
    watching(persistentVolume, volumeChanged),
    watching(storageClass, classChanged),
    watching(pod, podChanged),
  ],
  writes: [
    { kind: persistentVolume as unknown as Kind, verbs: ['update'] },
    { kind: persistentVolume as unknown as Kind, subresource: 'status', verbs: ['update'] },
    { kind: persistentVolumeClaim as unknown as Kind, verbs: ['update'] },
    { kind: persistentVolumeClaim as unknown as Kind, subresource: 'status', verbs: ['update'] },
  ],

  setup({ informer }) {
    const claims = informer(persistentVolumeClaim)
    claims.addIndex(WAITING, claim => (isWaiting(claim) ? [lacksClass(claim) ? UNDECIDED : claimClass(claim)] : []))
    claims.addIndex(BY_VOLUME, ({ spec }) => (spec.volumeName ? [spec.volumeName] : []))
    informer(persistentVolume).addIndex(BY_CLAIM, ({ spec: { claimRef } }) =>
      claimRef ? [`${claimRef.namespace}/${claimRef.name}`] : [],
    )
    informer(pod).addIndex(PODS_BY_CLAIM, claimsOf)
  },

  async sync(key, context) {
    const [what, ...rest] = key.split('/')
    const name = rest.join('/')
    if (what === 'volume') {
      const volume = context.informer(persistentVolume).get(name)
      if (volume) await syncVolume(volume, context)
      return
    }
    const claim = context.informer(persistentVolumeClaim).get(name)
    if (claim) await syncClaim(claim, context)
  },
})

function* claimChanged(
  claim: PersistentVolumeClaim | undefined,
  previous: PersistentVolumeClaim | undefined,
  { informer }: ReconcileContext,
): Iterable<string> {
  const key = keyOf((claim ?? previous)!)
  if (claim) yield keyOfClaim(claim)
  for (const volume of informer(persistentVolume).byIndex(BY_CLAIM, key)) yield volumeKey(volume.metadata.name!)
}

function* volumeChanged(
  volume: PersistentVolume | undefined,
  previous: PersistentVolume | undefined,
  { informer }: ReconcileContext,
): Iterable<string> {
  const { name } = (volume ?? previous)!.metadata
  const claims = informer(persistentVolumeClaim)
  if (volume) yield volumeKey(name!)
  for (const claim of claims.byIndex(BY_VOLUME, name!)) yield keyOfClaim(claim)
  const reserved = volume?.spec.claimRef
  if (reserved) yield claimKey(reserved.namespace, reserved.name)
  if (!volume || reserved || volume.status.phase !== 'Available') return
  const ofClass = volumeClass(volume)
  for (const claim of claims.byIndex(WAITING, ofClass)) yield keyOfClaim(claim)
  if (ofClass === '') for (const claim of claims.byIndex(WAITING, UNDECIDED)) yield keyOfClaim(claim)
}

function* classChanged(
  found: StorageClass | undefined,
  _: StorageClass | undefined,
  { informer }: ReconcileContext,
): Iterable<string> {
  if (!found) return
  const claims = informer(persistentVolumeClaim)
  for (const claim of claims.byIndex(WAITING, found.metadata.name!)) yield keyOfClaim(claim)
  if (isDefaultClass(found)) for (const claim of claims.byIndex(WAITING, UNDECIDED)) yield keyOfClaim(claim)
}

/** A pod that finds no node has its claims tell that they wait for it. */
function* podChanged(
  found: Pod | undefined,
  previous: Pod | undefined,
  { informer }: ReconcileContext,
): Iterable<string> {
  const isStuck = (one: Pod | undefined) => !!one && conditionOf(one, 'PodScheduled')?.status === 'False'
  if (!isStuck(found) || isStuck(previous)) return
  for (const key of claimsOf(found!)) {
    const claim = informer(persistentVolumeClaim).get(key)
    if (claim && isWaiting(claim)) yield keyOfClaim(claim)
  }
}
