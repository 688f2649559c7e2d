import type { Method } from '../cri/channel.ts'
import type { Message } from '../cri/protobuf.ts'
import {
  empty,
  nodeExpandVolumeRequest,
  nodeExpandVolumeResponse,
  nodeGetCapabilitiesResponse,
  nodeGetInfoResponse,
  nodePublishVolumeRequest,
  nodeStageVolumeRequest,
  nodeUnpublishVolumeRequest,
  nodeUnstageVolumeRequest,
  pluginInfo,
  registrationStatus,
} from './messages.ts'

const service =
  (name: string) =>
  <Req, Res>(method: string, request: Message<Req>, response: Message<Res>): Method<Req, Res> => ({
    path: `/${name}/${method}`,
    request,
    response,
  })

const registration = service('pluginregistration.Registration')
const node = service('csi.v1.Node')

/** What a plugin answers at its socket in the registry (k8s.io/kubelet pluginregistration v1). */
export const registrationService = {
  getInfo: registration('GetInfo', empty, pluginInfo),
  notifyRegistrationStatus: registration('NotifyRegistrationStatus', registrationStatus, empty),
}

/** The calls of CSI v1's Node service that a kubelet makes. */
export const nodeService = {
  getInfo: node('NodeGetInfo', empty, nodeGetInfoResponse),
  getCapabilities: node('NodeGetCapabilities', empty, nodeGetCapabilitiesResponse),
  stageVolume: node('NodeStageVolume', nodeStageVolumeRequest, empty),
  unstageVolume: node('NodeUnstageVolume', nodeUnstageVolumeRequest, empty),
  publishVolume: node('NodePublishVolume', nodePublishVolumeRequest, empty),
  unpublishVolume: node('NodeUnpublishVolume', nodeUnpublishVolumeRequest, empty),
  expandVolume: node('NodeExpandVolume', nodeExpandVolumeRequest, nodeExpandVolumeResponse),
}
