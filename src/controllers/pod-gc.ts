import { type Node, node } from '../api/core/node.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import {
  type Again,
  again,
  type Controller,
  controller,
  type ReconcileContext,
  watching,
} from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { readiness } from './node/conditions.ts'
import { BY_NODE } from './node-lifecycle.ts'
import { conditionOf, isFinished } from './shared/pods.ts'

const FINISHED = 'finished'
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'
/** A node that is missing may come back for so long before its pods go. */
const QUARANTINE_MS = 40_000

export interface PodGcOptions {
  /** How many pods that have ended are kept (upstream --terminated-pod-gc-threshold). */
  readonly terminatedThreshold?: number
}

/** Removes pods that nobody else will: of nodes that are gone, deleted before they had a node, ended and too many (upstream pkg/controller/podgc). */
export function podGarbageCollector({ terminatedThreshold = 12_500 }: PodGcOptions = {}): Controller {
  /** When a node was first found missing, by context. */
  const missing = new WeakMap<object, Map<string, number>>()
  return controller({
    name: 'pod-garbage-collector',
    account: 'pod-garbage-collector',
    for: pod,
    watches: [
      watching(node, (object: Node | undefined, previous: Node | undefined, context: ReconcileContext) => {
        const name = (object ?? previous)!.metadata.name!
        if (object) missing.get(context)!.delete(name)
        else missing.get(context)!.set(name, context.clock.now())
        const concerned = !object || isOutOfService(object)
        return concerned ? context.informer(pod).byIndex(BY_NODE, name).map(keyOf) : []
      }),
    ],
    writes: [
      { kind: pod as unknown as Kind, verbs: ['delete'] },
      { kind: pod as unknown as Kind, subresource: 'status', verbs: ['patch'] },
      { kind: node as unknown as Kind, verbs: ['get'] },
    ],

    setup(context) {
      missing.set(context, new Map())
      const informer = context.informer(pod)
      informer.addIndex(BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
      informer.addIndex(FINISHED, p => (isFinished(p) ? [''] : []))
    },

    async reconcile(object: Pod, context): Promise<Again | undefined> {
      const { nodeName } = object.spec
      if (!nodeName) {
        if (object.metadata.deletionTimestamp) await remove(object, undefined, context)
        else if (isFinished(object)) await removeExcess(terminatedThreshold, context)
        return undefined
      }
      const onNode = context.informer(node).get(nodeName)
      if (!onNode) return orphaned(object, nodeName, missing.get(context)!, context)
      if (object.metadata.deletionTimestamp && isOutOfService(onNode)) await remove(object, undefined, context)
      else if (isFinished(object)) await removeExcess(terminatedThreshold, context)
      return undefined
    },
  })
}

const isOutOfService = (object: Node): boolean =>
  readiness(object) !== 'True' && !!object.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE)

async function orphaned(
  object: Pod,
  nodeName: string,
  missing: Map<string, number>,
  context: ReconcileContext,
): Promise<Again | undefined> {
  const { client, clock } = context
  const since = missing.get(nodeName) ?? clock.now()
  missing.set(nodeName, since)
  // A scheduler that has not heard yet may go on sending pods there: each gets its time, or they would come and go in a ring.
  const left = Math.min(QUARANTINE_MS, Math.max(since, boundAt(object)) + QUARANTINE_MS - clock.now())
  if (left > 0) return again(left)
  try {
    await client.get(node, { name: nodeName })
    return undefined
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
  await remove(object, 'PodGC: node no longer exists', context)
  return undefined
}

const boundAt = (object: Pod): number =>
  Date.parse(conditionOf(object, 'PodScheduled')?.lastTransitionTime ?? object.metadata.creationTimestamp ?? '') || 0

/** Deletes a pod without grace; one that had not ended is marked as failed first, so that its owner can tell. */
async function remove(object: Pod, why: string | undefined, { client, clock }: ReconcileContext): Promise<void> {
  const { metadata } = object
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message: why,
    lastTransitionTime: rfc3339(clock.now()),
  }
  const status = { phase: 'Failed', ...(why && { conditions: [condition] }) }
  try {
    if (!isFinished(object)) {
      const patch = { metadata: { uid: metadata.uid }, status }
      await client.patch(pod, metadata, 'strategic', patch, { subresource: 'status' })
    }
    await client.delete(pod, { metadata }, { gracePeriodSeconds: 0 })
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
}

async function removeExcess(threshold: number, context: ReconcileContext): Promise<void> {
  const informer = context.informer(pod)
  const excess = informer.countByIndex(FINISHED, '') - threshold
  if (threshold <= 0 || excess <= 0) return
  const age = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? '') || 0
  const oldest = informer.byIndex(FINISHED, '').sort((a, b) => age(a) - age(b))
  for (const object of oldest.slice(0, excess)) await remove(object, undefined, context)
}
