import { bool, type Infer, int64, list, listOf, map, message, oneOf, ref, string } from '../cri/protobuf.ts'

/** Messages of CSI v1's Node service and of the registration of plugins, as far as a kubelet speaks them. */

export const empty = message({})

export const pluginInfo = message({
  type: string(1),
  name: string(2),
  endpoint: string(3),
  supportedVersions: list(4, string),
})
export interface PluginInfo extends Infer<typeof pluginInfo> {}
export const registrationStatus = message({ pluginRegistered: bool(1), error: string(2) })

const topology = message({ segments: map(1) })
export const nodeGetInfoResponse = message({
  nodeId: string(1),
  maxVolumesPerNode: int64(2),
  accessibleTopology: ref(3, topology),
})
export interface NodeInfo extends Infer<typeof nodeGetInfoResponse> {}

const rpc = message({
  type: oneOf(
    'UNKNOWN',
    'STAGE_UNSTAGE_VOLUME',
    'GET_VOLUME_STATS',
    'EXPAND_VOLUME',
    'VOLUME_CONDITION',
    'SINGLE_NODE_MULTI_WRITER',
    'VOLUME_MOUNT_GROUP',
  )(1),
})
const capability = message({ rpc: ref(1, rpc) })
export const nodeGetCapabilitiesResponse = message({ capabilities: listOf(1, capability) })

const mountVolume = message({ fsType: string(1), mountFlags: list(2, string), volumeMountGroup: string(3) })
const accessMode = message({
  mode: oneOf(
    'UNKNOWN',
    'SINGLE_NODE_WRITER',
    'SINGLE_NODE_READER_ONLY',
    'MULTI_NODE_READER_ONLY',
    'MULTI_NODE_SINGLE_WRITER',
    'MULTI_NODE_MULTI_WRITER',
    'SINGLE_NODE_SINGLE_WRITER',
    'SINGLE_NODE_MULTI_WRITER',
  )(1),
})
export type AccessMode = Infer<typeof accessMode>['mode']
const volumeCapability = message({ mount: ref(2, mountVolume), accessMode: ref(3, accessMode) })

export const nodeStageVolumeRequest = message({
  volumeId: string(1),
  publishContext: map(2),
  stagingTargetPath: string(3),
  volumeCapability: ref(4, volumeCapability),
  secrets: map(5),
  volumeContext: map(6),
})
export interface NodeStageVolumeRequest extends Infer<typeof nodeStageVolumeRequest> {}
export const nodeUnstageVolumeRequest = message({ volumeId: string(1), stagingTargetPath: string(2) })
export const nodePublishVolumeRequest = message({
  volumeId: string(1),
  publishContext: map(2),
  stagingTargetPath: string(3),
  targetPath: string(4),
  volumeCapability: ref(5, volumeCapability),
  readonly: bool(6),
  secrets: map(7),
  volumeContext: map(8),
})
export interface NodePublishVolumeRequest extends Infer<typeof nodePublishVolumeRequest> {}
export const nodeUnpublishVolumeRequest = message({ volumeId: string(1), targetPath: string(2) })

const capacityRange = message({ requiredBytes: int64(1), limitBytes: int64(2) })
export const nodeExpandVolumeRequest = message({
  volumeId: string(1),
  volumePath: string(2),
  capacityRange: ref(3, capacityRange),
  stagingTargetPath: string(4),
  volumeCapability: ref(5, volumeCapability),
  secrets: map(6),
})
export interface NodeExpandVolumeRequest extends Infer<typeof nodeExpandVolumeRequest> {}
export const nodeExpandVolumeResponse = message({ capacityBytes: int64(1) })
