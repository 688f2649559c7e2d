import { type Node, node as nodeKind } from '../api/core/node.ts'
import { type PersistentVolume, persistentVolume } from '../api/core/persistentvolume.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { type CSIDriver, csiDriver } from '../api/storage/csidriver.ts'
import { type VolumeAttachment, volumeAttachment } from '../api/storage/volumeattachment.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import {
  type Again,
  again,
  type Controller,
  keyedController,
  type ReconcileContext,
  watching,
} from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { ATTACHMENTS_BY_VOLUME, attach, tellOutcome } from './attachdetach/attach.ts'
import { PODS_BY_NODE, uniqueName, wantedOn } from './attachdetach/wanted.ts'
import { claimsOf } from './shared/pod-claims.ts'
import { sameStored } from './shared/same.ts'

const PODS_BY_CLAIM = 'attachdetach/claim'
const ATTACHMENTS_BY_NODE = 'attachdetach/node'
const MANAGED = 'volumes.kubernetes.io/controller-managed-attach-detach'
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'
/** How long a node that is not ready may hold a volume that no pod wants (upstream's ReconcilerMaxWaitForUnmountDuration). */
const MAX_WAIT_FOR_UNMOUNT_MS = 6 * 60_000

/**
 * Has the volumes of CSI drivers attached to the nodes whose pods use them, and detached from those that do no longer
 * (upstream pkg/controller/volume/attachdetach). Its keys are names of nodes; what is attached is told by VolumeAttachments.
 */
export function attachDetachController(): Controller {
  /** Since when attachments are not wanted, by name, in milliseconds. */
  const unwantedSince = new Map<string, number>()

  return keyedController({
    name: 'attachdetach',
    watches: [
      watching(pod, podChanged),
      watching(persistentVolumeClaim, claimChanged),
      watching(persistentVolume, volumeChanged),
      watching(volumeAttachment, attachmentChanged),
      watching(nodeKind, nodeChanged),
      watching(csiDriver, driverChanged),
    ],
    writes: [
      { kind: volumeAttachment as unknown as Kind, verbs: ['create', 'delete'] },
      { kind: nodeKind as unknown as Kind, subresource: 'status', verbs: ['patch'] },
    ],

    setup({ informer }) {
      informer(pod).addIndex(PODS_BY_NODE, one =>
        one.spec.nodeName && claimsOf(one).length > 0 ? [one.spec.nodeName] : [],
      )
      informer(pod).addIndex(PODS_BY_CLAIM, one => (one.spec.nodeName ? claimsOf(one) : []))
      informer(volumeAttachment).addIndex(ATTACHMENTS_BY_NODE, ({ spec }) => [spec.nodeName])
      informer(volumeAttachment).addIndex(ATTACHMENTS_BY_VOLUME, ({ spec: { source } }) =>
        source.persistentVolumeName ? [source.persistentVolumeName] : [],
      )
    },

    async sync(name, context): Promise<Again | undefined> {
      const node = context.informer(nodeKind).get(name)
      const wanted = node && isManaged(node) ? wantedOn(name, context) : new Map()
      const attachments = context
        .informer(volumeAttachment)
        .byIndex(ATTACHMENTS_BY_NODE, name)
        .filter(({ spec }) => spec.source.persistentVolumeName !== undefined)
      const isWanted = ({ spec }: VolumeAttachment) => wanted.has(spec.source.persistentVolumeName!)
      for (const one of attachments.filter(isWanted)) unwantedSince.delete(one.metadata.name!)
      const leaving = attachments.filter(one => !isWanted(one) && !one.metadata.deletionTimestamp)
      const waits = leaving.map(one => untilDetach(one, node, context))
      const detachable = leaving.filter((_, i) => waits[i] === 0)
      // The node must not mount what is about to go.
      if (node) await report(node, attachments, new Set(detachable), context)
      for (const one of detachable) await detach(one, context)
      const has = new Set(attachments.map(({ spec }) => spec.source.persistentVolumeName))
      for (const [volume, one] of wanted) if (!has.has(volume)) await attach(one, name, context)
      const left = waits.filter(wait => wait !== undefined && wait > 0)
      return again(left.length > 0 ? Math.min(...(left as number[])) : undefined)
    },
  })

  /** Milliseconds until a volume may be detached; undefined while its node is to unmount it first. */
  function untilDetach(
    attachment: VolumeAttachment,
    node: Node | undefined,
    context: ReconcileContext,
  ): number | undefined {
    const name = attachment.metadata.name!
    const since = unwantedSince.get(name) ?? context.clock.now()
    unwantedSince.set(name, since)
    const unique = uniqueOf(attachment, context)
    const inUse = node?.status.volumesInUse?.some(volume => volume === unique)
    if (!inUse || node?.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE)) return 0
    if (isReady(node!)) return undefined
    return Math.max(0, since + MAX_WAIT_FOR_UNMOUNT_MS - context.clock.now())
  }

  async function detach({ metadata }: VolumeAttachment, { client }: ReconcileContext): Promise<void> {
    unwantedSince.delete(metadata.name!)
    await client.delete(volumeAttachment, { metadata }).catch(error => {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    })
  }
}

