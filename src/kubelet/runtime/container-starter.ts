import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Pod } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { ContainerError, errorText } from '../container-error.ts'
import type { CriClient } from '../cri/client.ts'
import type { Mount } from '../cri/messages/container.ts'
import type { PodSandboxConfig } from '../cri/messages/sandbox.ts'
import type { Input } from '../cri/protobuf.ts'
import { environmentOf } from '../env/environment.ts'
import type { ConfigObjects } from '../env/objects.ts'
import { runHook } from '../hooks/hooks.ts'
import type { ImageManager, ReadyImage } from '../images/image-manager.ts'
import { linkLog, logLinkName } from '../logs/links.ts'
import type { Directories } from '../options.ts'
import { type ContainerPlace, uidOf } from '../pods/pod.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import { containerDevices, containerMounts } from '../volumes/container-mounts.ts'
import type { MountedVolume } from '../volumes/volume.ts'
import { podDir } from '../volumes/volume-manager.ts'
import { containerConfig, logPathOf } from './container-config.ts'
import type { ContainerKiller } from './container-killer.ts'
import { writeEtcHosts } from './etc-hosts.ts'
import type { PodCache } from './pod-cache.ts'
import { newestOf, type RuntimePod } from './runtime-pod.ts'
import { podLogDir } from './sandbox-config.ts'
import { rootRefusal } from './security-context.ts'

export interface StarterTools {
  readonly cri: CriClient
  readonly clock: Clock
  readonly events: PodEvents
  readonly images: ImageManager
  readonly killer: ContainerKiller
  readonly cache: PodCache
  readonly objects: ConfigObjects
  readonly directories: Directories
  readonly clusterDomain: string
  readonly hostIPs: readonly string[]
  /** Whether the machine has cgroup v2. */
  readonly unified: boolean
  /** The node's memory in bytes. */
  readonly memory: number
  allocatable(): Readonly<Record<string, string>>
  services(): Promise<readonly Service[]>
}

/** What a container is started in. */
export interface StartPlace {
  readonly pod: Pod
  readonly runtime: RuntimePod
  readonly sandboxId: string
  readonly sandbox: PodSandboxConfig
  readonly podIPs: readonly string[]
  readonly volumes: ReadonlyMap<string, MountedVolume>
}

/** Starts containers: image, configuration, creation, start, postStart (upstream kuberuntime startContainer). */
export class ContainerStarter {
  readonly #tools: StarterTools

  constructor(tools: StarterTools) {
    this.#tools = tools
  }

