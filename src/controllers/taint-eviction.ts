import { type Node, node, type Taint } from '../api/core/node.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { tolerates } from '../api/core/tolerates.ts'
import { rfc3339 } from '../apimachinery/clock.ts'
import { isReason } from '../apimachinery/errors.ts'
import { deepEqual } from '../apimachinery/json.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, controller, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { BY_NODE } from './node-lifecycle.ts'
import { isFinished } from './shared/pods.ts'

const noExecute = (object: Node | undefined): Taint[] =>
  (object?.spec.taints ?? []).filter(t => t.effect === 'NoExecute')

/** Since when a pod has been under the taints it tolerates for a time, by its key; for taints that do not tell. */
const since = new WeakMap<object, Map<string, number>>()

/** Deletes pods from nodes with NoExecute taints, at once or when their tolerationSeconds are over (upstream pkg/controller/tainteviction). */
export const taintEvictionController = controller({
  name: 'taint-eviction',
  for: pod,
  watches: [
    watching(node, (object: Node | undefined, previous: Node | undefined, { informer }: ReconcileContext) =>
      object && !deepEqual(noExecute(object), noExecute(previous))
        ? informer(pod).byIndex(BY_NODE, object.metadata.name!).map(keyOf)
        : [],
    ),
  ],
  writes: [
    { kind: pod as unknown as Kind, verbs: ['delete'] },
    { kind: pod as unknown as Kind, subresource: 'status', verbs: ['patch'] },
  ],

  setup(context) {
    since.set(context, new Map())
    context.informer(pod).addIndex(BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
  },

  async reconcile(object: Pod, context): Promise<Again | undefined> {
    const { nodeName } = object.spec
    const stays = !nodeName || object.metadata.deletionTimestamp || isFinished(object)
    const taints = stays ? [] : noExecute(context.informer(node).get(nodeName))
    const starts = since.get(context)!
    const key = keyOf(object)
    if (taints.length === 0) {
      starts.delete(key)
      return undefined
    }
    const now = context.clock.now()
    const start = starts.get(key) ?? now
    starts.set(key, start)
    const at = evictionTime(object, taints, start)
    if (at === undefined) return undefined
    if (at > now) return again(at - now)
    await evict(object, context)
    return undefined
  },

  deleted(key, context) {
    since.get(context)!.delete(key)
  },
})

/**
 * When the pod has to go (ms since the epoch); undefined when it may stay for good. `start`: since when it has been under the
 * taints, for those that do not say when they were added.
 */
function evictionTime({ spec }: Pod, taints: readonly Taint[], start: number): number | undefined {
  let earliest: number | undefined
  for (const taint of taints) {
    const used = (spec.tolerations ?? []).filter(toleration => tolerates(toleration, taint))
    if (used.length === 0) return start
    const added = taint.timeAdded ? Date.parse(taint.timeAdded) : start
    for (const { tolerationSeconds } of used) {
      if (tolerationSeconds === undefined) continue
      const at = added + Math.max(0, tolerationSeconds) * 1000
      if (earliest === undefined || at < earliest) earliest = at
    }
  }
  return earliest
}

async function evict(object: Pod, { client, clock, events }: ReconcileContext): Promise<void> {
  const { metadata } = object
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: rfc3339(clock.now()),
  }
  try {
    const patch = { metadata: { uid: metadata.uid }, status: { conditions: [condition] } }
    await client.patch(pod, metadata, 'strategic', patch, { subresource: 'status' })
    await client.delete(pod, { metadata })
  } catch (error) {
    if (isReason(error, 'NotFound')) return
    throw error
  }
  events.normal(object, 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(object)}`)
}