const isManaged = ({ metadata }: Node) => metadata.annotations?.[MANAGED] === 'true'
const isReady = ({ status }: Node) => status.conditions?.some(c => c.type === 'Ready' && c.status === 'True') ?? false

function uniqueOf({ spec }: VolumeAttachment, { informer }: ReconcileContext): string {
  const csi = informer(persistentVolume).get(spec.source.persistentVolumeName ?? '')?.spec.csi
  return csi ? uniqueName(csi.driver, csi.volumeHandle) : ''
}

/** Says in the node's status what is attached to it. */
async function report(
  node: Node,
  attachments: readonly VolumeAttachment[],
  without: ReadonlySet<VolumeAttachment>,
  context: ReconcileContext,
): Promise<void> {
  const attached = attachments.filter(
    one => one.status.attached && !one.metadata.deletionTimestamp && !without.has(one) && uniqueOf(one, context),
  )
  const names = attached.map(one => uniqueOf(one, context)).sort()
  const volumesAttached = names.map(name => ({ name, devicePath: '' }))
  if (sameStored(volumesAttached, node.status.volumesAttached ?? [])) return
  const body = { status: { volumesAttached } }
  await context.client.patch(nodeKind, node.metadata, 'merge', body, { subresource: 'status' })
}

function podChanged(found: Pod | undefined, previous: Pod | undefined): string[] {
  const one = (found ?? previous)!
  return one.spec.nodeName && claimsOf(one).length > 0 ? [one.spec.nodeName] : []
}

const nodesOfClaim = (key: string, { informer }: ReconcileContext): string[] =>
  informer(pod)
    .byIndex(PODS_BY_CLAIM, key)
    .map(({ spec }) => spec.nodeName!)

const claimChanged = (
  claim: PersistentVolumeClaim | undefined,
  previous: PersistentVolumeClaim | undefined,
  context: ReconcileContext,
) => nodesOfClaim(keyOf((claim ?? previous)!), context)

function volumeChanged(
  volume: PersistentVolume | undefined,
  previous: PersistentVolume | undefined,
  context: ReconcileContext,
): string[] {
  const { spec, metadata } = (volume ?? previous)!
  if (!spec.csi) return []
  const attached = context.informer(volumeAttachment).byIndex(ATTACHMENTS_BY_VOLUME, metadata.name!)
  const { claimRef } = spec
  const users = claimRef ? nodesOfClaim(`${claimRef.namespace}/${claimRef.name}`, context) : []
  return [...users, ...attached.map(one => one.spec.nodeName)]
}

function attachmentChanged(
  attachment: VolumeAttachment | undefined,
  previous: VolumeAttachment | undefined,
  context: ReconcileContext,
): string[] {
  const { spec } = (attachment ?? previous)!
  if (attachment) tellOutcome(attachment, previous, context)
  if (attachment) return [spec.nodeName]
  // Another node may have waited for it.
  const volume = context.informer(persistentVolume).get(spec.source.persistentVolumeName ?? '')
  return [spec.nodeName, ...(volume ? volumeChanged(volume, volume, context) : [])]
}

function nodeChanged(found: Node | undefined, previous: Node | undefined, { informer }: ReconcileContext): string[] {
  const name = (found ?? previous)!.metadata.name!
  const concerned =
    informer(volumeAttachment).countByIndex(ATTACHMENTS_BY_NODE, name) > 0 ||
    informer(pod).countByIndex(PODS_BY_NODE, name) > 0
  return concerned ? [name] : []
}

function driverChanged(
  found: CSIDriver | undefined,
  previous: CSIDriver | undefined,
  { informer }: ReconcileContext,
): string[] {
  if (found && found.spec.attachRequired === previous?.spec.attachRequired) return []
  const users = informer(pod)
    .list()
    .filter(({ spec }) => spec.nodeName)
    .filter(one => claimsOf(one).length > 0)
  return users.map(({ spec }) => spec.nodeName!)
}
