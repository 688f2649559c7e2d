import type { CriClient } from '../cri/client.ts'
import { isNotFound } from '../cri/error.ts'
import type { PodSandboxStatus } from '../cri/messages/sandbox.ts'
import { POD_UID } from './labels.ts'
import { type RuntimeContainer, type RuntimePod, runtimeContainer } from './runtime-pod.ts'
import { terminationMessage } from './termination-message.ts'

/** Reads pods from the container runtime and knows which pod a container or a sandbox belongs to. */
export class PodCache {
  readonly #cri: CriClient
  /** Containers that have ended never change again. */
  readonly #ended = new Map<string, RuntimeContainer>()
  readonly #owners = new Map<string, string>()
  readonly #pods = new Map<string, RuntimePod>()
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(cri: CriClient) {
    this.#cri = cri
  }

  /** What was read last, without asking the runtime. */
  last(uid: string): RuntimePod | undefined {
    return this.#pods.get(uid)
  }

  /** The pod with this uid as it is now; without sandboxes and containers when the runtime has none. */
  async read(uid: string): Promise<RuntimePod> {
    const labelSelector = { [POD_UID]: uid }
    const [{ items }, { containers }] = await Promise.all([
      this.#cri.runtime.listPodSandbox({ filter: { labelSelector } }),
      this.#cri.runtime.listContainers({ filter: { labelSelector } }),
    ])
    const sandboxes = await existing(items.map(({ id }) => this.#sandbox(id)))
    const read = await existing(containers.map(({ id, podSandboxId }) => this.#container(id, podSandboxId)))
    for (const { id } of [...items, ...containers]) this.#owners.set(id, uid)
    const metadata = items[0]?.metadata
    const pod: RuntimePod = {
      uid,
      name: metadata?.name ?? '',
      namespace: metadata?.namespace ?? '',
      sandboxes: sandboxes.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
      containers: read.sort((a, b) => b.createdAt - a.createdAt || b.restartCount - a.restartCount),
    }
    this.#pods.set(uid, pod)
    return pod
  }

  /** Uids of all pods that the runtime has anything of. */
  async uids(): Promise<Set<string>> {
    const [{ items }, { containers }] = await Promise.all([
      this.#cri.runtime.listPodSandbox(),
      this.#cri.runtime.listContainers(),
    ])
    const uids = new Set<string>()
    for (const { id, labels } of [...items, ...containers]) {
      const uid = labels[POD_UID]
      if (!uid) continue
      uids.add(uid)
      this.#owners.set(id, uid)
    }
    return uids
  }

  /** Notes whose a container or a sandbox is, so that its events find their pod. */
  owns(uid: string, id: string): void {
    this.#owners.set(id, uid)
  }

  /** Resolves once the container is known to have ended, or is gone. */
  whenEnded(id: string): Promise<void> {
    if (this.#ended.has(id)) return Promise.resolve()
    return new Promise(resolve => {
      const waiting = this.#waiting.get(id) ?? []
      waiting.push(resolve)
      this.#waiting.set(id, waiting)
    })
  }

  ownerOf(id: string): string | undefined {
    return this.#owners.get(id)
  }

  /** Forgets a pod that is gone. */
  forget(uid: string): void {
    this.#pods.delete(uid)
    for (const [id, owner] of this.#owners) {
      if (owner !== uid) continue
      this.#owners.delete(id)
      this.#ended.delete(id)
      this.#wake(id)
    }
  }

  async #sandbox(podSandboxId: string): Promise<PodSandboxStatus> {
    const { status } = await this.#cri.runtime.podSandboxStatus({ podSandboxId })
    return status!
  }

  async #container(containerId: string, sandboxId: string): Promise<RuntimeContainer> {
    const known = this.#ended.get(containerId)
    if (known) return known
    const { status } = await this.#cri.runtime.containerStatus({ containerId })
    const ended = status!.state === 'CONTAINER_EXITED'
    const container = runtimeContainer(status!, sandboxId, ended ? await terminationMessage(status!) : '')
    if (ended) {
      this.#ended.set(containerId, container)
      this.#wake(containerId)
    }
    return container
  }

  #wake(id: string): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve()
    this.#waiting.delete(id)
  }
}

/** What resolves; what has vanished in between is left out. */
async function existing<T>(reads: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(reads)
  return settled.flatMap(result => {
    if (result.status === 'fulfilled') return [result.value]
    if (isNotFound(result.reason)) return []
    throw result.reason
  })
}
