import { ref } from '../../apimachinery/schema/types.ts'
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
