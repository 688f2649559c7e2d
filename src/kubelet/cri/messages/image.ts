import { bool, boxed, type Infer, int64, list, listOf, map, message, nanos, ref, string, uint64 } from '../protobuf.ts'
import { podSandboxConfig } from './sandbox.ts'

export const imageSpec = message({
  image: string(1),
  annotations: map(2),
  userSpecifiedImage: string(18),
  runtimeHandler: string(19),
  imageRef: string(20),
})

/** `uid` is set when the image names its user by number, `username` when by name. */
const image = message({
  id: string(1),
  repoTags: list(2, string),
  repoDigests: list(3, string),
  size: uint64(4),
  uid: boxed(5, int64),
  username: string(6),
  spec: ref(7, imageSpec),
  pinned: bool(8),
})
export interface Image extends Infer<typeof image> {}

const authConfig = message({
  username: string(1),
  password: string(2),
  auth: string(3),
  serverAddress: string(4),
  identityToken: string(5),
  registryToken: string(6),
})
export interface AuthConfig extends Infer<typeof authConfig> {}

const imageFilter = message({ image: ref(1, imageSpec) })

export const listImagesRequest = message({ filter: ref(1, imageFilter) })
export const listImagesResponse = message({ images: listOf(1, image) })
export const imageStatusRequest = message({ image: ref(1, imageSpec), verbose: bool(2) })
export const imageStatusResponse = message({ image: ref(1, image), info: map(2) })
export const pullImageRequest = message({
  image: ref(1, imageSpec),
  auth: ref(2, authConfig),
  sandboxConfig: ref(3, podSandboxConfig),
})
export const pullImageResponse = message({ imageRef: string(1) })
export const removeImageRequest = message({ image: ref(1, imageSpec) })

export const filesystemUsage = message({
  timestamp: nanos(1),
  fsId: ref(2, message({ mountpoint: string(1) })),
  usedBytes: boxed(3, uint64),
  inodesUsed: boxed(4, uint64),
})
export interface FilesystemUsage extends Infer<typeof filesystemUsage> {}

export const imageFsInfoResponse = message({
  imageFilesystems: listOf(1, filesystemUsage),
  containerFilesystems: listOf(2, filesystemUsage),
})
