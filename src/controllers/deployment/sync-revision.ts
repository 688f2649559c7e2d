import { type Deployment, type DeploymentCondition, deployment } from '../../api/apps/deployment.ts'
import { type ReplicaSet, replicaSet } from '../../api/apps/replicaset.ts'
import { isReason } from '../../apimachinery/errors.ts'
import { deepEqual } from '../../apimachinery/json.ts'
import type { ReconcileContext } from '../../client/controller.ts'
import { controllerUid } from '../shared/pods.ts'
import { isNamespaceTerminating, messageOf } from '../shared/replicas.ts'
import { newSetAnnotations, REVISION, revisionOf } from './annotations.ts'
import { condition, findCondition, hasProgressDeadline, withCondition } from './conditions.ts'
import { newReplicaSet } from './new-replica-set.ts'
import { findNewSet, sameTemplate } from './replica-sets.ts'

/** A Deployment's ReplicaSets, and the Deployment as its status is to be written: its revision and conditions so far. */
export interface Sets {
  readonly newSet: ReplicaSet | undefined
  readonly old: readonly ReplicaSet[]
  readonly draft: Deployment
}

/** Finds the ReplicaSet of the present template and brings its revision up to date; makes it if `create` says so. */
export async function newSetOf(
  d: Deployment,
  draft: Deployment,
  sets: readonly ReplicaSet[],
  create: boolean,
  context: ReconcileContext,
): Promise<Sets> {
  const existing = findNewSet(d, sets)
  const old = sets.filter(set => set !== existing)
  const revision = Math.max(0, ...old.map(revisionOf)) + 1
  if (existing) return { old, ...(await refresh(d, draft, existing, revision, context)) }
  if (!create) return { old, newSet: undefined, draft }
  return { old, ...(await make(d, draft, old, revision, context)) }
}

async function refresh(
  d: Deployment,
  draft: Deployment,
  set: ReplicaSet,
  revision: number,
  { client, clock }: ReconcileContext,
): Promise<Omit<Sets, 'old'>> {
  const before = set.metadata.annotations ?? {}
  const annotations = newSetAnnotations(d, before, revision, true)
  const { minReadySeconds = 0 } = d.spec
  const same = deepEqual(annotations, before) && (set.spec.minReadySeconds ?? 0) === minReadySeconds
  const newSet = same
    ? set
    : await client.update(replicaSet, {
        ...set,
        metadata: { ...set.metadata, annotations },
        spec: { ...set.spec, minReadySeconds },
      })
  const next = withRevision(draft, newSet.metadata.annotations?.[REVISION])
  if (!hasProgressDeadline(d) || findCondition(draft.status, 'Progressing')) return { newSet, draft: next }
  const message = `Found new replica set ${JSON.stringify(set.metadata.name)}`
  const found = condition('Progressing', 'True', 'FoundNewReplicaSet', message, clock.now())
  return { newSet, draft: withDraftCondition(next, found) }
}

async function make(
  d: Deployment,
  draft: Deployment,
  old: readonly ReplicaSet[],
  revision: number,
  context: ReconcileContext,
): Promise<Omit<Sets, 'old'>> {
  const { client, clock, events } = context
  const wanted = newReplicaSet(d, old, revision)
  const { name } = wanted.metadata
  let newSet: ReplicaSet
  try {
    newSet = await client.create(replicaSet, wanted)
  } catch (error) {
    if (isNamespaceTerminating(error)) return { newSet: undefined, draft }
    if (isReason(error, 'AlreadyExists')) return { newSet: await takeOrRename(d, name, error, context), draft }
    const message = `Failed to create new replica set ${JSON.stringify(name)}: ${messageOf(error)}`
    events.warning(d, 'ReplicaSetCreateError', message)
    if (hasProgressDeadline(d)) {
      const failed = condition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now())
      await client.updateStatus(deployment, withDraftCondition(draft, failed))
    }
    throw error
  }
  const { replicas } = newSet.spec
  if (replicas > 0) events.normal(d, 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`)
  const next = withRevision(draft, String(revision))
  if (!hasProgressDeadline(d)) return { newSet, draft: next }
  const message = `Created new replica set ${JSON.stringify(name)}`
  const made = condition('Progressing', 'True', 'NewReplicaSetCreated', message, clock.now())
  return { newSet, draft: withDraftCondition(next, made) }
}

/** The name is taken: by our own ReplicaSet of this template, or by a stranger, which makes us choose another name. */
async function takeOrRename(
  d: Deployment,
  name: string,
  taken: Error,
  { client }: ReconcileContext,
): Promise<ReplicaSet> {
  const there = await client.get(replicaSet, { namespace: d.metadata.namespace, name })
  if (controllerUid(there) === d.metadata.uid && sameTemplate(there.spec.template, d.spec.template)) return there
  const collisionCount = (d.status.collisionCount ?? 0) + 1
  await client.updateStatus(deployment, { ...d, status: { ...d.status, collisionCount } })
  throw taken
}

function withRevision(d: Deployment, revision: string | undefined): Deployment {
  if (!revision || d.metadata.annotations?.[REVISION] === revision) return d
  return { ...d, metadata: { ...d.metadata, annotations: { ...d.metadata.annotations, [REVISION]: revision } } }
}

const withDraftCondition = (d: Deployment, fresh: DeploymentCondition): Deployment => ({
  ...d,
  status: { ...d.status, conditions: withCondition(d.status.conditions ?? [], fresh) },
})
