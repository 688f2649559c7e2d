import type { PodTemplateSpec } from '../../api/core/pod/template.ts'
import { type Pod, pod } from '../../api/core/pod.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { isReason, StatusError } from '../../apimachinery/errors.ts'
import { type Selector, selectorFromLabels } from '../../apimachinery/labels.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { type Again, again, type ReconcileContext } from '../../client/controller.ts'
import { childrenOf, claim } from './claim.ts'
import { failButLook } from './fail-but-look.ts'
import { availableAt, controllerUid, isActive, isFinished, podFromTemplate, untilNextAvailable } from './pods.ts'
import { sameStored } from './same.ts'
import { slowStart } from './slow-start.ts'
import { victims } from './victims.ts'

interface ReplicaCondition {
  type: string
  status: string
  lastTransitionTime?: string
  reason?: string
  message?: string
}

interface ReplicaStatus {
  replicas: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  terminatingReplicas?: number
  observedGeneration?: number
  conditions?: ReplicaCondition[]
}

/** What ReplicaSets and ReplicationControllers have in common. */
export interface ReplicaOwner extends KubeObject {
  spec: { replicas: number; minReadySeconds?: number; template: PodTemplateSpec }
  status: ReplicaStatus
}

/** At most so many pods are created or deleted in one go. */
const BURST = 500

/** A failed creation or deletion, told in the ReplicaFailure condition. */
interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete'
  readonly error: unknown
}

/** Brings the number of pods nearer to what is asked for, and writes down how many there are. */
export async function reconcileReplicas(
  owner: ReplicaOwner,
  kind: Kind,
  selector: Selector,
  context: ReconcileContext,
): Promise<Again | undefined> {
  const { clock, client } = context
  const pods = await claim(context, pod, owner, kind, selector)
  const active = pods.filter(isActive)
  const failure = owner.metadata.deletionTimestamp ? undefined : await manage(owner, kind, active, context)
  const now = clock.now()
  const current = childrenOf(context, pod, owner)
  const status = statusOf(owner, current, failure, now)
  if (!sameStored(status, owner.status)) {
    await client.updateStatus(kind, { ...owner, status } as KubeObject)
  }
  const { minReadySeconds = 0 } = owner.spec
  const wait = minReadySeconds > 0 ? untilNextAvailable(current.filter(isActive), minReadySeconds, now) : undefined
  if (failure) failButLook(failure.error, owner, wait, context)
  return again(wait)
}

async function manage(
  owner: ReplicaOwner,
  kind: Kind,
  active: readonly Pod[],
  context: ReconcileContext,
): Promise<Failure | undefined> {
  const missing = owner.spec.replicas - active.length
  if (missing > 0) return create(owner, Math.min(missing, BURST), context)
  if (missing === 0) return undefined
  const doomed = victims(active, relatedPods(owner, kind, context), Math.min(-missing, BURST), context.clock.now())
  return remove(owner, doomed, context)
}

async function create(owner: ReplicaOwner, count: number, context: ReconcileContext): Promise<Failure | undefined> {
  const { client, events } = context
  const body = podFromTemplate(owner, owner.spec.template)
  const { error } = await slowStart(count, async () => {
    try {
      const created = await client.create(pod, body)
      events.normal(owner, 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
    } catch (error) {
      if (!isNamespaceTerminating(error)) events.warning(owner, 'FailedCreate', `Error creating: ${messageOf(error)}`)
      throw error
    }
  })
  return error === undefined || isNamespaceTerminating(error) ? undefined : { reason: 'FailedCreate', error }
}

async function remove(
  owner: ReplicaOwner,
  doomed: readonly Pod[],
  { client, events }: ReconcileContext,
): Promise<Failure | undefined> {
  const results = await Promise.allSettled(
    doomed.map(async victim => {
      try {
        await client.delete(pod, { metadata: victim.metadata })
        events.normal(owner, 'SuccessfulDelete', `Deleted pod: ${victim.metadata.name}`)
      } catch (error) {
        if (isReason(error, 'NotFound')) return
        events.warning(owner, 'FailedDelete', `Error deleting: ${messageOf(error)}`)
        throw error
      }
    }),
  )
  const failed = results.find(result => result.status === 'rejected')
  return failed && { reason: 'FailedDelete', error: failed.reason }
}

/** Active pods of all owners that have the same controller as this one, so that a rollout empties crowded nodes first. */
function relatedPods(owner: ReplicaOwner, kind: Kind, context: ReconcileContext): Pod[] {
  const parent = controllerUid(owner)
  const siblings = parent ? context.informer(kind).byIndex('controller', parent) : [owner]
  return siblings.flatMap(sibling => childrenOf(context, pod, sibling)).filter(isActive)
}

/** What the status should say, given the pods. */
function statusOf(
  owner: ReplicaOwner,
  children: readonly Pod[],
  failure: Failure | undefined,
  now: number,
): ReplicaStatus {
  const { spec, metadata } = owner
  const wanted = selectorFromLabels(spec.template.metadata.labels)
  const conditions = conditionsOf(owner, failure, now)
  const status = {
    replicas: 0,
    fullyLabeledReplicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
    terminatingReplicas: 0,
    observedGeneration: metadata.generation,
    ...(conditions.length > 0 && { conditions }),
  }
  for (const child of children) {
    if (!isActive(child)) {
      if (!isFinished(child)) status.terminatingReplicas++
      continue
    }
    status.replicas++
    if (wanted.matches(child.metadata.labels)) status.fullyLabeledReplicas++
    const at = availableAt(child, spec.minReadySeconds ?? 0)
    if (at === undefined) continue
    status.readyReplicas++
    if (at <= now) status.availableReplicas++
  }
  return status
}

function conditionsOf({ status }: ReplicaOwner, failure: Failure | undefined, now: number): ReplicaCondition[] {
  const before = status.conditions ?? []
  if (!failure) return before.filter(c => c.type !== 'ReplicaFailure')
  if (before.some(c => c.type === 'ReplicaFailure')) return before
  const { reason, error } = failure
  const lastTransitionTime = rfc3339(now)
  return [...before, { type: 'ReplicaFailure', status: 'True', lastTransitionTime, reason, message: messageOf(error) }]
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The namespace is going away: nothing can be created there, and that is no error. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof StatusError && !!error.status.details?.causes?.some(c => c.reason === 'NamespaceTerminating')