  /** Rejects with a ContainerError whose reason and message the container's status shows. */
  async start(container: ContainerPlace, place: StartPlace, signal: AbortSignal): Promise<void> {
    const { cri, events, images, cache } = this.#tools
    const { pod, sandboxId, sandbox, runtime } = place
    const name = container.container
    const failed = (reason: string, error: unknown) => {
      signal.throwIfAborted()
      if (error instanceof ContainerError) {
        events.warning(pod, name, 'Failed', `Error: ${error.reason}`)
        return error
      }
      const message = error instanceof Error && error.name !== 'CriError' ? error.message : errorText(error)
      events.warning(pod, name, 'Failed', `Error: ${message}`)
      return new ContainerError(reason, message)
    }

    const image = await images.ensure(pod, name, sandbox, signal).catch(error => {
      throw failed('ErrImagePull', error)
    })
    const config = await this.#configOf(container, place, image).catch(error => {
      throw failed('CreateContainerConfigError', error)
    })
    const created = await cri.runtime
      .createContainer({ podSandboxId: sandboxId, config, sandboxConfig: sandbox }, { signal })
      .catch(error => {
        throw failed('CreateContainerError', error)
      })
    const { containerId } = created
    cache.owns(uidOf(pod), containerId)
    events.normal(pod, name, 'Created', 'Container created')
    await cri.runtime.startContainer({ containerId }, { signal }).catch(error => {
      throw failed('RunContainerError', error)
    })
    events.normal(pod, name, 'Started', 'Container started')
    await this.#link(pod, name.name, containerId, path.join(sandbox.logDirectory!, config.logPath!))

    const hook = name.lifecycle?.postStart
    if (!hook) return
    const target = { container: name, containerId, podIP: place.podIPs[0] ?? '' }
    await runHook(hook, target, this.#tools, signal).catch(async error => {
      signal.throwIfAborted()
      events.warning(pod, name, 'FailedPostStartHook', 'PostStartHook failed')
      const current = await cache.read(uidOf(pod))
      const running = current.containers.find(({ id }) => id === containerId)
      if (running) {
        await this.#tools.killer.kill(pod, runtime, { container: running, message: 'FailedPostStartHook' }, { signal })
      }
      throw new ContainerError('PostStartHookError', (error as Error).message)
    })
  }

  async #configOf(container: ContainerPlace, place: StartPlace, image: ReadyImage) {
    const { directories, objects, hostIPs, allocatable, services, memory, unified, clusterDomain } = this.#tools
    const { pod, runtime, podIPs, volumes } = place
    const refusal = rootRefusal(pod, container.container, image.user)
    if (refusal) throw new Error(refusal)

    const env = await environmentOf(pod, container.container, {
      objects,
      services: await services(),
      facts: { podIPs, hostIPs },
      allocatable: allocatable(),
    })
    const last = newestOf(runtime, container.container.name)
    const restartCount = last
      ? last.restartCount + 1
      : await restartsByLogs(place, container.container.name, directories)
    await mkdir(
      path.join(podLogDir(directories.podLogs, pod), path.dirname(logPathOf(container.container.name, restartCount))),
      { recursive: true },
    )

    const values = new Map(env.map(entry => [entry.name, entry.value]))
    const mounts = await containerMounts(pod, container.container, { volumes, env: values, root: directories.root })
    mounts.push(...(await this.#ownMounts(container, place, clusterDomain)))
    const target = container.container.targetContainerName
    return containerConfig(pod, container, {
      restartCount,
      imageRef: image.ref,
      user: image.user,
      env,
      mounts,
      devices: containerDevices(container.container, volumes),
      rootDir: directories.root,
      targetId: target ? newestOf(runtime, target)?.id : undefined,
      node: { memory, unified },
    })
  }

  /** /etc/hosts and the file for the container's last words. */
  async #ownMounts(
    { container }: ContainerPlace,
    { pod, podIPs }: StartPlace,
    domain: string,
  ): Promise<Input<Mount>[]> {
    const dir = podDir(this.#tools.directories.root, uidOf(pod))
    const mounts: Input<Mount>[] = []
    if (!(container.volumeMounts ?? []).some(({ mountPath }) => mountPath === '/etc/hosts')) {
      const hosts = path.join(dir, 'etc-hosts')
      await mkdir(dir, { recursive: true })
      await writeEtcHosts(hosts, pod, podIPs, domain)
      mounts.push({ containerPath: '/etc/hosts', hostPath: hosts })
    }
    if (container.terminationMessagePath) {
      const words = path.join(dir, 'containers', container.name, randomBytes(4).toString('hex'))
      await mkdir(path.dirname(words), { recursive: true })
      await writeFile(words, '')
      await chmod(words, 0o666)
      mounts.push({ containerPath: container.terminationMessagePath, hostPath: words })
    }
    return mounts
  }

  async #link(pod: Pod, container: string, id: string, log: string): Promise<void> {
    const { name = '', namespace = '' } = pod.metadata
    await linkLog(this.#tools.directories.containerLogs, logLinkName(name, namespace, container, id), log).catch(
      () => {},
    )
  }
}

/** Where no incarnation of a container is left its logs still tell how often it was started. */
async function restartsByLogs({ pod }: StartPlace, container: string, { podLogs }: Directories): Promise<number> {
  const names = await readdir(path.join(podLogDir(podLogs, pod), container)).catch(() => [])
  const counts = names.flatMap(name => /^(\d+)\.log/.exec(name)?.[1] ?? []).map(Number)
  return counts.length > 0 ? Math.max(...counts) + 1 : 0
}
