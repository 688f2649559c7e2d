import { mkdir, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import { secret } from '../../api/core/secret.ts'
import { type CSIDriver, csiDriver } from '../../api/storage/csidriver.ts'
import { volumeAttachment } from '../../api/storage/volumeattachment.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { compareQuantities, quantityValue } from '../../apimachinery/quantity.ts'
import type { Input } from '../cri/protobuf.ts'
import type { CsiDriver } from '../csi/driver.ts'
import type { CsiDrivers } from '../csi/drivers.ts'
import type { AccessMode, NodeExpandVolumeRequest } from '../csi/messages.ts'
import { secretData } from '../env/objects.ts'
import { uidOf } from '../pods/pod.ts'
import { forgetData, isUsed, readData, sha256, stagingDir, USES, type VolumeData, writeData } from './csi-data.ts'
import { ownByGroup } from './fs-group.ts'
import { podToken } from './service-account-token.ts'
import type { VolumePlugin, VolumeRequest, VolumeSurroundings } from './volume.ts'

/** Conditions of claims that end with the growth of the file system. */
const RESIZING = ['Resizing', 'FileSystemResizePending']
/** How often drivers that want to be asked again are. */
const REPUBLISH_MS = 60_000

/** What a driver is told about a volume, wherever that stands. */
interface Source extends VolumeData {
  readonly fsType: string
  readonly readOnly: boolean
  readonly attributes: Readonly<Record<string, string>>
  readonly mode: string
  readonly mountOptions: readonly string[]
  readonly stageSecret?: SecretRef
  readonly publishSecret?: SecretRef
}
interface SecretRef {
  readonly name?: string
  readonly namespace?: string
}

/** Volumes of CSI drivers on this node: staged once, published to each pod (upstream pkg/volume/csi). */
export function csiVolume(drivers: CsiDrivers): VolumePlugin {
  /** The last thing under way for each volume of the node: staging and unstaging must not overlap. */
  const tails = new Map<string, Promise<unknown>>()
  const inTurn = <T>(handle: string, work: () => Promise<T>): Promise<T> => {
    const next = (tails.get(handle) ?? Promise.resolve()).then(work, work)
    const tail: Promise<void> = next
      .catch(() => {})
      .then(() => {
        if (tails.get(handle) === tail) tails.delete(handle)
      })
    tails.set(handle, tail)
    return next
  }

  return {
    folder: USES,
    handles: volume => volume.csi !== undefined,
    handlesClaimed: ({ spec }) => spec.csi !== undefined,

    async setUp(request) {
      if (request.claimed?.volume.spec.volumeMode === 'Block') {
        throw new Error('CSI volumes of the mode Block are not supported by this version')
      }
      const source = sourceOf(request)
      const driver = drivers.get(source.driverName)
      const stated = await driverObject(request.node, source.driverName)
      checkLifecycle(source, stated)
      return inTurn(source.volumeHandle, () => publish(request, source, driver, stated))
    },

    async tearDown(dir, node) {
      const data = await readData(dir)
      if (!data) return
      const driver = drivers.get(data.driverName)
      await inTurn(data.volumeHandle, async () => {
        const target = path.join(dir, 'mount')
        await driver.unpublish(data.volumeHandle, target)
        // Never with its contents: a driver may have failed to unmount it.
        await rmdir(target).catch(() => {})
        await forgetData(dir)
        const staged = data.volumeLifecycleMode === 'Persistent' && driver.can('STAGE_UNSTAGE_VOLUME')
        if (!staged || (await isUsed(node, data))) return
        const staging = stagingDir(node, data)
        await driver.unstage(data.volumeHandle, path.join(staging, 'globalmount'))
        await rmdir(path.join(staging, 'globalmount'))
        await forgetData(staging)
        await rmdir(staging)
      })
    },
  }
}

function sourceOf({ pod, volume, claimed }: VolumeRequest): Source {
  if (!claimed) {
    const { driver, fsType = '', readOnly = false, volumeAttributes = {}, nodePublishSecretRef } = volume.csi!
    return {
      driverName: driver,
      volumeHandle: `csi-${sha256(uidOf(pod) + volume.name)}`,
      volumeLifecycleMode: 'Ephemeral',
      ...{ fsType, readOnly, attributes: volumeAttributes, mode: 'ReadWriteOnce', mountOptions: [] },
      publishSecret: nodePublishSecretRef && { ...nodePublishSecretRef, namespace: pod.metadata.namespace },
    }
  }
  const { csi, accessModes, mountOptions = [] } = claimed.volume.spec
  const { driver, volumeHandle, fsType = '', readOnly = false, volumeAttributes = {} } = csi!
  return {
    driverName: driver,
    volumeHandle,
    volumeLifecycleMode: 'Persistent',
    fsType,
    readOnly: readOnly || !!volume.persistentVolumeClaim?.readOnly,
    attributes: volumeAttributes,
    mode: accessModes?.[0] ?? 'ReadWriteOnce',
    mountOptions,
    stageSecret: csi!.nodeStageSecretRef,
    publishSecret: csi!.nodePublishSecretRef,
  }
}

async function driverObject({ client }: VolumeSurroundings, name: string): Promise<CSIDriver | undefined> {
  try {
    return await client.get(csiDriver, { name })
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}

function checkLifecycle({ driverName, volumeLifecycleMode: mode }: Source, stated: CSIDriver | undefined): void {
  if (mode === 'Ephemeral' && !stated) {
    throw new Error(`volume mode "Ephemeral" not supported by driver ${driverName} (no CSIDriver object)`)
  }
  const modes = stated?.spec.volumeLifecycleModes
  if (!modes || modes.includes(mode)) return
  throw new Error(
    `volume mode ${JSON.stringify(mode)} not supported by driver ${driverName} (only supports ${JSON.stringify(modes)})`,
  )
}

async function publish(request: VolumeRequest, source: Source, driver: CsiDriver, stated: CSIDriver | undefined) {
  const { pod, node, dir } = request
  const { volumeHandle, volumeLifecycleMode, fsType, readOnly } = source
  const persistent = volumeLifecycleMode === 'Persistent'
  const publishContext = persistent && (stated?.spec.attachRequired ?? true) ? await attachment(node, source) : {}
  const group = driver.can('VOLUME_MOUNT_GROUP') ? pod.spec.securityContext?.fsGroup : undefined
  const volumeCapability = {
    mount: { fsType, mountFlags: source.mountOptions, volumeMountGroup: group === undefined ? '' : String(group) },
    accessMode: { mode: accessMode(source.mode, driver) },
  }
  const common = { volumeId: volumeHandle, publishContext, volumeCapability }

  let stagingTargetPath = ''
  if (persistent && driver.can('STAGE_UNSTAGE_VOLUME')) {
    const staging = stagingDir(node, source)
    stagingTargetPath = path.join(staging, 'globalmount')
    await mkdir(stagingTargetPath, { recursive: true, mode: 0o750 })
    await writeData(staging, source)
    const secrets = await secretsOf(node, source.stageSecret)
    await driver.stage({ ...common, stagingTargetPath, secrets, volumeContext: source.attributes })
  }

  const targetPath = path.join(dir, 'mount')
  await mkdir(dir, { recursive: true, mode: 0o750 })
  // Before the driver is asked: what it has begun has to be ended, also by a kubelet that knows of nothing.
  await writeData(dir, source)
  const tokens = await tokensFor(request, stated)
  const inSecrets = stated?.spec.serviceAccountTokenInSecrets
  const secrets = { ...(await secretsOf(node, source.publishSecret)), ...(inSecrets && tokens) }
  const info = stated?.spec.podInfoOnMount && podInfo(request, source)
  const volumeContext = { ...source.attributes, ...info, ...(!inSecrets && tokens) }
  await driver.publish({ ...common, stagingTargetPath, targetPath, readonly: readOnly, secrets, volumeContext })
  if (driver.can('EXPAND_VOLUME') && !readOnly) {
    await grow(request, driver, { volumeId: volumeHandle, volumePath: targetPath, stagingTargetPath, volumeCapability })
  }
  if (group === undefined && !readOnly && ownsByGroup(source, stated)) await ownByGroup(targetPath, pod)
  const renewAt = stated?.spec.requiresRepublish ? node.clock.now() + REPUBLISH_MS : undefined
  return { path: targetPath, readOnly, ...(renewAt !== undefined && { renewAt }) }
}

/** Lets the file system follow a volume that has grown since the claim was last told of its size (KEP-284). */
async function grow({ claimed, node }: VolumeRequest, driver: CsiDriver, place: Input<NodeExpandVolumeRequest>) {
  if (!claimed) return
  const { claim, volume } = claimed
  const size = volume.spec.capacity?.storage ?? '0'
  if (compareQuantities(size, claim.status.capacity?.storage ?? '0') <= 0) return
  const secrets = await secretsOf(node, volume.spec.csi?.nodeExpandSecretRef)
  await driver.expand({ ...place, capacityRange: { requiredBytes: quantityValue(size) }, secrets })
  const conditions = claim.status.conditions?.filter(({ type }) => !RESIZING.includes(type))
  const { allocatedResourceStatuses: _, ...before } = claim.status
  const status = { ...before, capacity: { ...before.capacity, storage: size }, conditions }
  await node.client.updateStatus(persistentVolumeClaim, { ...claim, status })
}

/** When a pod's fsGroup is to own the files (KEP-1682). */
function ownsByGroup({ fsType, mode }: Source, stated: CSIDriver | undefined): boolean {
  const policy = stated?.spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType'
  if (policy === 'ReadWriteOnceWithFSType') return fsType !== '' && mode.startsWith('ReadWriteOnce')
  return policy === 'File'
}

/** What the driver's controller said when it attached the volume to this node. Rejects until it has. */
async function attachment(node: VolumeSurroundings, { driverName, volumeHandle }: Source) {
  const name = `csi-${sha256(volumeHandle + driverName + node.node().metadata.name)}`
  const waiting = (why: string) =>
    new Error(`volume is not attached to this node yet: ${why} (VolumeAttachment ${name}, driver ${driverName})`)
  const found = await node.client.get(volumeAttachment, { name }).catch(error => {
    throw isReason(error, 'NotFound', 'Forbidden')
      ? waiting('the attach-detach controller has not asked for it')
      : error
  })
  if (found.metadata.deletionTimestamp) throw waiting('it is being detached')
  const { attached, attachError, attachmentMetadata = {} } = found.status
  if (!attached) throw waiting(attachError?.message ?? 'the driver has not attached it')
  return attachmentMetadata
}

function accessMode(mode: string, driver: CsiDriver): AccessMode {
  const distinguishes = driver.can('SINGLE_NODE_MULTI_WRITER')
  switch (mode) {
    case 'ReadOnlyMany':
      return 'MULTI_NODE_READER_ONLY'
    case 'ReadWriteMany':
      return 'MULTI_NODE_MULTI_WRITER'
    case 'ReadWriteOncePod':
      return distinguishes ? 'SINGLE_NODE_SINGLE_WRITER' : 'SINGLE_NODE_WRITER'
    default:
      return distinguishes ? 'SINGLE_NODE_MULTI_WRITER' : 'SINGLE_NODE_WRITER'
  }
}

const podInfo = ({ pod: { metadata, spec } }: VolumeRequest, { volumeLifecycleMode }: Source) => ({
  'csi.storage.k8s.io/pod.name': metadata.name ?? '',
  'csi.storage.k8s.io/pod.namespace': metadata.namespace ?? '',
  'csi.storage.k8s.io/pod.uid': metadata.uid ?? '',
  'csi.storage.k8s.io/serviceAccount.name': spec.serviceAccountName ?? '',
  'csi.storage.k8s.io/ephemeral': String(volumeLifecycleMode === 'Ephemeral'),
})

/** Tokens of the pod's service account that the driver wants, as CSI's drivers expect them (KEP-2047). */
async function tokensFor({ pod, node }: VolumeRequest, stated: CSIDriver | undefined): Promise<Record<string, string>> {
  const wanted = stated?.spec.tokenRequests ?? []
  if (wanted.length === 0) return {}
  const tokens = await Promise.all(
    wanted.map(async ({ audience, expirationSeconds = 3600 }) => {
      const { token, expires } = await podToken(pod, audience, expirationSeconds, node)
      return [audience, { token, expirationTimestamp: rfc3339(expires) }]
    }),
  )
  return { 'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify(Object.fromEntries(tokens)) }
}

async function secretsOf({ client }: VolumeSurroundings, ref: SecretRef | undefined): Promise<Record<string, string>> {
  if (!ref?.name) return {}
  const data = secretData(await client.get(secret, ref))
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.toString()]))
}
