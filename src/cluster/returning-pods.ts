import { type Pod, pod as podKind } from '../api/core/pod.ts'
import { anySignal } from '../apimachinery/abort.ts'
import { systemClock } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'

/** Pods that were ready when their nodes stopped. */
export interface ReadyPods {
  /** By uid: the name, and the containers that ran. */
  readonly pods: ReadonlyMap<string, { readonly name: string; readonly containers: readonly string[] }>
  /** The resourceVersion at which it was so. */
  readonly revision: string
}

/** The pods on these nodes that are ready by what is stored of them. */
export async function readyPods(client: Client, nodes: readonly string[]): Promise<ReadyPods> {
  const { items, metadata } = await client.list(podKind)
  const found = items.filter(pod => nodes.includes(pod.spec.nodeName ?? '') && isReady(pod))
  const pods = new Map(
    found.map(pod => [pod.metadata.uid ?? '', { name: nameOf(pod), containers: runningContainers(pod) }]),
  )
  return { pods, revision: metadata.resourceVersion ?? '' }
}

/**
 * Resolves once all of these pods are ready again, in new containers, or have ended or gone; after `patienceMs` at the
 * latest. Resolves to the names of those that are not.
 */
export async function untilReadyAgain(
  client: Client,
  { pods, revision }: ReadyPods,
  patienceMs: number,
): Promise<string[]> {
  const waiting = new Map(pods)
  if (waiting.size === 0) return []
  const [done, late] = [new AbortController(), new AbortController()]
  const timer = systemClock.timer(patienceMs, () => late.abort())
  try {
    const options = { resourceVersion: revision }
    await client.watch(podKind, options, anySignal(done.signal, late.signal), ({ type, object }) => {
      const uid = object.metadata.uid ?? ''
      const known = waiting.get(uid)
      if (known && (type === 'DELETED' || isBack(object, known.containers))) waiting.delete(uid)
      if (waiting.size === 0) done.abort()
    })
  } catch (error) {
    if (!done.signal.aborted && !late.signal.aborted) throw error
  } finally {
    timer.cancel()
  }
  return [...waiting.values()].map(({ name }) => name).sort()
}

/** Whether a pod needs no more waiting for, given the containers that it had before. */
export function isBack(pod: Pod, before: readonly string[]): boolean {
  const { phase } = pod.status
  if (pod.metadata.deletionTimestamp || phase === 'Succeeded' || phase === 'Failed') return true
  return isReady(pod) && !runningContainers(pod).some(id => before.includes(id))
}

const isReady = ({ metadata, status }: Pod): boolean =>
  !metadata.deletionTimestamp && (status.conditions ?? []).some(c => c.type === 'Ready' && c.status === 'True')

const runningContainers = ({ status }: Pod): string[] =>
  [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].flatMap(container =>
    container.state.running && container.containerID ? [container.containerID] : [],
  )

const nameOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`
