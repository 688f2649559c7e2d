import { bool, type Infer, int32, list, message, ref, string, types } from '../../../apimachinery/schema/types.ts'
import { localObjectReference, objectReference, secretReference } from '../references.ts'
import { validateAbsolutePath, validateISCSI } from './volume-rules.ts'

export const nfsVolumeSource = message(
  'k8s.io.api.core.v1.NFSVolumeSource',
  {
    server: string(1).required().doc('Host name or address of the server.'),
    path: string(2).required().doc('The exported path.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A directory of an NFS server.',
    validate(source, at) {
      validateAbsolutePath(source.path, at.child('path'))
    },
  },
)
export interface NFSVolumeSource extends Infer<typeof nfsVolumeSource> {}

export const iscsiVolumeSource = message(
  'k8s.io.api.core.v1.ISCSIVolumeSource',
  {
    targetPortal: string(1).required().doc('Portal of the target, as host:port.'),
    iqn: string(2).required().doc('Name of the target.'),
    lun: int32(3).present().min(0).max(255).doc('The logical unit.'),
    iscsiInterface: string(4).default('default').doc('The transport.'),
    fsType: string(5).doc('Its file system, as ext4.'),
    readOnly: bool(6).doc('Whether it is mounted read-only.'),
    portals: list(7, types.string).atomic().doc('Further portals.'),
    chapAuthDiscovery: bool(8).doc('Whether discovery authenticates with CHAP.'),
    chapAuthSession: bool(11).doc('Whether sessions authenticate with CHAP.'),
    secretRef: ref(10, localObjectReference).doc('The Secret with the CHAP credentials.'),
    initiatorName: string(12).pointer().doc('A name of its own for the initiator.'),
  },
  {
    doc: 'A disk over iSCSI.',
    validate(source, at) {
      validateISCSI(source, at)
    },
  },
)
export interface ISCSIVolumeSource extends Infer<typeof iscsiVolumeSource> {}

export const iscsiPersistentVolumeSource = message(
  'k8s.io.api.core.v1.ISCSIPersistentVolumeSource',
  {
    targetPortal: string(1).required().doc('Portal of the target, as host:port.'),
    iqn: string(2).required().doc('Name of the target.'),
    lun: int32(3).present().min(0).max(255).doc('The logical unit.'),
    iscsiInterface: string(4).default('default').doc('The transport.'),
    fsType: string(5).doc('Its file system, as ext4.'),
    readOnly: bool(6).doc('Whether it is mounted read-only.'),
    portals: list(7, types.string).atomic().doc('Further portals.'),
    chapAuthDiscovery: bool(8).doc('Whether discovery authenticates with CHAP.'),
    chapAuthSession: bool(11).doc('Whether sessions authenticate with CHAP.'),
    secretRef: ref(10, secretReference).doc('The Secret with the CHAP credentials.'),
    initiatorName: string(12).pointer().doc('A name of its own for the initiator.'),
  },
  {
    doc: 'A disk over iSCSI.',
    validate(source, at) {
      validateISCSI(source, at)
    },
  },
)
export interface ISCSIPersistentVolumeSource extends Infer<typeof iscsiPersistentVolumeSource> {}

export const rbdVolumeSource = message(
  'k8s.io.api.core.v1.RBDVolumeSource',
  {
    monitors: list(1, types.string).required().atomic().doc('Addresses of the Ceph monitors.'),
    image: string(2).required().doc('The image.'),
    fsType: string(3).doc('Its file system, as ext4.'),
    pool: string(4).default('rbd').doc('The pool.'),
    user: string(5).default('admin').doc('The Ceph user.'),
    keyring: string(6).default('/etc/ceph/keyring').doc("Path of the user's keyring on the node."),
    secretRef: ref(7, localObjectReference).doc('The Secret with the key, instead of the keyring.'),
    readOnly: bool(8).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A Ceph block device.',
  },
)
export interface RBDVolumeSource extends Infer<typeof rbdVolumeSource> {}

export const rbdPersistentVolumeSource = message(
  'k8s.io.api.core.v1.RBDPersistentVolumeSource',
  {
    monitors: list(1, types.string).required().atomic().doc('Addresses of the Ceph monitors.'),
    image: string(2).required().doc('The image.'),
    fsType: string(3).doc('Its file system, as ext4.'),
    pool: string(4).default('rbd').doc('The pool.'),
    user: string(5).default('admin').doc('The Ceph user.'),
    keyring: string(6).default('/etc/ceph/keyring').doc("Path of the user's keyring on the node."),
    secretRef: ref(7, secretReference).doc('The Secret with the key, instead of the keyring.'),
    readOnly: bool(8).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A Ceph block device.',
  },
)
export interface RBDPersistentVolumeSource extends Infer<typeof rbdPersistentVolumeSource> {}

export const cephFSVolumeSource = message(
  'k8s.io.api.core.v1.CephFSVolumeSource',
  {
    monitors: list(1, types.string).required().atomic().doc('Addresses of the Ceph monitors.'),
    path: string(2).doc('The directory; / by default.'),
    user: string(3).doc('The Ceph user; admin by default.'),
    secretFile: string(4).doc("Path of the user's key ring on the node."),
    secretRef: ref(5, localObjectReference).doc('The Secret with the key, instead of the file.'),
    readOnly: bool(6).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A directory of a Ceph file system.',
  },
)
export interface CephFSVolumeSource extends Infer<typeof cephFSVolumeSource> {}

export const cephFSPersistentVolumeSource = message(
  'k8s.io.api.core.v1.CephFSPersistentVolumeSource',
  {
    monitors: list(1, types.string).required().atomic().doc('Addresses of the Ceph monitors.'),
    path: string(2).doc('The directory; / by default.'),
    user: string(3).doc('The Ceph user; admin by default.'),
    secretFile: string(4).doc("Path of the user's key ring on the node."),
    secretRef: ref(5, secretReference).doc('The Secret with the key, instead of the file.'),
    readOnly: bool(6).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A directory of a Ceph file system.',
  },
)
export interface CephFSPersistentVolumeSource extends Infer<typeof cephFSPersistentVolumeSource> {}

export const glusterfsVolumeSource = message(
  'k8s.io.api.core.v1.GlusterfsVolumeSource',
  {
    endpoints: string(1).required().doc('Name of the Endpoints that list the servers.'),
    path: string(2).required().doc('The Gluster volume.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A Gluster volume.',
  },
)
export interface GlusterfsVolumeSource extends Infer<typeof glusterfsVolumeSource> {}

export const glusterfsPersistentVolumeSource = message(
  'k8s.io.api.core.v1.GlusterfsPersistentVolumeSource',
  {
    endpoints: string(1).required().doc('Name of the Endpoints that list the servers.'),
    path: string(2).required().doc('The Gluster volume.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
    endpointsNamespace: string(4).pointer().doc("Namespace of the Endpoints; the claim's by default."),
  },
  {
    doc: 'A Gluster volume.',
  },
)
export interface GlusterfsPersistentVolumeSource extends Infer<typeof glusterfsPersistentVolumeSource> {}

export const fcVolumeSource = message(
  'k8s.io.api.core.v1.FCVolumeSource',
  {
    targetWWNs: list(1, types.string).atomic().doc('World-wide names of the target.'),
    lun: int32(2).pointer().doc('The logical unit.'),
    fsType: string(3).doc('Its file system, as ext4.'),
    readOnly: bool(4).doc('Whether it is mounted read-only.'),
    wwids: list(5, types.string).atomic().doc('World-wide ids of the disk, instead of target and unit.'),
  },
  {
    doc: 'A disk over Fibre Channel.',
  },
)
export interface FCVolumeSource extends Infer<typeof fcVolumeSource> {}

export const quobyteVolumeSource = message(
  'k8s.io.api.core.v1.QuobyteVolumeSource',
  {
    registry: string(1).required().doc('The registries, as host:port, comma between them.'),
    volume: string(2).required().doc('Name of the volume.'),
    readOnly: bool(3).doc('Whether it is mounted read-only.'),
    user: string(4).doc('Whom it is mapped to; the service user by default.'),
    group: string(5).doc('The group it is mapped to.'),
    tenant: string(6).doc('The tenant that owns it.'),
  },
  {
    doc: 'A Quobyte volume.',
  },
)
export interface QuobyteVolumeSource extends Infer<typeof quobyteVolumeSource> {}

export const scaleIOVolumeSource = message(
  'k8s.io.api.core.v1.ScaleIOVolumeSource',
  {
    gateway: string(1).required().doc('Address of the API gateway.'),
    system: string(2).required().doc('Name of the storage system.'),
    secretRef: ref(3, localObjectReference).required().doc('The Secret with the credentials.'),
    sslEnabled: bool(4).doc('Whether to talk TLS to the gateway.'),
    protectionDomain: string(5).doc('The protection domain.'),
    storagePool: string(6).doc('The storage pool.'),
    storageMode: string(7).default('ThinProvisioned').doc('ThickProvisioned or ThinProvisioned.'),
    volumeName: string(8).doc('Name of the volume.'),
    fsType: string(9).default('xfs').doc('Its file system.'),
    readOnly: bool(10).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A ScaleIO volume.',
  },
)
export interface ScaleIOVolumeSource extends Infer<typeof scaleIOVolumeSource> {}

export const scaleIOPersistentVolumeSource = message(
  'k8s.io.api.core.v1.ScaleIOPersistentVolumeSource',
  {
    gateway: string(1).required().doc('Address of the API gateway.'),
    system: string(2).required().doc('Name of the storage system.'),
    secretRef: ref(3, secretReference).required().doc('The Secret with the credentials.'),
    sslEnabled: bool(4).doc('Whether to talk TLS to the gateway.'),
    protectionDomain: string(5).doc('The protection domain.'),
    storagePool: string(6).doc('The storage pool.'),
    storageMode: string(7).default('ThinProvisioned').doc('ThickProvisioned or ThinProvisioned.'),
    volumeName: string(8).doc('Name of the volume.'),
    fsType: string(9).default('xfs').doc('Its file system.'),
    readOnly: bool(10).doc('Whether it is mounted read-only.'),
  },
  {
    doc: 'A ScaleIO volume.',
  },
)
export interface ScaleIOPersistentVolumeSource extends Infer<typeof scaleIOPersistentVolumeSource> {}

export const storageOSVolumeSource = message(
  'k8s.io.api.core.v1.StorageOSVolumeSource',
  {
    volumeName: string(1).doc('Name of the volume in its namespace.'),
    volumeNamespace: string(2).doc("Its namespace in StorageOS; the pod's by default."),
    fsType: string(3).doc('Its file system.'),
    readOnly: bool(4).doc('Whether it is mounted read-only.'),
    secretRef: ref(5, localObjectReference).doc('The Secret with the credentials.'),
  },
  {
    doc: 'A StorageOS volume.',
  },
)
export interface StorageOSVolumeSource extends Infer<typeof storageOSVolumeSource> {}

export const storageOSPersistentVolumeSource = message(
  'k8s.io.api.core.v1.StorageOSPersistentVolumeSource',
  {
    volumeName: string(1).doc('Name of the volume in its namespace.'),
    volumeNamespace: string(2).doc("Its namespace in StorageOS; the claim's by default."),
    fsType: string(3).doc('Its file system.'),
    readOnly: bool(4).doc('Whether it is mounted read-only.'),
    secretRef: ref(5, objectReference).doc('The Secret with the credentials.'),
  },
  {
    doc: 'A StorageOS volume.',
  },
)
export interface StorageOSPersistentVolumeSource extends Infer<typeof storageOSPersistentVolumeSource> {}

export const flockerVolumeSource = message(
  'k8s.io.api.core.v1.FlockerVolumeSource',
  {
    datasetName: string(1).doc('Name of the dataset.'),
    datasetUUID: string(2).doc('UUID of the dataset, instead of the name.'),
  },
  {
    doc: 'A Flocker dataset.',
  },
)
export interface FlockerVolumeSource extends Infer<typeof flockerVolumeSource> {}

export const gitRepoVolumeSource = message(
  'k8s.io.api.core.v1.GitRepoVolumeSource',
  {
    repository: string(1).required().doc('URL of the repository.'),
    revision: string(2).doc('The commit to check out.'),
    directory: string(3).doc('The directory to clone into.'),
  },
  {
    doc: 'A clone of a git repository; no longer supported.',
  },
)
export interface GitRepoVolumeSource extends Infer<typeof gitRepoVolumeSource> {}
