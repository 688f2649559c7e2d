import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import type { Method } from '../cri/channel.ts'
import { nodeService, registrationService } from '../csi/services.ts'

type Answer = (request: never) => object

/** A CSI driver with its registrar, made up: volumes are folders, and every call is noted. */
export class FakeCsiDriver {
  readonly name: string
  /** `stage HANDLE`, `publish HANDLE` and the like, in their order. */
  readonly calls: string[] = []
  /** Requests by method, the last of each. */
  readonly requests: Record<string, Record<string, unknown>> = {}
  registered: { pluginRegistered: boolean; error: string } | undefined
  /** Makes publishing fail. */
  problem: { code: number; details: string } | undefined
  readonly #socket: string
  readonly #ours: (file: string) => string
  readonly #server = new Server()

  private constructor(name: string, registry: string, ours: (file: string) => string) {
    this.name = name
    this.#ours = ours
    this.#socket = path.join(registry, `${name}-reg.sock`)
  }

  /**
   * Registers in the folder `registry`. The kubelet may know files by other paths than this process: `inside` is the
   * beginning of its paths, `outside` that of ours.
   */
  static async start(
    name: string,
    registry: string,
    { inside, outside } = { inside: '/', outside: '/' },
  ): Promise<FakeCsiDriver> {
    const driver = new FakeCsiDriver(name, registry, file => file.replace(inside, outside))
    const endpoint = driver.#socket.replace(outside, inside)
    await mkdir(registry, { recursive: true })
    driver.#serve(registrationService.getInfo, () => ({
      type: 'CSIPlugin',
      name,
      endpoint,
      supportedVersions: ['1.0.0'],
    }))
    driver.#serve(registrationService.notifyRegistrationStatus, (status: never) => {
      driver.registered = status
      return {}
    })
    driver.#serve(nodeService.getInfo, () => ({
      nodeId: 'id-of-node1',
      maxVolumesPerNode: 7,
      accessibleTopology: { segments: { [`topology.${name}/zone`]: 'z1' } },
    }))
    driver.#serve(nodeService.getCapabilities, () => ({
      capabilities: [{ rpc: { type: 'STAGE_UNSTAGE_VOLUME' } }, { rpc: { type: 'EXPAND_VOLUME' } }],
    }))
    driver.#serve(nodeService.stageVolume, (request: never) => driver.#note('stage', request))
    driver.#serve(nodeService.unstageVolume, (request: never) => driver.#note('unstage', request))
    driver.#serve(nodeService.publishVolume, (request: never) => driver.#note('publish', request))
    driver.#serve(nodeService.expandVolume, (request: never) => driver.#note('expand', request))
    driver.#serve(nodeService.unpublishVolume, (request: never) => driver.#note('unpublish', request))
    await new Promise<void>((resolve, reject) =>
      driver.#server.bindAsync(`unix://${driver.#socket}`, ServerCredentials.createInsecure(), error =>
        error ? reject(error) : resolve(),
      ),
    )
    return driver
  }

  async stop(): Promise<void> {
    this.#server.forceShutdown()
    await rm(this.#socket, { force: true })
  }

  /** A volume says who has made it. */
  async #fill(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'driver'), this.name)
  }

  #note(verb: string, request: { volumeId: string }): object {
    if (verb === 'publish' && this.problem) throw this.problem
    this.calls.push(`${verb} ${request.volumeId}`)
    this.requests[verb] = request as unknown as Record<string, unknown>
    return {}
  }

  #serve<Req, Res>(given: Method<Req, Res>, answer: Answer): void {
    const method = given as unknown as Method<object, object>
    const name = method.path
    this.#server.addService(
      {
        [name]: {
          path: name,
          requestStream: false,
          responseStream: false,
          requestSerialize: (value: object) => method.request.encode(value),
          requestDeserialize: (bytes: Buffer) => method.request.decode(bytes),
          responseSerialize: (value: object) => method.response.encode(value),
          responseDeserialize: (bytes: Buffer) => method.response.decode(bytes),
        },
      },
      {
        [name]: async (call: ServerUnaryCall<object, object>, done: sendUnaryData<object>) => {
          try {
            const { targetPath } = call.request as { targetPath?: string }
            const response = answer(call.request as never)
            if (targetPath && name.endsWith('NodePublishVolume')) await this.#fill(this.#ours(targetPath))
            done(null, response)
          } catch (error) {
            done(error as { code: number; details: string })
          }
        },
      },
    )
  }
}
