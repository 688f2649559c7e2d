import { type Infer, inline, message, type OutFields, ref, string } from '../../../apimachinery/schema/types.ts'
import { isDNS1123Label } from '../../../apimachinery/validation/names.ts'
import {
  awsElasticBlockStoreVolumeSource,
  azureDiskVolumeSource,
  azureFileVolumeSource,
  cinderVolumeSource,
  flexVolumeSource,
  gcePersistentDiskVolumeSource,
  photonPersistentDiskVolumeSource,
  portworxVolumeSource,
  vsphereVirtualDiskVolumeSource,
} from './volume-cloud.ts'
import {
  configMapVolumeSource,
  downwardAPIVolumeSource,
  projectedVolumeSource,
  secretVolumeSource,
} from './volume-config.ts'
import { csiVolumeSource } from './volume-csi.ts'
import { defaultVolume } from './volume-defaults.ts'
import {
  emptyDirVolumeSource,
  ephemeralVolumeSource,
  hostPathVolumeSource,
  imageVolumeSource,
  persistentVolumeClaimVolumeSource,
} from './volume-local.ts'
import {
  cephFSVolumeSource,
  fcVolumeSource,
  flockerVolumeSource,
  gitRepoVolumeSource,
  glusterfsVolumeSource,
  iscsiVolumeSource,
  nfsVolumeSource,
  quobyteVolumeSource,
  rbdVolumeSource,
  scaleIOVolumeSource,
  storageOSVolumeSource,
} from './volume-network.ts'
import { validateVolume } from './volume-rules.ts'

/** What a volume holds; exactly one is set. */
export const volumeSourceFields = {
  hostPath: ref(1, hostPathVolumeSource).doc('A file or directory of the node.'),
  emptyDir: ref(2, emptyDirVolumeSource).doc('A directory that lives as long as the pod.'),
  gcePersistentDisk: ref(3, gcePersistentDiskVolumeSource).doc('A Google Compute Engine disk.'),
  awsElasticBlockStore: ref(4, awsElasticBlockStoreVolumeSource).doc('An Amazon EBS disk.'),
  gitRepo: ref(5, gitRepoVolumeSource).doc('A clone of a git repository; no longer supported.'),
  secret: ref(6, secretVolumeSource).doc('The keys of a Secret as files.'),
  nfs: ref(7, nfsVolumeSource).doc('A directory of an NFS server.'),
  iscsi: ref(8, iscsiVolumeSource).doc('A disk over iSCSI.'),
  glusterfs: ref(9, glusterfsVolumeSource).doc('A Gluster volume.'),
  persistentVolumeClaim: ref(10, persistentVolumeClaimVolumeSource).doc('A PersistentVolumeClaim.'),
  rbd: ref(11, rbdVolumeSource).doc('A Ceph block device.'),
  flexVolume: ref(12, flexVolumeSource).doc('A volume of a flex driver.'),
  cinder: ref(13, cinderVolumeSource).doc('An OpenStack Cinder disk.'),
  cephfs: ref(14, cephFSVolumeSource).doc('A directory of a Ceph file system.'),
  flocker: ref(15, flockerVolumeSource).doc('A Flocker dataset.'),
  downwardAPI: ref(16, downwardAPIVolumeSource).doc('Values of the pod as files.'),
  fc: ref(17, fcVolumeSource).doc('A disk over Fibre Channel.'),
  azureFile: ref(18, azureFileVolumeSource).doc('An Azure file share.'),
  configMap: ref(19, configMapVolumeSource).doc('The keys of a ConfigMap as files.'),
  vsphereVolume: ref(20, vsphereVirtualDiskVolumeSource).doc('A vSphere disk.'),
  quobyte: ref(21, quobyteVolumeSource).doc('A Quobyte volume.'),
  azureDisk: ref(22, azureDiskVolumeSource).doc('An Azure disk.'),
  photonPersistentDisk: ref(23, photonPersistentDiskVolumeSource).doc('A Photon Controller disk.'),
  projected: ref(26, projectedVolumeSource).doc('Several sources in one volume.'),
  portworxVolume: ref(24, portworxVolumeSource).doc('A Portworx volume.'),
  scaleIO: ref(25, scaleIOVolumeSource).doc('A ScaleIO volume.'),
  storageos: ref(27, storageOSVolumeSource).doc('A StorageOS volume.'),
  csi: ref(28, csiVolumeSource).doc('A volume that a CSI driver makes for the pod.'),
  ephemeral: ref(29, ephemeralVolumeSource).doc('A claim made for the pod and deleted with it.'),
  image: ref(30, imageVolumeSource).doc('The contents of an image.'),
}
export interface VolumeSource extends OutFields<typeof volumeSourceFields> {}

export const volume = message(
  'k8s.io.api.core.v1.Volume',
  {
    name: string(1).required().format(isDNS1123Label).doc('Its name, a DNS label; unique in the pod.'),
    ...inline(2, volumeSourceFields),
  },
  {
    doc: 'Storage that the containers of a pod can mount.',
    defaults(volume) {
      defaultVolume(volume)
    },
    validate(volume, at) {
      validateVolume(volume, at)
    },
  },
)
export interface Volume extends Infer<typeof volume> {}
