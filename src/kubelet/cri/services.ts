import type { Method } from './channel.ts'
import {
  attachRequest,
  containerEventResponse,
  containerRequest,
  containerStatusRequest,
  containerStatusResponse,
  createContainerRequest,
  createContainerResponse,
  execRequest,
  execSyncRequest,
  execSyncResponse,
  listContainersRequest,
  listContainersResponse,
  podSandboxStatusResponse,
  portForwardRequest,
  stopContainerRequest,
  streamResponse,
  updateContainerResourcesRequest,
} from './messages/container.ts'
import {
  imageFsInfoResponse,
  imageStatusRequest,
  imageStatusResponse,
  listImagesRequest,
  listImagesResponse,
  pullImageRequest,
  pullImageResponse,
  removeImageRequest,
} from './messages/image.ts'
import {
  empty,
  runtimeConfigResponse,
  statusRequest,
  statusResponse,
  updateRuntimeConfigRequest,
  versionRequest,
  versionResponse,
} from './messages/runtime.ts'
import {
  listPodSandboxRequest,
  listPodSandboxResponse,
  podSandboxRequest,
  podSandboxStatusRequest,
  runPodSandboxRequest,
  runPodSandboxResponse,
} from './messages/sandbox.ts'
import {
  containerStatsResponse,
  listContainerStatsRequest,
  listContainerStatsResponse,
  listPodSandboxStatsRequest,
  listPodSandboxStatsResponse,
} from './messages/stats.ts'
import type { Message } from './protobuf.ts'

const service =
  (name: string) =>
  <Req, Res>(method: string, request: Message<Req>, response: Message<Res>): Method<Req, Res> => ({
    path: `/runtime.v1.${name}/${method}`,
    request,
    response,
  })

const runtime = service('RuntimeService')
const images = service('ImageService')

/** The calls of CRI v1's RuntimeService that a kubelet makes. */
export const runtimeService = {
  version: runtime('Version', versionRequest, versionResponse),
  status: runtime('Status', statusRequest, statusResponse),
  updateRuntimeConfig: runtime('UpdateRuntimeConfig', updateRuntimeConfigRequest, empty),
  runtimeConfig: runtime('RuntimeConfig', empty, runtimeConfigResponse),

  runPodSandbox: runtime('RunPodSandbox', runPodSandboxRequest, runPodSandboxResponse),
  stopPodSandbox: runtime('StopPodSandbox', podSandboxRequest, empty),
  removePodSandbox: runtime('RemovePodSandbox', podSandboxRequest, empty),
  podSandboxStatus: runtime('PodSandboxStatus', podSandboxStatusRequest, podSandboxStatusResponse),
  listPodSandbox: runtime('ListPodSandbox', listPodSandboxRequest, listPodSandboxResponse),

  createContainer: runtime('CreateContainer', createContainerRequest, createContainerResponse),
  startContainer: runtime('StartContainer', containerRequest, empty),
  stopContainer: runtime('StopContainer', stopContainerRequest, empty),
  removeContainer: runtime('RemoveContainer', containerRequest, empty),
  listContainers: runtime('ListContainers', listContainersRequest, listContainersResponse),
  containerStatus: runtime('ContainerStatus', containerStatusRequest, containerStatusResponse),
  updateContainerResources: runtime('UpdateContainerResources', updateContainerResourcesRequest, empty),
  reopenContainerLog: runtime('ReopenContainerLog', containerRequest, empty),

  execSync: runtime('ExecSync', execSyncRequest, execSyncResponse),
  exec: runtime('Exec', execRequest, streamResponse),
  attach: runtime('Attach', attachRequest, streamResponse),
  portForward: runtime('PortForward', portForwardRequest, streamResponse),

  containerStats: runtime('ContainerStats', containerRequest, containerStatsResponse),
  listContainerStats: runtime('ListContainerStats', listContainerStatsRequest, listContainerStatsResponse),
  listPodSandboxStats: runtime('ListPodSandboxStats', listPodSandboxStatsRequest, listPodSandboxStatsResponse),
}

/** Lifecycle events with whole statuses; only newer runtimes have it (KEP-3386). */
export const getContainerEvents = runtime('GetContainerEvents', empty, containerEventResponse)

/** CRI v1's ImageService. */
export const imageService = {
  listImages: images('ListImages', listImagesRequest, listImagesResponse),
  imageStatus: images('ImageStatus', imageStatusRequest, imageStatusResponse),
  pullImage: images('PullImage', pullImageRequest, pullImageResponse),
  removeImage: images('RemoveImage', removeImageRequest, empty),
  imageFsInfo: images('ImageFsInfo', empty, imageFsInfoResponse),
}
