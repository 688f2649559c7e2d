import { labelSelector } from '../../../apimachinery/meta/label-selector.ts'
import {
  bool,
  type Infer,
  inline,
  int32,
  int64,
  list,
  map,
  message,
  ref,
  string,
  types,
} from '../../../apimachinery/schema/types.ts'
import { localObjectReferenceFields } from '../references.ts'
import { objectFieldSelector, resourceFieldSelector } from './env.ts'
import {
  validateClusterTrustBundle,
  validateDownwardFile,
  validateKeyToPath,
  validateMode,
  validateNamed,
  validateProjected,
  validateServiceAccountToken,
} from './volume-config-rules.ts'

export const keyToPath = message(
  'k8s.io.api.core.v1.KeyToPath',
  {
    key: string(1).required().doc('The key.'),
    path: string(2).required().doc('Path of the file in the volume; relative, without `..`.'),
    mode: int32(3).pointer().doc("Permission bits of the file, 0 to 0777; the volume's default otherwise."),
  },
  {
    doc: 'A key, and the file it becomes.',
    validate(item, at) {
      validateKeyToPath(item, at)
    },
  },
)
export interface KeyToPath extends Infer<typeof keyToPath> {}

export const configMapVolumeSource = message(
  'k8s.io.api.core.v1.ConfigMapVolumeSource',
  {
    ...inline(1, localObjectReferenceFields),
    items: list(2, keyToPath).atomic().doc('Only these keys; all by default.'),
    defaultMode: int32(3).pointer().default(0o644).doc('Permission bits of the files, 0 to 0777.'),
    optional: bool(4).pointer().doc('Whether the ConfigMap or the keys may be missing.'),
  },
  {
    doc: 'The keys of a ConfigMap as files.',
    validate(source, at) {
      validateNamed(source.name, at.child('name'))
      validateMode(source.defaultMode, at.child('defaultMode'))
    },
  },
)
export interface ConfigMapVolumeSource extends Infer<typeof configMapVolumeSource> {}

export const secretVolumeSource = message(
  'k8s.io.api.core.v1.SecretVolumeSource',
  {
    secretName: string(1).doc('Name of the Secret.'),
    items: list(2, keyToPath).atomic().doc('Only these keys; all by default.'),
    defaultMode: int32(3).pointer().default(0o644).doc('Permission bits of the files, 0 to 0777.'),
    optional: bool(4).pointer().doc('Whether the Secret or the keys may be missing.'),
  },
  {
    doc: 'The keys of a Secret as files.',
    validate(source, at) {
      validateNamed(source.secretName, at.child('secretName'))
      validateMode(source.defaultMode, at.child('defaultMode'))
    },
  },
)
export interface SecretVolumeSource extends Infer<typeof secretVolumeSource> {}

export const downwardAPIVolumeFile = message(
  'k8s.io.api.core.v1.DownwardAPIVolumeFile',
  {
    path: string(1).required().doc('Path of the file in the volume; relative, without `..`.'),
    fieldRef: ref(2, objectFieldSelector).doc('A field of the pod.'),
    resourceFieldRef: ref(3, resourceFieldSelector).doc('A resource limit or request of a container.'),
    mode: int32(4).pointer().doc("Permission bits of the file, 0 to 0777; the volume's default otherwise."),
  },
  {
    doc: 'A file with a value of the pod in it.',
    validate(file, at) {
      validateDownwardFile(file, at)
    },
  },
)
export interface DownwardAPIVolumeFile extends Infer<typeof downwardAPIVolumeFile> {}

export const downwardAPIVolumeSource = message(
  'k8s.io.api.core.v1.DownwardAPIVolumeSource',
  {
    items: list(1, downwardAPIVolumeFile).atomic().doc('The files.'),
    defaultMode: int32(2).pointer().default(0o644).doc('Permission bits of the files, 0 to 0777.'),
  },
  {
    doc: 'Values of the pod as files.',
    validate(source, at) {
      validateMode(source.defaultMode, at.child('defaultMode'))
    },
  },
)
export interface DownwardAPIVolumeSource extends Infer<typeof downwardAPIVolumeSource> {}

export const configMapProjection = message(
  'k8s.io.api.core.v1.ConfigMapProjection',
  {
    ...inline(1, localObjectReferenceFields),
    items: list(2, keyToPath).atomic().doc('Only these keys; all by default.'),
    optional: bool(4).pointer().doc('Whether the ConfigMap or the keys may be missing.'),
  },
  {
    doc: 'Keys of a ConfigMap in a projected volume.',
  },
)
export interface ConfigMapProjection extends Infer<typeof configMapProjection> {}

