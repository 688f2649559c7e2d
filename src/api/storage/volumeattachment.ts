import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { bool, type Infer, int32, map, message, ref, string, time, types } from '../../apimachinery/schema/types.ts'
import { isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { age, column, flag } from '../columns.ts'
import { persistentVolumeSpec } from '../core/persistentvolume.ts'
import {
  validateNewVolumeAttachment,
  validateVolumeAttachmentSource,
  validateVolumeAttachmentStatus,
  validateVolumeAttachmentUpdate,
} from './volumeattachment-rules.ts'

export const volumeAttachmentSource = message(
  'k8s.io.api.storage.v1.VolumeAttachmentSource',
  {
    persistentVolumeName: string(1).pointer().doc('Name of the PersistentVolume.'),
    inlineVolumeSpec: ref(2, persistentVolumeSpec).doc(
      "For volumes that pods bring along: what would be a PersistentVolume's spec.",
    ),
  },
  {
    doc: 'The volume; exactly one is set.',
    validate(source, at) {
      validateVolumeAttachmentSource(source, at)
    },
  },
)
export interface VolumeAttachmentSource extends Infer<typeof volumeAttachmentSource> {}

export const volumeAttachmentSpec = message(
  'k8s.io.api.storage.v1.VolumeAttachmentSpec',
  {
    attacher: string(1).required().doc('The driver that attaches it.'),
    source: ref(2, volumeAttachmentSource).present().doc('The volume.'),
    nodeName: string(3).present().doc('The node.'),
  },
  {
    doc: 'Which volume to attach to which node.',
    validate({ nodeName }, at) {
      at.child('nodeName').invalidEach(nodeName, isDNS1123Subdomain(nodeName))
    },
  },
)
export interface VolumeAttachmentSpec extends Infer<typeof volumeAttachmentSpec> {}

export const volumeError = message(
  'k8s.io.api.storage.v1.VolumeError',
  {
    time: time(1).doc('When it happened.'),
    message: string(2).doc('What happened.'),
    errorCode: int32(3).pointer().doc('The gRPC code of the error.'),
  },
  { doc: 'Why a volume could not be attached or detached.' },
)
export interface VolumeError extends Infer<typeof volumeError> {}

export const volumeAttachmentStatus = message(
  'k8s.io.api.storage.v1.VolumeAttachmentStatus',
  {
    attached: bool(1).present().doc('Whether it is attached.'),
    attachmentMetadata: map(2, types.string).doc('What the driver said that is needed to mount it.'),
    attachError: ref(3, volumeError).doc('Why it could not be attached.'),
    detachError: ref(4, volumeError).doc('Why it could not be detached.'),
  },
  {
    doc: 'What is known of an attachment.',
    validate(status, at) {
      validateVolumeAttachmentStatus(status, at)
    },
  },
)
export interface VolumeAttachmentStatus extends Infer<typeof volumeAttachmentStatus> {}

const fields = {
  spec: ref(2, volumeAttachmentSpec).present().doc('Which volume to attach to which node.'),
  status: ref(3, volumeAttachmentStatus).always().doc('What is known of it.'),
}
export interface VolumeAttachment extends ObjectOf<typeof fields> {}

const columns: readonly Column<VolumeAttachment>[] = [
  { ...column('Attacher', ({ spec }) => spec.attacher, 'The driver.'), format: 'name' },
  column('PV', ({ spec }) => spec.source.persistentVolumeName ?? '', 'The volume.'),
  column('Node', ({ spec }) => spec.nodeName, 'The node.'),
  flag('Attached', ({ status }) => status.attached, 'Whether it is attached.'),
  age,
]

export const volumeAttachment = kind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  scope: 'Cluster',
  doc: 'Says that a volume be attached to a node.',
  fields,
  subresources: { status: true },
  tracksGeneration: false,
  validateCreate({ spec }, at) {
    validateNewVolumeAttachment(spec, at.child('spec'))
  },
  validateUpdate(attachment, old, at) {
    validateVolumeAttachmentUpdate(attachment.spec, old.spec, at.child('spec'))
  },
  validateStatusUpdate({ status }, _old, at) {
    validateVolumeAttachmentStatus(status, at.child('status'))
  },
  columns,
})
