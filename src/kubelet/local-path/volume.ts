import path from 'node:path'
import type { PersistentVolume, persistentVolume } from '../../api/core/persistentvolume.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { claimClass, PROVISIONED_BY } from '../../api/core/volume-binding.ts'
import type { StorageClass } from '../../api/storage/storageclass.ts'
import type { InputOf } from '../../apimachinery/schema/kind.ts'

/** The provisioner that every cluster has, as StorageClasses name it. */
export const LOCAL_PATH = 'tsukube.dev/local-path'
/** Keeps a volume until its folder is gone; provisioners elsewhere use the same. */
export const FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer'
/** On a volume: the node that has it. */
const NODE = 'tsukube.dev/node'
/** Where volumes are on their node, where the class's parameter `nodePath` does not say otherwise. */
const ROOT = '/var/lib/tsukube/local-path'
const MODES = ['ReadWriteOnce', 'ReadWriteOncePod']

export const volumeName = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`

/** The node that has one of our volumes; undefined for volumes of others. */
export const nodeOf = ({ metadata: { annotations } }: PersistentVolume): string | undefined =>
  annotations?.[PROVISIONED_BY] === LOCAL_PATH ? annotations[NODE] : undefined

/** The folder that one of our volumes is. Throws when it names one that was not made for it: that may hold anything. */
export function folderOf({ metadata, spec }: PersistentVolume): string {
  const folder = spec.local?.path ?? ''
  if (!path.basename(folder).startsWith(`${metadata.name}_`)) {
    throw new Error(`folder ${JSON.stringify(folder)} was not made for volume ${metadata.name}; remove it by hand`)
  }
  return folder
}

/** Throws why a claim cannot be given a folder of a node. */
export function checkClaim({ spec }: PersistentVolumeClaim): void {
  const mode = spec.accessModes?.find(asked => !MODES.includes(asked))
  if (mode) throw new Error(`${mode} is not possible on the disk of one node; ask for ${MODES.join(' or ')}`)
  if (spec.volumeMode === 'Block') throw new Error('volumes are folders; volumeMode must be Filesystem')
  if (spec.dataSource || spec.dataSourceRef) throw new Error('volumes begin empty; dataSource is not supported')
}

type LocalVolume = InputOf<typeof persistentVolume> & {
  metadata: { name: string }
  spec: { local: { path: string } }
}

/** The volume for a claim: a folder of its own on a node, which only that node's pods can use. */
export function localVolume(
  claim: PersistentVolumeClaim,
  { reclaimPolicy, mountOptions, parameters }: StorageClass,
  node: { readonly name: string; readonly hostname: string },
): LocalVolume {
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const own = volumeName(claim)
  return {
    metadata: {
      name: own,
      annotations: { [PROVISIONED_BY]: LOCAL_PATH, [NODE]: node.name },
      finalizers: reclaimPolicy === 'Delete' ? [FINALIZER] : undefined,
    },
    spec: {
      capacity: { storage: claim.spec.resources.requests?.storage ?? '0' },
      accessModes: claim.spec.accessModes,
      volumeMode: claim.spec.volumeMode,
      storageClassName: claimClass(claim),
      persistentVolumeReclaimPolicy: reclaimPolicy,
      mountOptions,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion },
      local: { path: path.join(parameters?.nodePath ?? ROOT, `${own}_${namespace}_${name}`) },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node.hostname] }] },
          ],
        },
      },
    },
  }
}
