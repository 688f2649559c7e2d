import { controllerRevision } from '../api/apps/controllerrevision.ts'
import { type DaemonSet, daemonSet } from '../api/apps/daemonset.ts'
import { type Node, node } from '../api/core/node.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { isReason } from '../apimachinery/errors.ts'
import { deepEqual } from '../apimachinery/json.ts'
import { selectorOf } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, controller, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { daemonPod } from './daemonset/daemon-pod.ts'
import { type Changes, placementChanges, updateChanges } from './daemonset/manage.ts'
import { placementFor } from './daemonset/placement.ts'
import { statusOf } from './daemonset/status.ts'
import { type View, viewOf } from './daemonset/view.ts'
import { collectRevisions, currentRevision, REVISION_LABEL, revisionWrites } from './history/revisions.ts'
import { Backoff } from './shared/backoff.ts'
import { childrenOf, claim, indexByController, ownersOfOrphan } from './shared/claim.ts'
import { failButLook } from './shared/fail-but-look.ts'
import { untilNextAvailable } from './shared/pods.ts'
import { isNamespaceTerminating, messageOf } from './shared/replicas.ts'
import { sameStored } from './shared/same.ts'
import { slowStart } from './shared/slow-start.ts'

/** At most so many pods are created, and so many deleted, in one go. */
const BURST = 250
/** A failed pod is replaced at once, then after 1 s, 2 s, ... */
const FAILED_POD_MS = 1000
const FAILED_POD_LIMIT_MS = 15 * 60_000

/** When pods failed, by context. */
const failures = new WeakMap<object, Backoff>()

/** Keeps a pod on every node that fits (upstream pkg/controller/daemon). */
export const daemonSetController = controller({
  name: 'daemon-set',
  eventSource: 'daemonset-controller',
  for: daemonSet,
  owns: [pod as unknown as Kind, controllerRevision as unknown as Kind],
  watches: [
    watching(pod, (object: Pod | undefined, _previous, context) =>
      ownersOfOrphan(daemonSet, object, context, ({ spec }) => selectorOf(spec.selector)),
    ),
    watching(node, concerned),
  ],
  writes: [
    { kind: pod as unknown as Kind, verbs: ['create', 'delete', 'patch'] },
    { kind: daemonSet as unknown as Kind, subresource: 'status', verbs: ['update'] },
    ...revisionWrites,
  ],

  setup(context) {
    failures.set(context, new Backoff(FAILED_POD_MS, FAILED_POD_LIMIT_MS))
    indexByController(context, pod)
    indexByController(context, controllerRevision)
  },

  async reconcile(ds: DaemonSet, context): Promise<Again | undefined> {
    const { selector, updateStrategy, minReadySeconds = 0 } = ds.spec
    if (!selector.matchExpressions?.length && Object.keys(selector.matchLabels ?? {}).length === 0) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
      context.events.warning(ds, 'SelectingAll', message)
      return undefined
    }
    if (ds.metadata.deletionTimestamp) return undefined
    const kind = daemonSet as unknown as Kind
    const matches = selectorOf(selector)
    await claim(context, pod, ds, kind, matches)
    const known = await claim(context, controllerRevision, ds, kind, matches)
    const { revision, revisions, collisionCount } = await currentRevision(ds, known, REVISION_LABEL, context)
    const hash = revision.metadata.labels![REVISION_LABEL]!
    const look = () =>
      viewOf(ds, hash, context.informer(node).list(), childrenOf(context, pod, ds), context.clock.now())

    const placed = await place(look(), context)
    const failure = placed.failure ?? (updateStrategy.type === 'RollingUpdate' && (await update(look(), context)))
    const inUse = new Set(childrenOf(context, pod, ds).map(({ metadata }) => metadata.labels?.[REVISION_LABEL]))
    inUse.add(hash)
    await collectRevisions(ds, revisions, ({ metadata }) => inUse.has(metadata.labels?.[REVISION_LABEL]), context)
    const view = look()
    const status = statusOf(view, collisionCount)
    if (!sameStored(status, ds.status)) await context.client.updateStatus(daemonSet, { ...ds, status })
    const pods = view.places.flatMap(place => place.pods)
    const available = minReadySeconds > 0 ? untilNextAvailable(pods, minReadySeconds, view.now) : undefined
    const wait = earliest(available, placed.retryMs)
    if (failure) failButLook(failure, ds, wait, context)
    return again(wait)
  },
})

const earliest = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

/** DaemonSets for which a change of a node makes a difference. */
function concerned(object: Node | undefined, previous: Node | undefined, context: ReconcileContext): string[] {
  const sets = context.informer(daemonSet).list()
  if (!object || !previous) return sets.map(keyOf)
  const same =
    deepEqual(object.metadata.labels, previous.metadata.labels) && deepEqual(object.spec.taints, previous.spec.taints)
  if (same) return []
  return sets
    .filter(ds => {
      const placement = placementFor(ds)
      return !deepEqual(placement(object), placement(previous))
    })
    .map(keyOf)
}

/** Brings pods to nodes that lack them, and takes away those that should not be. */
async function place(view: View, context: ReconcileContext): Promise<{ failure: unknown; retryMs?: number }> {
  const { ds, hash, now } = view
  const backoff = failures.get(context)!
  let retryMs: number | undefined
  const changes = placementChanges(view, ({ metadata, status }, node) => {
    const what = `${metadata.namespace}/${metadata.name} on node ${node}`
    if (status.phase === 'Succeeded') {
      context.events.normal(ds, 'SucceededDaemonPod', `Found succeeded daemon pod ${what}, will try to delete it`)
      return true
    }
    const key = `${ds.metadata.uid}/${hash}/${node}`
    const left = backoff.left(key, now)
    if (left > 0) {
      retryMs = earliest(retryMs, left)
      return false
    }
    backoff.use(key, now)
    context.events.warning(ds, 'FailedDaemonPod', `Found failed daemon pod ${what}, will try to kill it`)
    return true
  })
  return { failure: await apply(view, changes, context), retryMs }
}

const update = (view: View, context: ReconcileContext): Promise<unknown> => apply(view, updateChanges(view), context)

/** Creates and deletes. Answers the first failure. */
async function apply({ ds, hash }: View, { nodes, doomed }: Changes, context: ReconcileContext): Promise<unknown> {
  const { client, events } = context
  const left = [...nodes].slice(0, BURST).reverse()
  const { error } = await slowStart(left.length, async () => {
    try {
      const created = await client.create(pod, daemonPod(ds, hash, left.pop()!))
      events.normal(ds, 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      events.warning(ds, 'FailedCreate', `Error creating: ${messageOf(error)}`)
      throw error
    }
  })
  const results = await Promise.allSettled(
    doomed.slice(0, BURST).map(async ({ metadata }) => {
      try {
        await client.delete(pod, { metadata })
        events.normal(ds, 'SuccessfulDelete', `Deleted pod: ${metadata.name}`)
      } catch (error) {
        if (isReason(error, 'NotFound')) return
        events.warning(ds, 'FailedDelete', `Error deleting: ${messageOf(error)}`)
        throw error
      }
    }),
  )
  const failed = results.find(result => result.status === 'rejected')
  if (error === undefined && !failed && (nodes.length > BURST || doomed.length > BURST)) {
    context.enqueue(keyOf(ds))
  }
  return error ?? failed?.reason
}
