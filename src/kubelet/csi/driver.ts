import type { Clock } from '../../apimachinery/clock.ts'
import { type Channel, type Method, openChannel } from '../cri/channel.ts'
import { CriError } from '../cri/error.ts'
import type { Input } from '../cri/protobuf.ts'
import type { NodeExpandVolumeRequest, NodeInfo, NodePublishVolumeRequest, NodeStageVolumeRequest } from './messages.ts'
import { nodeService } from './services.ts'

/** Upstream's csiTimeout. */
const TIMEOUT_MS = 120_000

/** A CSI driver's node service, at its socket. Every call rejects with an error worded as upstream words those of gRPC. */
export class CsiDriver {
  readonly name: string
  readonly info: NodeInfo
  readonly #channel: Channel
  readonly #capabilities: ReadonlySet<string>

  private constructor(name: string, channel: Channel, info: NodeInfo, capabilities: ReadonlySet<string>) {
    this.name = name
    this.#channel = channel
    this.info = info
    this.#capabilities = capabilities
  }

  /** Asks the driver what the node is to it, and what it can do. */
  static async open(name: string, endpoint: string, clock: Clock): Promise<CsiDriver> {
    const channel = openChannel(endpoint, clock)
    try {
      const info = await call(channel, nodeService.getInfo, {})
      const { capabilities } = await call(channel, nodeService.getCapabilities, {})
      return new CsiDriver(name, channel, info, new Set(capabilities.map(({ rpc }) => rpc?.type ?? 'UNKNOWN')))
    } catch (error) {
      channel.close()
      throw error
    }
  }

  can(
    capability: 'STAGE_UNSTAGE_VOLUME' | 'EXPAND_VOLUME' | 'SINGLE_NODE_MULTI_WRITER' | 'VOLUME_MOUNT_GROUP',
  ): boolean {
    return this.#capabilities.has(capability)
  }

  async stage(request: Input<NodeStageVolumeRequest>): Promise<void> {
    await call(this.#channel, nodeService.stageVolume, request)
  }
  async unstage(volumeId: string, stagingTargetPath: string): Promise<void> {
    await call(this.#channel, nodeService.unstageVolume, { volumeId, stagingTargetPath })
  }
  async publish(request: Input<NodePublishVolumeRequest>): Promise<void> {
    await call(this.#channel, nodeService.publishVolume, request)
  }
  async unpublish(volumeId: string, targetPath: string): Promise<void> {
    await call(this.#channel, nodeService.unpublishVolume, { volumeId, targetPath })
  }

  async expand(request: Input<NodeExpandVolumeRequest>): Promise<void> {
    await call(this.#channel, nodeService.expandVolume, request)
  }

  close(): void {
    this.#channel.close()
  }
}

/** One call, with upstream's deadline. */
export function call<Req, Res>(channel: Channel, method: Method<Req, Res>, request: Input<NoInfer<Req>>): Promise<Res> {
  return channel.call(method, request, { timeoutMs: TIMEOUT_MS }).catch(error => {
    if (!(error instanceof CriError)) throw error
    const code = error.code.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
    throw new Error(`rpc error: code = ${code} desc = ${error.details}`, { cause: error })
  })
}
