import type { PersistentVolume } from '../../api/core/persistentvolume.ts'
import type { Pod } from '../../api/core/pod.ts'
import { type VolumeAttachment, volumeAttachment } from '../../api/storage/volumeattachment.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { attachmentName, type Wanted, wantedOn } from './wanted.ts'

/** Index of attachments by the PersistentVolume. */
export const ATTACHMENTS_BY_VOLUME = 'attachdetach/volume'
const FOR_MANY = ['ReadWriteMany', 'ReadOnlyMany']

/** Asks the volume's driver to attach it to a node, unless another node has it for itself. */
export async function attach(wanted: Wanted, nodeName: string, context: ReconcileContext): Promise<void> {
  const { volume, driver, handle } = wanted
  const elsewhere = context
    .informer(volumeAttachment)
    .byIndex(ATTACHMENTS_BY_VOLUME, volume.metadata.name!)
    .filter(({ spec }) => spec.nodeName !== nodeName)
  if (elsewhere.length > 0 && isExclusive(volume)) {
    tellMultiAttach(wanted, elsewhere, context)
    return
  }
  await context.client
    .create(volumeAttachment, {
      metadata: { name: attachmentName(driver, handle, nodeName) },
      spec: { attacher: driver, nodeName, source: { persistentVolumeName: volume.metadata.name } },
    })
    .catch(error => {
      if (!isReason(error, 'AlreadyExists')) throw error
    })
}

const isExclusive = ({ spec: { accessModes = [] } }: PersistentVolume) =>
  accessModes.length > 0 && !accessModes.some(mode => FOR_MANY.includes(mode))

function tellMultiAttach({ volume, pods }: Wanted, elsewhere: readonly VolumeAttachment[], context: ReconcileContext) {
  const name = volume.metadata.name!
  const users = elsewhere.flatMap(({ spec }) => wantedOn(spec.nodeName, context).get(name)?.pods ?? [])
  for (const user of pods) {
    const message = `Multi-Attach error for volume ${JSON.stringify(name)} ${usersText(users, user)}`
    context.events.warning(user, 'FailedAttachVolume', message)
  }
}

/** Names of pods are no secret within their namespace, elsewhere they are. */
function usersText(users: readonly Pod[], { metadata: { namespace } }: Pod): string {
  if (users.length === 0) return "Volume is already exclusively attached to one node and can't be attached to another"
  const near = users.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name)
  const far = users.length - near.length
  const others = far > 0 ? `${far} pod(s) in different namespaces` : ''
  if (near.length === 0) return `Volume is already used by ${others}`
  return `Volume is already used by pod(s) ${near.join(', ')}${others && ` and ${others}`}`
}

/** Tells the pods that wait for a volume how its attachment went. */
export function tellOutcome(
  attachment: VolumeAttachment,
  previous: VolumeAttachment | undefined,
  context: ReconcileContext,
): void {
  const { persistentVolumeName: name = '' } = attachment.spec.source
  const { attached, attachError } = attachment.status
  const done = attached && previous?.status.attached === false
  const failed = attachError && attachError.message !== previous?.status.attachError?.message
  if (!done && !failed) return
  for (const user of wantedOn(attachment.spec.nodeName, context).get(name)?.pods ?? []) {
    const volume = `volume ${JSON.stringify(name)}`
    if (done) context.events.normal(user, 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for ${volume} `)
    else {
      const message = `AttachVolume.Attach failed for ${volume} : ${attachError?.message ?? ''}`
      context.events.warning(user, 'FailedAttachVolume', message)
    }
  }
}