export const secretProjection = message(
  'k8s.io.api.core.v1.SecretProjection',
  {
    ...inline(1, localObjectReferenceFields),
    items: list(2, keyToPath).atomic().doc('Only these keys; all by default.'),
    optional: bool(4).pointer().doc('Whether the Secret or the keys may be missing.'),
  },
  {
    doc: 'Keys of a Secret in a projected volume.',
  },
)
export interface SecretProjection extends Infer<typeof secretProjection> {}

export const downwardAPIProjection = message(
  'k8s.io.api.core.v1.DownwardAPIProjection',
  {
    items: list(1, downwardAPIVolumeFile).atomic().doc('The files.'),
  },
  {
    doc: 'Values of the pod in a projected volume.',
  },
)
export interface DownwardAPIProjection extends Infer<typeof downwardAPIProjection> {}

export const serviceAccountTokenProjection = message(
  'k8s.io.api.core.v1.ServiceAccountTokenProjection',
  {
    audience: string(1).doc('Whom the token is for; the API server by default.'),
    expirationSeconds: int64(2).pointer().default(3600).doc('Seconds the token is good for, 600 at least.'),
    path: string(3).required().doc('Path of the file in the volume.'),
  },
  {
    doc: "A token of the pod's service account, renewed before it expires.",
    validate(token, at) {
      validateServiceAccountToken(token, at)
    },
  },
)
export interface ServiceAccountTokenProjection extends Infer<typeof serviceAccountTokenProjection> {}

export const clusterTrustBundleProjection = message(
  'k8s.io.api.core.v1.ClusterTrustBundleProjection',
  {
    name: string(1).pointer().doc('The one bundle to take; excludes signerName.'),
    signerName: string(2).pointer().doc('Take all bundles of this signer.'),
    labelSelector: ref(3, labelSelector).doc(
      'Of those, only the ones with such labels; none when not given, all when empty.',
    ),
    optional: bool(5).pointer().doc('Whether the bundles may be missing.'),
    path: string(4).required().doc('Path of the file in the volume.'),
  },
  {
    doc: 'Trust anchors of ClusterTrustBundles as one PEM file.',
    validate(bundle, at) {
      validateClusterTrustBundle(bundle, at)
    },
  },
)
export interface ClusterTrustBundleProjection extends Infer<typeof clusterTrustBundleProjection> {}

export const podCertificateProjection = message(
  'k8s.io.api.core.v1.PodCertificateProjection',
  {
    signerName: string(1).required().doc('The signer to ask.'),
    keyType: string(2)
      .required()
      .oneOf('RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519')
      .doc('The kind of key, as ECDSAP256 or ED25519.'),
    maxExpirationSeconds: int32(3).pointer().doc('The longest life to ask for, in seconds; 3600 at least.'),
    credentialBundlePath: string(4).doc('File for the key and the certificates together.'),
    keyPath: string(5).doc('File for the key.'),
    certificateChainPath: string(6).doc('File for the certificates.'),
    userAnnotations: map(7, types.string).doc('Passed on to the signer.'),
  },
  {
    doc: 'A private key and a certificate for the pod, renewed before it expires.',
  },
)
export interface PodCertificateProjection extends Infer<typeof podCertificateProjection> {}

export const volumeProjection = message(
  'k8s.io.api.core.v1.VolumeProjection',
  {
    secret: ref(1, secretProjection).doc('Keys of a Secret.'),
    downwardAPI: ref(2, downwardAPIProjection).doc('Values of the pod.'),
    configMap: ref(3, configMapProjection).doc('Keys of a ConfigMap.'),
    serviceAccountToken: ref(4, serviceAccountTokenProjection).doc('A service account token.'),
    clusterTrustBundle: ref(5, clusterTrustBundleProjection).doc('Trust anchors.'),
    podCertificate: ref(6, podCertificateProjection).doc('A certificate of the pod.'),
  },
  {
    doc: 'One part of a projected volume; exactly one is set.',
  },
)
export interface VolumeProjection extends Infer<typeof volumeProjection> {}

export const projectedVolumeSource = message(
  'k8s.io.api.core.v1.ProjectedVolumeSource',
  {
    sources: list(1, volumeProjection).always().atomic().doc('The parts.'),
    defaultMode: int32(2).pointer().default(0o644).doc('Permission bits of the files, 0 to 0777.'),
  },
  {
    doc: 'Several sources in one volume.',
    validate(source, at) {
      validateProjected(source, at)
    },
  },
)
export interface ProjectedVolumeSource extends Infer<typeof projectedVolumeSource> {}
