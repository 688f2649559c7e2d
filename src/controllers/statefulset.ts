import { type ControllerRevision, controllerRevision } from '../api/apps/controllerrevision.ts'
import { type StatefulSet, statefulSet } from '../api/apps/statefulset.ts'
import { type PersistentVolumeClaim, persistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { isReason } from '../apimachinery/errors.ts'
import { selectorOf } from '../apimachinery/labels.ts'
import type { Kind } from '../apimachinery/schema/kind.ts'
import { type Again, again, controller, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { collectRevisions, currentRevision, revisionWrites, templateOf } from './history/revisions.ts'
import { childrenOf, claim, indexByController, ownersOfOrphan } from './shared/claim.ts'
import { failButLook } from './shared/fail-but-look.ts'
import { untilNextAvailable } from './shared/pods.ts'
import { messageOf } from './shared/replicas.ts'
import { sameStored } from './shared/same.ts'
import { slowStart } from './shared/slow-start.ts'
import { hasStaleClaim, makeClaims, ownClaims } from './statefulset/claims.ts'
import { firstOrdinal, identityLabels, ordinalOf, revisionNameOf, statefulPod } from './statefulset/identity.ts'
import { needsCurrentRevision, plan, type Step, viewOf } from './statefulset/plan.ts'
import { statusOf } from './statefulset/status.ts'

const HASH_LABEL = 'controller.kubernetes.io/hash'

/** Keeps pods with stable names and storage (upstream pkg/controller/statefulset). */
export const statefulSetController = controller({
  name: 'statefulset',
  for: statefulSet,
  owns: [pod as unknown as Kind, controllerRevision as unknown as Kind],
  watches: [
    watching(pod, (object: Pod | undefined, previous: Pod | undefined, context) => [
      ...ownersOfOrphan(statefulSet, object, context, ({ spec }) => selectorOf(spec.selector)),
      ...(object ? [] : waitingForName(previous!, context)),
    ]),
    watching(persistentVolumeClaim, waitingForClaim),
  ],
  writes: [
    { kind: pod as unknown as Kind, verbs: ['create', 'delete', 'patch'] },
    { kind: persistentVolumeClaim as unknown as Kind, verbs: ['create', 'update'] },
    { kind: statefulSet as unknown as Kind, subresource: 'status', verbs: ['update'] },
    ...revisionWrites,
  ],

  setup(context) {
    indexByController(context, pod)
    indexByController(context, controllerRevision)
  },

  async reconcile(set: StatefulSet, context): Promise<Again | undefined> {
    const kind = statefulSet as unknown as Kind
    const selector = selectorOf(set.spec.selector)
    const isMember = (object: Pod) => ordinalOf(set, object) !== undefined
    await claim(context, pod, set, kind, selector, isMember)
    if (set.metadata.deletionTimestamp) return undefined
    const known = await claim(context, controllerRevision, set, kind, selector)
    const { revision: update, revisions, collisionCount } = await currentRevision(set, known, HASH_LABEL, context)
    const current = revisions.find(({ metadata }) => metadata.name === set.status.currentRevision) ?? update
    const pods = () => childrenOf(context, pod, set).filter(isMember)

    const { clock, client } = context
    await keepIdentities(set, pods(), context)
    const steps = plan(viewOf(set, pods(), clock.now()), update.metadata.name!)
    const error = await apply(set, steps, { current, update }, context)
    const names = { current: current.metadata.name!, update: update.metadata.name!, collisionCount }
    const status = statusOf(set, pods(), names, clock.now())
    if (!sameStored(status, set.status)) await client.updateStatus(statefulSet, { ...set, status })
    const { minReadySeconds = 0 } = set.spec
    const wait = minReadySeconds > 0 ? untilNextAvailable(pods(), minReadySeconds, clock.now()) : undefined
    if (error !== undefined) failButLook(error, set, wait, context)
    const inUse = new Set([status.currentRevision, status.updateRevision, ...pods().map(revisionNameOf)])
    await collectRevisions(set, revisions, ({ metadata }) => inUse.has(metadata.name), context)
    return again(wait)
  },
})

/** A pod that was in the way of one of ours is gone. */
function waitingForName({ metadata: { namespace, name } }: Pod, context: ReconcileContext): string[] {
  const owner = /^(.+)-\d+$/.exec(name!)?.[1]
  const key = `${namespace}/${owner}`
  return owner && context.informer(statefulSet).get(key) ? [key] : []
}

/** Claims that go make room for new ones. */
function waitingForClaim(
  object: PersistentVolumeClaim | undefined,
  previous: PersistentVolumeClaim | undefined,
  context: ReconcileContext,
): string[] {
  if (object) return []
  const { namespace, name = '' } = previous!.metadata
  const sets = context.informer(statefulSet).list(namespace)
  return sets
    .filter(({ metadata, spec }) =>
      spec.volumeClaimTemplates?.some(claim => name.startsWith(`${claim.metadata.name}-${metadata.name}-`)),
    )
    .map(keyOf)
}

/** Gives pods their labels, and claims their owners. */
async function keepIdentities(set: StatefulSet, pods: readonly Pod[], context: ReconcileContext): Promise<void> {
  const start = firstOrdinal(set)
  for (const child of pods) {
    const { metadata, status } = child
    if (metadata.deletionTimestamp) continue
    const ordinal = ordinalOf(set, child)!
    const labels = identityLabels(set, ordinal)
    if (Object.entries(labels).some(([key, value]) => metadata.labels?.[key] !== value)) {
      await context.client.patch(pod, metadata, 'merge', { metadata: { uid: metadata.uid, labels } })
    }
    const condemned = ordinal < start || ordinal >= start + set.spec.replicas
    if (status.phase === 'Pending' && !condemned) await makeClaims(set, ordinal, context)
    await ownClaims(set, ordinal, child, condemned, context)
  }
}

interface Revisions {
  readonly current: ControllerRevision
  readonly update: ControllerRevision
}

/** Takes the steps, more and more at once. Answers the first failure. */
async function apply(set: StatefulSet, steps: readonly Step[], revisions: Revisions, context: ReconcileContext) {
  const left = [...steps].reverse()
  const { error } = await slowStart(left.length, () => {
    const step = left.pop()!
    return step.do === 'create' ? create(set, step.ordinal, revisions, context) : remove(set, step, context)
  })
  return error
}

async function create(set: StatefulSet, ordinal: number, revisions: Revisions, context: ReconcileContext) {
  const { client, events } = context
  if (hasStaleClaim(set, ordinal, context)) return
  const old = needsCurrentRevision(set, ordinal - firstOrdinal(set))
  const { current, update } = revisions
  const template = old ? templateOf(current) : set.spec.template
  const body = statefulPod(set, template, (old ? current : update).metadata.name!, ordinal)
  const what = `create Pod ${body.metadata.name} in StatefulSet ${set.metadata.name}`
  try {
    await makeClaims(set, ordinal, context)
    await client.create(pod, body)
    events.normal(set, 'SuccessfulCreate', `${what} successful`)
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) {
      events.warning(set, 'FailedCreate', `${what} failed error: ${messageOf(error)}`)
    }
    throw error
  }
}

async function remove(
  set: StatefulSet,
  { do: why, pod: victim }: Exclude<Step, { do: 'create' }>,
  { client, events }: ReconcileContext,
): Promise<void> {
  const { metadata, status } = victim
  if (why === 'recreate') {
    const failed = status.phase === 'Failed'
    const reason = failed ? 'RecreatingFailedPod' : 'RecreatingTerminatedPod'
    const state = failed ? 'failed' : 'terminated'
    const message = `StatefulSet ${keyOf(set)} is recreating ${state} Pod ${metadata.name}`
    if (failed) events.warning(set, reason, message)
    else events.normal(set, reason, message)
  }
  const what = `delete Pod ${metadata.name} in StatefulSet ${set.metadata.name}`
  try {
    await client.delete(pod, { metadata })
    events.normal(set, 'SuccessfulDelete', `${what} successful`)
  } catch (error) {
    if (isReason(error, 'NotFound')) return
    events.warning(set, 'FailedDelete', `${what} failed error: ${messageOf(error)}`)
    throw error
  }
}
