import type { DaemonSet } from '../../api/apps/daemonset.ts'
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import { scaledValue } from '../../apimachinery/intstr.ts'
import { REVISION_LABEL } from '../history/revisions.ts'
import { availableAt, isFinished } from '../shared/pods.ts'
import { targetNode } from './daemon-pod.ts'
import { placementFor } from './placement.ts'

interface Place {
  readonly node: string
  readonly exists: boolean
  readonly run: boolean
  readonly stay: boolean
  /** Oldest first, bound ones before others; without those that are ended and being deleted. */
  readonly pods: readonly Pod[]
}

/** A DaemonSet as one pass sees it. */
export interface View {
  readonly ds: DaemonSet
  readonly hash: string
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly places: readonly Place[]
}

/** Sorts pods to the nodes they are on or meant for. */
export function viewOf(ds: DaemonSet, hash: string, nodes: readonly Node[], pods: readonly Pod[], now: number): View {
  const byNode = new Map<string, Pod[]>()
  for (const pod of pods) {
    const target = targetNode(pod)
    if (target === undefined || (pod.metadata.deletionTimestamp && isFinished(pod))) continue
    const there = byNode.get(target)
    if (there) there.push(pod)
    else byNode.set(target, [pod])
  }
  for (const there of byNode.values()) there.sort(byAge)
  const placement = placementFor(ds)
  const places: Place[] = nodes.map(node => {
    const name = node.metadata.name!
    const here = byNode.get(name) ?? []
    byNode.delete(name)
    return { node: name, exists: true, ...placement(node), pods: here }
  })
  for (const [node, here] of byNode) places.push({ node, exists: false, run: false, stay: false, pods: here })
  return { ds, hash, now, places }
}

const born = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? '') || 0
const byAge = (a: Pod, b: Pod): number =>
  Number(!a.spec.nodeName) - Number(!b.spec.nodeName) ||
  born(a) - born(b) ||
  (a.metadata.name! < b.metadata.name! ? -1 : 1)

export const isUpdated = ({ hash }: View, { metadata }: Pod): boolean => metadata.labels?.[REVISION_LABEL] === hash

export function isAvailable({ ds, now }: View, pod: Pod): boolean {
  const at = availableAt(pod, ds.spec.minReadySeconds ?? 0)
  return at !== undefined && at <= now
}

/** How many nodes may have no available pod, or a second one, meanwhile. Both round up; not both zero. */
export function updateBounds({ ds, places }: View): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 1 } = ds.spec.updateStrategy.rollingUpdate ?? {}
  const desired = places.filter(({ run }) => run).length
  const surge = scaledValue(maxSurge, desired, 'up')
  const unavailable = scaledValue(maxUnavailable, desired, 'up')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}
