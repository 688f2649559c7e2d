import { bool, type Infer, int32, map, message, ref, string, types } from '../../../apimachinery/schema/types.ts'
import { localObjectReference, secretReference } from '../references.ts'

export const gcePersistentDiskVolumeSource = message(
  'k8s.io.api.core.v1.GCEPersistentDiskVolumeSource',
  {
    pdName: string(1).required().doc('Name of the disk.'),
    fsType: string(2).doc('Its file system, as ext4.'),
    partition: int32(3).min(0).max(255).doc('The partition; 0 for the whole disk.'),
    readOnly: bool(4).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A Google Compute Engine disk.',
  },
)
export interface GCEPersistentDiskVolumeSource extends Infer<typeof gcePersistentDiskVolumeSource> {}

export const awsElasticBlockStoreVolumeSource = message(
  'k8s.io.api.core.v1.AWSElasticBlockStoreVolumeSource',
  {
    volumeID: string(1).required().doc('Id of the disk.'),
    fsType: string(2).doc('Its file system, as ext4.'),
    partition: int32(3).min(0).max(255).doc('The partition; 0 for the whole disk.'),
    readOnly: bool(4).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'An Amazon EBS disk.',
  },
)
export interface AWSElasticBlockStoreVolumeSource extends Infer<typeof awsElasticBlockStoreVolumeSource> {}

export const cinderVolumeSource = message(
  'k8s.io.api.core.v1.CinderVolumeSource',
  {
    volumeID: string(1).required().doc('Id of the disk.'),
    fsType: string(2).doc('Its file system, as ext4.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
    secretRef: ref(4, localObjectReference).doc('The Secret with the credentials.'),
  },
  {
    doc: 'An OpenStack Cinder disk.',
  },
)
export interface CinderVolumeSource extends Infer<typeof cinderVolumeSource> {}

export const cinderPersistentVolumeSource = message(
  'k8s.io.api.core.v1.CinderPersistentVolumeSource',
  {
    volumeID: string(1).required().doc('Id of the disk.'),
    fsType: string(2).doc('Its file system, as ext4.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
    secretRef: ref(4, secretReference).doc('The Secret with the credentials.'),
  },
  {
    doc: 'An OpenStack Cinder disk.',
  },
)
export interface CinderPersistentVolumeSource extends Infer<typeof cinderPersistentVolumeSource> {}

export const azureFileVolumeSource = message(
  'k8s.io.api.core.v1.AzureFileVolumeSource',
  {
    secretName: string(1).required().doc('The Secret with the storage account and its key.'),
    shareName: string(2).required().doc('Name of the share.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'An Azure file share.',
  },
)
export interface AzureFileVolumeSource extends Infer<typeof azureFileVolumeSource> {}

export const azureFilePersistentVolumeSource = message(
  'k8s.io.api.core.v1.AzureFilePersistentVolumeSource',
  {
    secretName: string(1).required().doc('The Secret with the storage account and its key.'),
    shareName: string(2).required().doc('Name of the share.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
    secretNamespace: string(4).pointer().doc("Namespace of the Secret; the claim's by default."),
  },
  {
    doc: 'An Azure file share.',
  },
)
export interface AzureFilePersistentVolumeSource extends Infer<typeof azureFilePersistentVolumeSource> {}

export const azureDiskVolumeSource = message(
  'k8s.io.api.core.v1.AzureDiskVolumeSource',
  {
    diskName: string(1).required().doc('Name of the disk.'),
    diskURI: string(2).required().doc('URI of the disk.'),
    cachingMode: string(3)
      .pointer()
      .default('ReadWrite')
      .oneOf('None', 'ReadOnly', 'ReadWrite')
      .doc('None, ReadOnly or ReadWrite.'),
    fsType: string(4).pointer().default('ext4').doc('Its file system.'),
    readOnly: bool(5).pointer().default(false).doc('Whether it is mounted read-only.'),
    kind: string(6)
      .pointer()
      .default('Shared')
      .oneOf('Shared', 'Dedicated', 'Managed')
      .doc('Shared, Dedicated or Managed.'),
  },
  {
    doc: 'An Azure disk.',
  },
)
export interface AzureDiskVolumeSource extends Infer<typeof azureDiskVolumeSource> {}

export const vsphereVirtualDiskVolumeSource = message(
  'k8s.io.api.core.v1.VsphereVirtualDiskVolumeSource',
  {
    volumePath: string(1).required().doc('Path of the disk.'),
    fsType: string(2).doc('Its file system, as ext4.'),
    storagePolicyName: string(3).doc('Name of its storage policy.'),
    storagePolicyID: string(4).doc('Id of its storage policy.'),
  },
  {
    doc: 'A vSphere disk.',
  },
)
export interface VsphereVirtualDiskVolumeSource extends Infer<typeof vsphereVirtualDiskVolumeSource> {}

export const photonPersistentDiskVolumeSource = message(
  'k8s.io.api.core.v1.PhotonPersistentDiskVolumeSource',
  {
    pdID: string(1).required().doc('Id of the disk.'),
    fsType: string(2).doc('Its file system, as ext4.'),
  },
  {
    doc: 'A Photon Controller disk.',
  },
)
export interface PhotonPersistentDiskVolumeSource extends Infer<typeof photonPersistentDiskVolumeSource> {}

export const portworxVolumeSource = message(
  'k8s.io.api.core.v1.PortworxVolumeSource',
  {
    volumeID: string(1).required().doc('Id of the volume.'),
    fsType: string(2).doc('Its file system, as ext4.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A Portworx volume.',
  },
)
export interface PortworxVolumeSource extends Infer<typeof portworxVolumeSource> {}

export const flexVolumeSource = message(
  'k8s.io.api.core.v1.FlexVolumeSource',
  {
    driver: string(1).required().doc('Name of the driver.'),
    fsType: string(2).doc('Its file system.'),
    secretRef: ref(3, localObjectReference).doc('The Secret that is given to the driver.'),
    readOnly: bool(4).doc('Whether it is mounted read-only.'),
    options: map(5, types.string).doc('Further options for the driver.'),
  },
  {
    doc: 'A volume of a flex driver on the node.',
  },
)
export interface FlexVolumeSource extends Infer<typeof flexVolumeSource> {}

export const flexPersistentVolumeSource = message(
  'k8s.io.api.core.v1.FlexPersistentVolumeSource',
  {
    driver: string(1).required().doc('Name of the driver.'),
    fsType: string(2).doc('Its file system.'),
    secretRef: ref(3, secretReference).doc('The Secret that is given to the driver.'),
    readOnly: bool(4).doc('Whether it is mounted read-only.'),
    options: map(5, types.string).doc('Further options for the driver.'),
  },
  {
    doc: 'A volume of a flex driver on the node.',
  },
)
export interface FlexPersistentVolumeSource extends Infer<typeof flexPersistentVolumeSource> {}
