import { objectMeta } from '../../../apimachinery/meta/object-meta.ts'
import { bool, type Infer, message, quantity, ref, string } from '../../../apimachinery/schema/types.ts'
import { persistentVolumeClaimSpec } from '../persistentvolumeclaim.ts'
import { validateEmptyDir, validateHostPath } from './volume-rules.ts'

export const hostPathVolumeSource = message(
  'k8s.io.api.core.v1.HostPathVolumeSource',
  {
    path: string(1).required().doc('Its path on the node.'),
    type: string(2)
      .pointer()
      .default('')
      .doc(
        'What must be there: DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice or BlockDevice; empty checks nothing.',
      ),
  },
  {
    doc: 'A file or directory of the node.',
    validate(source, at) {
      validateHostPath(source, at)
    },
  },
)
export interface HostPathVolumeSource extends Infer<typeof hostPathVolumeSource> {}

export const emptyDirVolumeSource = message(
  'k8s.io.api.core.v1.EmptyDirVolumeSource',
  {
    medium: string(1).doc("Empty for the node's disk, Memory for tmpfs, HugePages or HugePages-SIZE."),
    sizeLimit: quantity(2).pointer().doc('The most it may hold; the pod is evicted above.'),
  },
  {
    doc: 'A directory that lives as long as the pod.',
    validate(source, at) {
      validateEmptyDir(source, at)
    },
  },
)
export interface EmptyDirVolumeSource extends Infer<typeof emptyDirVolumeSource> {}

export const imageVolumeSource = message(
  'k8s.io.api.core.v1.ImageVolumeSource',
  {
    reference: string(1).doc('The image.'),
    pullPolicy: string(2)
      .oneOf('Always', 'IfNotPresent', 'Never')
      .doc('Always, IfNotPresent or Never; Always by default for the tag latest.'),
  },
  {
    doc: 'The contents of an image or artifact, read-only.',
  },
)
export interface ImageVolumeSource extends Infer<typeof imageVolumeSource> {}

export const localVolumeSource = message(
  'k8s.io.api.core.v1.LocalVolumeSource',
  {
    path: string(1).required().doc('Its path on the node.'),
    fsType: string(2).pointer().doc('File system to make if the path is a block device without one.'),
  },
  {
    doc: 'Storage attached to one node.',
  },
)
export interface LocalVolumeSource extends Infer<typeof localVolumeSource> {}

export const persistentVolumeClaimVolumeSource = message(
  'k8s.io.api.core.v1.PersistentVolumeClaimVolumeSource',
  {
    claimName: string(1).required().doc('Name of the claim.'),
    readOnly: bool(2).doc('Whether all containers may only read it.'),
  },
  {
    doc: "A PersistentVolumeClaim of the pod's namespace.",
  },
)
export interface PersistentVolumeClaimVolumeSource extends Infer<typeof persistentVolumeClaimVolumeSource> {}

export const persistentVolumeClaimTemplate = message(
  'k8s.io.api.core.v1.PersistentVolumeClaimTemplate',
  {
    metadata: ref(1, objectMeta).always().doc('Labels and annotations for the claim; nothing else is taken.'),
    spec: ref(2, persistentVolumeClaimSpec).present().doc("The claim's spec."),
  },
  {
    doc: 'What the claim of an ephemeral volume is made from.',
  },
)
export interface PersistentVolumeClaimTemplate extends Infer<typeof persistentVolumeClaimTemplate> {}

export const ephemeralVolumeSource = message(
  'k8s.io.api.core.v1.EphemeralVolumeSource',
  {
    volumeClaimTemplate: ref(1, persistentVolumeClaimTemplate).doc('What the claim is made from.'),
  },
  {
    doc: 'A claim made for the pod and deleted with it.',
    validate({ volumeClaimTemplate }, at) {
      if (!volumeClaimTemplate) at.child('volumeClaimTemplate').required()
    },
  },
)
export interface EphemeralVolumeSource extends Infer<typeof ephemeralVolumeSource> {}
