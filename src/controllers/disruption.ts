import { deployment } from '../api/apps/deployment.ts'
import { replicaSet } from '../api/apps/replicaset.ts'
import { statefulSet } from '../api/apps/statefulset.ts'
import { type Pod, pod } from '../api/core/pod.ts'
import { replicationController } from '../api/core/replicationcontroller.ts'
import { type PodDisruptionBudget, podDisruptionBudget } from '../api/policy/poddisruptionbudget.ts'
import { selectorOf } from '../apimachinery/labels.ts'
import type { OwnerReference } from '../apimachinery/meta/object-meta.ts'
import type { Kind, KubeObject } from '../apimachinery/schema/kind.ts'
import { type Again, again, controller, type ReconcileContext, watching } from '../client/controller.ts'
import { keyOf } from '../client/informer.ts'
import { budgetStatus, evictionsUnderWay, expectedOf, withAllowed } from './disruption/budget.ts'
import { messageOf } from './shared/replicas.ts'
import { sameStored } from './shared/same.ts'

/** Kinds that say how many pods they want. */
const SCALABLE = [replicaSet, statefulSet, replicationController, deployment] as unknown as readonly Kind[]

/** Works out how many pods may be evicted at a time (upstream pkg/controller/disruption). */
export const disruptionController = controller({
  name: 'disruption',
  eventSource: 'controllermanager',
  for: podDisruptionBudget,
  watches: [watching(pod, budgetsOf)],
  reads: SCALABLE,
  writes: [{ kind: podDisruptionBudget as unknown as Kind, subresource: 'status', verbs: ['update'] }],

  async reconcile(budget: PodDisruptionBudget, context): Promise<Again | undefined> {
    const { clock, events } = context
    const now = clock.now()
    const pods = podsOf(budget, context)
    if (pods.length === 0) events.normal(budget, 'NoPods', 'No matching pods found')
    const evictions = evictionsUnderWay(budget, pods, now)
    for (const late of evictions.late) {
      const message = `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`
      events.warning(late, 'NotDeleted', message)
    }
    try {
      const expected = expectedOf(budget, pods.length, () => scaleOf(pods, context))
      await write(budget, budgetStatus(budget, pods, expected, evictions.pods, now), context)
    } catch (error) {
      const message = messageOf(error)
      events.warning(
        budget,
        'CalculateExpectedPodCountFailed',
        `Failed to calculate the number of expected pods: ${message}`,
      )
      const conditions = withAllowed(budget, 'SyncFailed', message, now)
      await write(budget, { ...budget.status, disruptionsAllowed: 0, conditions }, context)
      throw error
    }
    return again(evictions.recheckAt === undefined ? undefined : evictions.recheckAt - now)
  },
})

async function write(
  budget: PodDisruptionBudget,
  status: PodDisruptionBudget['status'],
  { client }: ReconcileContext,
): Promise<void> {
  if (!sameStored(status, budget.status)) await client.updateStatus(podDisruptionBudget, { ...budget, status })
}

function podsOf({ spec, metadata }: PodDisruptionBudget, { informer }: ReconcileContext): Pod[] {
  const selector = selectorOf(spec.selector)
  return informer(pod)
    .list(metadata.namespace)
    .filter(p => selector.matches(p.metadata.labels))
}

function budgetsOf(object: Pod | undefined, previous: Pod | undefined, { informer }: ReconcileContext): string[] {
  const { namespace } = (object ?? previous)!.metadata
  const budgets = informer(podDisruptionBudget).list(namespace)
  return budgets
    .filter(({ spec }) => [object, previous].some(p => p && selectorOf(spec.selector).matches(p.metadata.labels)))
    .map(keyOf)
}

/** The sizes of all that own these pods, added up. Throws when an owner has none. */
function scaleOf(pods: readonly Pod[], context: ReconcileContext): number {
  const sizes = new Map<string, number>()
  for (const { metadata } of pods) {
    const reference = metadata.ownerReferences?.find(r => r.controller)
    if (!reference || sizes.has(reference.uid)) continue
    const owner = find(reference, metadata.namespace, context)
    if (!owner) continue
    const above = owner.metadata.ownerReferences?.find(r => r.controller)
    const top = (above && find(above, metadata.namespace, context)) ?? owner
    sizes.set(reference.uid, 0)
    sizes.set(top.metadata.uid!, (top as KubeObject & { spec: { replicas: number } }).spec.replicas)
  }
  return [...sizes.values()].reduce((total, size) => total + size, 0)
}

function find(
  { apiVersion, kind, name, uid }: OwnerReference,
  namespace: string | undefined,
  { informer }: ReconcileContext,
): KubeObject | undefined {
  const scalable = SCALABLE.find(k => k.apiVersion === apiVersion && k.kind === kind)
  if (!scalable) throw new Error(`${kind}.${apiVersion} does not implement the scale subresource`)
  const found = informer(scalable).get(`${namespace}/${name}`)
  return found?.metadata.uid === uid ? found : undefined
}
