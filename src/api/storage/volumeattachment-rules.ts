import { deepEqual } from '../../apimachinery/json.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { IMMUTABLE_MESSAGE, inclusiveRangeMessage, isDNS1123Subdomain } from '../../apimachinery/validation/names.ts'
import { validateCSIDriverName } from '../core/pod/volume-rules.ts'
import type {
  VolumeAttachmentSource,
  VolumeAttachmentSpec,
  VolumeAttachmentStatus,
  VolumeError,
} from './volumeattachment.ts'

/** The rules of attachments, after upstream's pkg/apis/storage/validation. */

const MAX_METADATA_BYTES = 256 * 1024
const MAX_MESSAGE_BYTES = 1024
const MAX_INT32 = 2 ** 31 - 1

export function validateVolumeAttachmentSource(source: VolumeAttachmentSource, at: At): void {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inline === undefined && name === undefined) at.required(one)
  else if (inline !== undefined && name !== undefined) at.forbidden(one)
  else if (name === '') at.child('persistentVolumeName').required('must specify non empty persistentVolumeName')
}

export function validateNewVolumeAttachment({ attacher, source }: VolumeAttachmentSpec, at: At): void {
  if (attacher !== '') validateCSIDriverName(attacher, at.child('attacher'))
  const name = source.persistentVolumeName
  if (name) at.child('source', 'persistentVolumeName').invalidEach(name, isDNS1123Subdomain(name))
}

export function validateVolumeAttachmentUpdate(now: VolumeAttachmentSpec, old: VolumeAttachmentSpec, at: At): void {
  if (!deepEqual(now, old)) at.invalid(now, IMMUTABLE_MESSAGE)
}

function validateError(error: VolumeError | undefined, at: At): void {
  if (error?.message && Buffer.byteLength(error.message) > MAX_MESSAGE_BYTES) {
    at.child('message').tooLong(MAX_METADATA_BYTES)
  }
  const code = error?.errorCode
  if (code !== undefined && code < 0) at.child('errorCode').invalid(code, inclusiveRangeMessage(0, MAX_INT32))
}

export function validateVolumeAttachmentStatus(status: VolumeAttachmentStatus, at: At): void {
  let size = 0
  for (const [key, value] of Object.entries(status.attachmentMetadata ?? {})) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (size > MAX_METADATA_BYTES) at.child('attachmentMetadata').tooLong(MAX_METADATA_BYTES)
  validateError(status.attachError, at.child('attachError'))
  validateError(status.detachError, at.child('detachError'))
}
