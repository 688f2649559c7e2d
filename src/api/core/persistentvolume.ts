import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, inline, list, map, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { age, column, wide } from '../columns.ts'
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistentvolume-rules.ts'
import { nodeSelector } from './pod/affinity.ts'
import {
  awsElasticBlockStoreVolumeSource,
  azureDiskVolumeSource,
  azureFilePersistentVolumeSource,
  cinderPersistentVolumeSource,
  flexPersistentVolumeSource,
  gcePersistentDiskVolumeSource,
  photonPersistentDiskVolumeSource,
  portworxVolumeSource,
  vsphereVirtualDiskVolumeSource,
} from './pod/volume-cloud.ts'
import { csiPersistentVolumeSource } from './pod/volume-csi.ts'
import { hostPathVolumeSource, localVolumeSource } from './pod/volume-local.ts'
import {
  cephFSPersistentVolumeSource,
  fcVolumeSource,
  flockerVolumeSource,
  glusterfsPersistentVolumeSource,
  iscsiPersistentVolumeSource,
  nfsVolumeSource,
  quobyteVolumeSource,
  rbdPersistentVolumeSource,
  scaleIOPersistentVolumeSource,
  storageOSPersistentVolumeSource,
} from './pod/volume-network.ts'
import { objectReference } from './references.ts'
import { accessModes } from './volume-columns.ts'

export const volumeNodeAffinity = message(
  'k8s.io.api.core.v1.VolumeNodeAffinity',
  {
    required: ref(1, nodeSelector).doc('The nodes.'),
  },
  {
    doc: 'Which nodes a volume can be used on.',
    validate(affinity, at) {
      if (!affinity.required) at.child('required').required('must specify required node constraints')
    },
  },
)
export interface VolumeNodeAffinity extends Infer<typeof volumeNodeAffinity> {}

/** Where a volume is; exactly one is set. */
export const persistentVolumeSourceFields = {
  gcePersistentDisk: ref(1, gcePersistentDiskVolumeSource).doc('A Google Compute Engine disk.'),
  awsElasticBlockStore: ref(2, awsElasticBlockStoreVolumeSource).doc('An Amazon EBS disk.'),
  hostPath: ref(3, hostPathVolumeSource).doc('A directory of the node; for single-node clusters.'),
  glusterfs: ref(4, glusterfsPersistentVolumeSource).doc('A Gluster volume.'),
  nfs: ref(5, nfsVolumeSource).doc('A directory of an NFS server.'),
  rbd: ref(6, rbdPersistentVolumeSource).doc('A Ceph block device.'),
  iscsi: ref(7, iscsiPersistentVolumeSource).doc('A disk over iSCSI.'),
  cinder: ref(8, cinderPersistentVolumeSource).doc('An OpenStack Cinder disk.'),
  cephfs: ref(9, cephFSPersistentVolumeSource).doc('A directory of a Ceph file system.'),
  fc: ref(10, fcVolumeSource).doc('A disk over Fibre Channel.'),
  flocker: ref(11, flockerVolumeSource).doc('A Flocker dataset.'),
  flexVolume: ref(12, flexPersistentVolumeSource).doc('A volume of a flex driver.'),
  azureFile: ref(13, azureFilePersistentVolumeSource).doc('An Azure file share.'),
  vsphereVolume: ref(14, vsphereVirtualDiskVolumeSource).doc('A vSphere disk.'),
  quobyte: ref(15, quobyteVolumeSource).doc('A Quobyte volume.'),
  azureDisk: ref(16, azureDiskVolumeSource).doc('An Azure disk.'),
  photonPersistentDisk: ref(17, photonPersistentDiskVolumeSource).doc('A Photon Controller disk.'),
  portworxVolume: ref(18, portworxVolumeSource).doc('A Portworx volume.'),
  scaleIO: ref(19, scaleIOPersistentVolumeSource).doc('A ScaleIO volume.'),
  local: ref(20, localVolumeSource).doc('Storage attached to one node.'),
  storageos: ref(21, storageOSPersistentVolumeSource).doc('A StorageOS volume.'),
  csi: ref(22, csiPersistentVolumeSource).doc('A volume of a CSI driver.'),
}

