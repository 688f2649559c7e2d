import type { Clock } from '../../apimachinery/clock.ts'
import type { CriClient } from '../cri/client.ts'
import { CriError } from '../cri/error.ts'
import type { RuntimeEvent } from '../cri/events.ts'
import type { ContainerConfig } from '../cri/messages/container.ts'
import type { PodSandboxConfig } from '../cri/messages/sandbox.ts'

interface FakeSandbox {
  readonly id: string
  readonly config: PodSandboxConfig
  readonly createdAt: bigint
  readonly ip: string
  ready: boolean
}

export interface FakeContainer {
  readonly id: string
  readonly sandboxId: string
  readonly config: ContainerConfig
  readonly createdAt: bigint
  state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED'
  startedAt: bigint
  finishedAt: bigint
  exitCode: number
  reason: string
}

/** A container runtime in memory: containers run until a test, or the kubelet, ends them. */
export class FakeRuntime {
  readonly sandboxes = new Map<string, FakeSandbox>()
  readonly containers = new Map<string, FakeContainer>()
  /** Names of images that are there. */
  readonly images = new Set<string>(['busybox:latest', 'busybox'])
  /** Calls that fail, by method: `pullImage`, `runPodSandbox`, `createContainer`, `startContainer`. */
  readonly failures = new Map<string, string>()
  /** What commands in containers end with. */
  commandExitCode = 0
  /** Every call that changes something, in order, as `startContainer main`. */
  readonly calls: string[] = []
  readonly #clock: Clock
  readonly #listeners = new Set<(event: RuntimeEvent) => void>()
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The newest container of this name. */
  container(name: string): FakeContainer | undefined {
    return [...this.containers.values()].reverse().find(({ config }) => config.metadata?.name === name)
  }

  /** Ends a container by itself, and tells of it. */
  exit(name: string, exitCode: number): void {
    const container = this.container(name)!
    this.#end(container, exitCode)
    this.#tell({ type: 'exit', containerId: container.id, exitCode, time: this.#clock.now() })
  }

  /** As after a restart of the node: nothing runs any more. */
  restart(): void {
    for (const sandbox of this.sandboxes.values()) sandbox.ready = false
    for (const container of this.containers.values()) {
      if (container.state === 'CONTAINER_RUNNING') this.#end(container, 255)
    }
    this.#tell({ type: 'resync' })
  }

  get cri(): CriClient {
    return {
      runtime: this.#runtime(),
      images: this.#imageCalls(),
      events: this.#events.bind(this),
      close() {},
    } as unknown as CriClient
  }

  #nanos(): bigint {
    return BigInt(Math.round(this.#clock.now())) * 1_000_000n + BigInt(this.#last)
  }

  #end(container: FakeContainer, exitCode: number): void {
    Object.assign(container, {
      state: 'CONTAINER_EXITED',
      finishedAt: this.#nanos(),
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
    })
  }

