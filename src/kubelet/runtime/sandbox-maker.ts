import { mkdir, readFile } from 'node:fs/promises'
import type { Pod } from '../../api/core/pod.ts'
import { runtimeClass } from '../../api/node/runtimeclass.ts'
import type { Client } from '../../client/client.ts'
import type { PodCgroups } from '../cgroups/pod-cgroups.ts'
import { errorText } from '../container-error.ts'
import type { CriClient } from '../cri/client.ts'
import type { PodSandboxConfig } from '../cri/messages/sandbox.ts'
import { uidOf } from '../pods/pod.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import { type DNSConfig, parseResolvConf } from './dns-config.ts'
import type { PodCache } from './pod-cache.ts'
import { sandboxConfig } from './sandbox-config.ts'

interface Tools {
  readonly client: Client
  readonly cri: CriClient
  readonly cache: PodCache
  readonly events: PodEvents
  readonly cgroups: PodCgroups
  readonly podLogs: string
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
  readonly resolvConf: string
}

/** A sandbox that runs. */
export interface Sandbox {
  readonly id: string
  readonly config: PodSandboxConfig
  readonly ips: readonly string[]
}

/** Makes the sandboxes of pods: the namespaces and the network that their containers share. */
export class SandboxMaker {
  readonly #tools: Tools

  constructor(tools: Tools) {
    this.#tools = tools
  }

  /** What the sandbox with this number is made from. */
  async configOf(pod: Pod, attempt: number): Promise<PodSandboxConfig> {
    const { podLogs, clusterDns, clusterDomain, cgroups } = this.#tools
    const surroundings = {
      podLogs,
      clusterDns,
      clusterDomain,
      nodeDNS: await this.#nodeDNS(),
      cgroup: cgroups.nameOf(pod),
    }
    return sandboxConfig(pod, attempt, surroundings)
  }

  async create(pod: Pod, attempt: number, signal: AbortSignal): Promise<Sandbox> {
    const { cri, cache, events } = this.#tools
    const config = await this.configOf(pod, attempt)
    try {
      await mkdir(config.logDirectory!, { recursive: true })
      const runtimeHandler = await this.#handlerOf(pod)
      const { podSandboxId: id } = await cri.runtime.runPodSandbox({ config, runtimeHandler }, { signal })
      cache.owns(uidOf(pod), id)
      const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: id })
      const network = status?.network
      return { id, config, ips: network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [] }
    } catch (error) {
      signal.throwIfAborted()
      events.warning(pod, undefined, 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${errorText(error)}`)
      throw error
    }
  }

  async #handlerOf(pod: Pod): Promise<string> {
    const name = pod.spec.runtimeClassName
    if (!name) return ''
    const { handler } = await this.#tools.client.get(runtimeClass, { name })
    return handler
  }

  async #nodeDNS(): Promise<DNSConfig> {
    return parseResolvConf(await readFile(this.#tools.resolvConf, 'utf8').catch(() => ''))
  }
}