export const persistentVolumeSpec = message(
  'k8s.io.api.core.v1.PersistentVolumeSpec',
  {
    capacity: map(1, types.quantity).doc('What it has, by resource.'),
    ...inline(2, persistentVolumeSourceFields),
    accessModes: list(3, types.string).atomic().doc('How it can be mounted.'),
    claimRef: ref(4, objectReference).doc('The claim it is bound to.'),
    persistentVolumeReclaimPolicy: string(5)
      .default('Retain')
      .doc('What becomes of it when it is released: Retain, Delete or Recycle.'),
    storageClassName: string(6).doc('Its class of storage.'),
    mountOptions: list(7, types.string).atomic().doc('Options for mounting it.'),
    volumeMode: string(8).pointer().default('Filesystem').doc('Filesystem or Block.'),
    nodeAffinity: ref(9, volumeNodeAffinity).doc('Which nodes it can be used on.'),
    volumeAttributesClassName: string(10).pointer().doc('Its attributes class.'),
  },
  {
    doc: 'A piece of storage, and how it may be used.',
  },
)
export interface PersistentVolumeSpec extends Infer<typeof persistentVolumeSpec> {}

export const persistentVolumeStatus = message(
  'k8s.io.api.core.v1.PersistentVolumeStatus',
  {
    phase: string(1).default('Pending').doc('Available, Bound, Released or Failed; Pending at first.'),
    message: string(2).doc('Why it is so, for human readers.'),
    reason: string(3).doc('The same as one CamelCase word.'),
    lastPhaseTransitionTime: time(4).pointer().doc('When the phase last changed.'),
  },
  {
    doc: 'What is known of a volume.',
  },
)
export interface PersistentVolumeStatus extends Infer<typeof persistentVolumeStatus> {}

const fields = {
  spec: ref(2, persistentVolumeSpec).always().doc('What it is.'),
  status: ref(3, persistentVolumeStatus).always().doc('What is known of it.'),
}
export interface PersistentVolume extends ObjectOf<typeof fields> {}

const columns: readonly Column<PersistentVolume>[] = [
  column('Capacity', ({ spec }) => spec.capacity?.storage ?? '0', 'What it has.'),
  column('Access Modes', ({ spec }) => accessModes(spec.accessModes), 'How it can be mounted.'),
  column('Reclaim Policy', ({ spec }) => spec.persistentVolumeReclaimPolicy, 'What becomes of it when released.'),
  column(
    'Status',
    ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : status.phase),
    'Whether it is bound.',
  ),
  column(
    'Claim',
    ({ spec: { claimRef } }) => (claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : ''),
    'The claim it is bound to.',
  ),
  column(
    'StorageClass',
    ({ metadata, spec }) =>
      metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
    'Its class of storage.',
  ),
  column('VolumeAttributesClass', ({ spec }) => spec.volumeAttributesClassName ?? '<unset>', 'Its attributes class.'),
  column('Reason', ({ status }) => status.reason ?? '', 'Why it is so.'),
  age,
  wide('VolumeMode', ({ spec }) => spec.volumeMode, 'Filesystem or Block.'),
]

export const persistentVolume = kind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'Cluster',
  subresources: { status: true },
  doc: 'A piece of storage in the cluster.',
  fields,
  tracksGeneration: false,
  prepareForCreate(volume) {
    volume.status = { phase: 'Pending' }
  },
  validate(volume, at) {
    validatePersistentVolume(volume, at)
  },
  validateUpdate(volume, old, at) {
    validatePersistentVolumeUpdate(volume, old, at)
  },
  columns,
})