  #tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #called(method: string, name = ''): void {
    this.calls.push(name ? `${method} ${name}` : method)
    const failure = this.failures.get(method)
    if (failure) throw new CriError('UNKNOWN', failure, method)
  }

  async *#events(signal: AbortSignal): AsyncGenerator<RuntimeEvent, void, void> {
    const queue: RuntimeEvent[] = []
    let wake = () => {}
    const listener = (event: RuntimeEvent) => {
      queue.push(event)
      wake()
    }
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => wake(), { once: true })
    while (!signal.aborted) {
      const next = queue.shift()
      if (next) yield next
      else {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
    this.#listeners.delete(listener)
  }

  #runtime() {
    const find = <T>(map: Map<string, T>, id: string, method: string): T => {
      const found = map.get(id)
      if (!found) throw new CriError('NOT_FOUND', `${id} not found`, method)
      return found
    }
    const matches = (labels: Record<string, string> = {}, selector: Record<string, string> = {}) =>
      Object.entries(selector).every(([key, value]) => labels[key] === value)
    return {
      version: async () => ({ runtimeName: 'fake', runtimeVersion: '1.0.0' }),
      status: async () => ({
        status: {
          conditions: ['RuntimeReady', 'NetworkReady'].map(type => ({ type, status: true, reason: '', message: '' })),
        },
      }),
      runPodSandbox: async ({ config }: { config: PodSandboxConfig }) => {
        this.#called('runPodSandbox')
        const id = `sandbox-${++this.#last}`
        this.sandboxes.set(id, { id, config, createdAt: this.#nanos(), ip: `10.9.0.${this.#last}`, ready: true })
        return { podSandboxId: id }
      },
      podSandboxStatus: async ({ podSandboxId }: { podSandboxId: string }) => ({
        status: sandboxStatus(find(this.sandboxes, podSandboxId, 'PodSandboxStatus')),
      }),
      listPodSandbox: async ({ filter }: { filter?: { labelSelector?: Record<string, string> } } = {}) => ({
        items: [...this.sandboxes.values()]
          .filter(s => matches(s.config.labels, filter?.labelSelector))
          .map(sandboxStatus),
      }),
      stopPodSandbox: async ({ podSandboxId }: { podSandboxId: string }) => {
        this.#called('stopPodSandbox')
        find(this.sandboxes, podSandboxId, 'StopPodSandbox').ready = false
      },
      removePodSandbox: async ({ podSandboxId }: { podSandboxId: string }) => {
        this.#called('removePodSandbox')
        this.sandboxes.delete(podSandboxId)
        for (const { id, sandboxId } of this.containers.values())
          if (sandboxId === podSandboxId) this.containers.delete(id)
      },
      createContainer: async ({ podSandboxId, config }: { podSandboxId: string; config: ContainerConfig }) => {
        this.#called('createContainer', config.metadata?.name)
        const id = `container-${++this.#last}`
        this.containers.set(id, {
          id,
          sandboxId: podSandboxId,
          config,
          createdAt: this.#nanos(),
          state: 'CONTAINER_CREATED',
          startedAt: 0n,
          finishedAt: 0n,
          exitCode: 0,
          reason: '',
        })
        return { containerId: id }
      },
      startContainer: async ({ containerId }: { containerId: string }) => {
        const container = find(this.containers, containerId, 'StartContainer')
        this.#called('startContainer', container.config.metadata?.name)
        Object.assign(container, { state: 'CONTAINER_RUNNING', startedAt: this.#nanos() })
      },
      stopContainer: async ({ containerId, timeout }: { containerId: string; timeout: number }) => {
        const container = find(this.containers, containerId, 'StopContainer')
        this.#called('stopContainer', `${container.config.metadata?.name} ${timeout}`)
        if (container.state !== 'CONTAINER_RUNNING') return
        this.#end(container, 143)
        this.#tell({ type: 'exit', containerId, exitCode: 143, time: this.#clock.now() })
      },
      removeContainer: async ({ containerId }: { containerId: string }) => {
        this.#called('removeContainer')
        this.containers.delete(containerId)
      },
      listContainers: async ({ filter }: { filter?: { labelSelector?: Record<string, string> } } = {}) => ({
        containers: [...this.containers.values()]
          .filter(c => matches(c.config.labels, filter?.labelSelector))
          .map(c => ({
            id: c.id,
            podSandboxId: c.sandboxId,
            state: c.state,
            labels: c.config.labels ?? {},
            imageRef: '',
          })),
      }),
      containerStatus: async ({ containerId }: { containerId: string }) => ({
        status: containerStatus(find(this.containers, containerId, 'ContainerStatus')),
      }),
      execSync: async () => ({ exitCode: this.commandExitCode, stdout: new Uint8Array(0), stderr: new Uint8Array(0) }),
    }
  }

  #imageCalls() {
    return {
      imageStatus: async ({ image }: { image: { image: string } }) => ({
        image: this.images.has(image.image)
          ? { id: `sha256:${image.image}`, size: 1000, repoTags: [image.image] }
          : undefined,
      }),
      pullImage: async ({ image }: { image: { image: string } }) => {
        this.#called('pullImage', image.image)
        this.images.add(image.image)
        return { imageRef: image.image }
      },
      listImages: async () => ({ images: [] }),
    }
  }
}

function sandboxStatus({ id, config, createdAt, ip, ready }: FakeSandbox) {
  return {
    id,
    metadata: config.metadata,
    state: ready ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    createdAt,
    network: ready ? { ip, additionalIps: [] } : undefined,
    labels: config.labels ?? {},
    annotations: {},
  }
}

function containerStatus(container: FakeContainer) {
  const { id, config, state, createdAt, startedAt, finishedAt, exitCode, reason } = container
  return {
    id,
    metadata: config.metadata,
    state,
    createdAt,
    startedAt,
    finishedAt,
    exitCode,
    reason,
    message: '',
    image: config.image,
    imageRef: config.image?.image ?? '',
    labels: config.labels ?? {},
    annotations: config.annotations ?? {},
    mounts: [],
    logPath: `/nonexistent/${config.logPath}`,
    user: undefined,
  }
}
