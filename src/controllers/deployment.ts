import { type Deployment, type DeploymentStatus, deployment } from '../api/apps/deployment.ts'
import { type ReplicaSet, replicaSet } from '../api/apps/replicaset.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { selectorOf } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, controller, type ReconcileContext, watching } from '../client/controller.ts'
import { REVISION } from './deployment/annotations.ts'
import { deadlineAt, isComplete, rolloutStatus, statusOf } from './deployment/conditions.ts'
import { collectHistory } from './deployment/history.ts'
import { withPauseCondition } from './deployment/paused.ts'
import { hasPods } from './deployment/replica-sets.ts'
import { resize } from './deployment/resize.ts'
import { growNew, shrinkOld } from './deployment/rolling.ts'
import { isScaling, scaled } from './deployment/scale.ts'
import { newSetOf, type Sets } from './deployment/sync-revision.ts'
import { childrenOf, claim, indexByController, ownersOfOrphan } from './shared/claim.ts'
import { isFinished } from './shared/pods.ts'
import { sameStored } from './shared/same.ts'

/** Moves pods from one template to the next by growing and shrinking ReplicaSets (upstream pkg/controller/deployment). */
export const deploymentController = controller({
  name: 'deployment',
  for: deployment,
  owns: [replicaSet as unknown as Kind],
  watches: [
    watching(replicaSet, (object: ReplicaSet | undefined, _previous, context) =>
      ownersOfOrphan(deployment, object, context, ({ spec }) => selectorOf(spec.selector)),
    ),
    watching(pod, wakeRecreation),
  ],
  writes: [
    { kind: replicaSet as unknown as Kind, verbs: ['create', 'update', 'patch', 'delete'] },
    { kind: deployment as unknown as Kind, subresource: 'status', verbs: ['update'] },
  ],

  setup(context) {
    indexByController(context, replicaSet)
    indexByController(context, pod)
  },

  async reconcile(d: Deployment, context): Promise<Again | undefined> {
    const { selector } = d.spec
    if (!selector.matchExpressions?.length && Object.keys(selector.matchLabels ?? {}).length === 0) {
      const message = 'This deployment is selecting all pods. A non-empty selector is required.'
      context.events.warning(d, 'SelectingAll', message)
      return write(d, d, { ...d.status, observedGeneration: d.metadata.generation }, context)
    }
    const sets = await claim(context, replicaSet, d, deployment as unknown as Kind, selectorOf(selector))
    const draft = withPauseCondition(d, context.clock.now())
    if (d.metadata.deletionTimestamp || d.spec.paused || isScaling(d, sets)) return scale(d, draft, sets, context)
    return d.spec.strategy.type === 'Recreate' ? recreate(d, draft, sets, context) : roll(d, draft, sets, context)
  },
})

/** A Deployment that recreates waits for its old pods to be gone. */
function wakeRecreation(object: Pod | undefined, previous: Pod | undefined, context: ReconcileContext): string[] {
  if (object && !isFinished(object)) return []
  const { namespace, ownerReferences } = (object ?? previous)!.metadata
  const owner = ownerReferences?.find(r => r.controller && r.kind === 'ReplicaSet')
  const set = owner && context.informer(replicaSet).get(`${namespace}/${owner.name}`)
  const parent = set?.metadata.ownerReferences?.find(r => r.controller && r.kind === 'Deployment')
  const key = `${namespace}/${parent?.name}`
  return context.informer(deployment).get(key)?.spec.strategy.type === 'Recreate' ? [key] : []
}

/** Spreads a new size over the ReplicaSets; starts no rollout. */
async function scale(d: Deployment, draft: Deployment, sets: readonly ReplicaSet[], context: ReconcileContext) {
  const now = context.clock.now()
  const { newSet, old, draft: next } = await newSetOf(d, draft, sets, false, context)
  if (d.metadata.deletionTimestamp) return write(d, next, statusOf(next, sets, newSet, now), context)
  const after = await resize(d, scaled(d, newSet, old), [...old, ...(newSet ? [newSet] : [])], context)
  if (d.spec.paused) await collectHistory(d, old, context)
  const current = after.find(set => set.metadata.uid === newSet?.metadata.uid)
  return write(d, next, statusOf(next, after, current, now), context)
}

async function roll(d: Deployment, draft: Deployment, sets: readonly ReplicaSet[], context: ReconcileContext) {
  const found = await newSetOf(d, draft, sets, true, context)
  const { newSet, old } = found
  if (!newSet) return undefined
  const all = [...old, newSet]
  const grown = growNew(d, newSet, all)
  const changes = grown ? [grown] : shrinkOld(d, newSet, old)
  return finish(d, found, await resize(d, changes, all, context), changes.length === 0, context)
}

async function recreate(d: Deployment, draft: Deployment, sets: readonly ReplicaSet[], context: ReconcileContext) {
  const found = await newSetOf(d, draft, sets, false, context)
  const all = [...found.old, ...(found.newSet ? [found.newSet] : [])]
  const active = found.old.filter(hasPods)
  if (active.length > 0) {
    const changes = active.map(set => ({ set, replicas: 0 }))
    return finish(d, found, await resize(d, changes, all, context), false, context)
  }
  if (hasOldPods(found, context)) return finish(d, found, all, false, context)
  const created = found.newSet ? found : await newSetOf(d, draft, sets, true, context)
  const { newSet, old } = created
  if (!newSet) return undefined
  const changes = newSet.spec.replicas === d.spec.replicas ? [] : [{ set: newSet, replicas: d.spec.replicas }]
  return finish(d, created, await resize(d, changes, [...old, newSet], context), changes.length === 0, context)
}

const hasOldPods = ({ old }: Sets, context: ReconcileContext): boolean =>
  old.some(set => set.status.replicas > 0 || childrenOf(context, pod, set).some(p => !isFinished(p)))

/** Writes how far the rollout is and, once it is done, clears away history. */
async function finish(
  d: Deployment,
  { newSet, draft, old }: Sets,
  after: readonly ReplicaSet[],
  steady: boolean,
  context: ReconcileContext,
): Promise<Again | undefined> {
  const current = after.find(set => set.metadata.uid === newSet?.metadata.uid)
  if (steady && isComplete(d, d.status)) await collectHistory(d, old, context)
  const now = context.clock.now()
  const status = rolloutStatus(draft, after, current, now)
  await write(d, draft, status, context)
  const deadline = deadlineAt(d, status)
  return again(deadline === undefined ? undefined : Math.max(0, deadline - now) + 1000)
}

/** Writes the status, and the revision in the annotations, where they changed. */
async function write(
  d: Deployment,
  draft: Deployment,
  status: DeploymentStatus,
  { client }: ReconcileContext,
): Promise<undefined> {
  const moved = draft.metadata.annotations?.[REVISION] !== d.metadata.annotations?.[REVISION]
  if (!moved && sameStored(status, d.status)) return
  await client.updateStatus(deployment, { ...d, metadata: draft.metadata, status })
}
