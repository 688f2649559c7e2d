import type { Pod } from '../../api/core/pod.ts'
import { type Eviction, eviction as evictionKind } from '../../api/policy/eviction.ts'
import { type PodDisruptionBudget, podDisruptionBudget } from '../../api/policy/poddisruptionbudget.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { internalError, notFound, tooManyRequests } from '../../apimachinery/errors.ts'
import { selectorOf } from '../../apimachinery/labels.ts'
import type { Kind, KubeObject } from '../../apimachinery/schema/kind.ts'
import { type DeleteOptions, deleteObject } from '../registry/delete.ts'
import { update } from '../registry/update.ts'
import type { ObjectSubresource, Target } from './subresource.ts'
import { success } from './success.ts'

/** POST pods/NAME/eviction: a deletion that respects disruption budgets (upstream registry/core/pod/storage/eviction.go). */
export const eviction: ObjectSubresource = {
  name: 'eviction',
  kind: evictionKind as unknown as Kind,

  async create(target: Target, body: KubeObject): Promise<KubeObject> {
    const { resource, namespace, name } = target
    const entry = resource.cacher.get(resource.key(namespace, name))
    if (!entry) throw notFound(resource.kind, name)
    const pod = entry.object as Pod
    const options = ((body as Eviction).deleteOptions ?? {}) as DeleteOptions
    const context = options.dryRun?.length ? { ...target.context, dryRun: true } : target.context
    if (!ignoresBudgets(pod)) await takeFromBudget({ ...target, context }, pod)
    if (!context.dryRun && !hasEnded(pod)) await markDisrupted({ ...target, context }, pod)
    await deleteObject(resource, namespace, name, options, context)
    return success()
  },
}

const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'

const ignoresBudgets = (pod: Pod): boolean =>
  hasEnded(pod) || pod.status?.phase === 'Pending' || !!pod.metadata.deletionTimestamp

/** Says why the pod goes: a Job's failure policy may forgive it (KEP-3329). */
async function markDisrupted({ namespace, name, context, resource }: Target, { metadata }: Pod): Promise<void> {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: rfc3339(resource.deps.clock.now()),
  }
  await update(
    resource,
    namespace,
    name,
    current => {
      const pod = current as Pod
      const others = pod.status.conditions?.filter(({ type }) => type !== condition.type) ?? []
      pod.status.conditions = [...others, condition]
      // Another pod of that name is none of this eviction's business; another state of this one is.
      pod.metadata.uid = metadata.uid
      delete pod.metadata.resourceVersion
      return current
    },
    context,
    { subresource: 'status' },
  )
}

async function takeFromBudget({ server, namespace, name, context, resource }: Target, pod: Pod): Promise<void> {
  const budgets = server.resources.of(podDisruptionBudget)
  const covering: PodDisruptionBudget[] = []
  for (const { object } of budgets.cacher.scan(`${namespace}/`)) {
    if (object.spec?.selector && selectorOf(object.spec.selector).matches(pod.metadata.labels)) covering.push(object)
  }
  if (covering.length > 1) {
    throw internalError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  }
  const [budget] = covering
  if (!budget) return
  const ready = pod.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True')
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  const lenient =
    budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' ||
    (currentHealthy >= desiredHealthy && desiredHealthy > 0)
  if (!ready && lenient) return
  await update(
    budgets,
    namespace,
    budget.metadata.name!,
    current => {
      const status = current.status
      const allowed = status?.disruptionsAllowed ?? 0
      const stale = (status?.observedGeneration ?? 0) < (current.metadata.generation ?? 0)
      if (stale || allowed <= 0) throw refused(current, stale)
      status!.disruptionsAllowed = allowed - 1
      status!.disruptedPods = { ...status!.disruptedPods, [name]: rfc3339(resource.deps.clock.now()) }
      delete current.metadata.resourceVersion
      return current
    },
    context,
    { subresource: 'status' },
  )
}

function refused(budget: PodDisruptionBudget, stale: boolean) {
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  const message = stale
    ? `The disruption budget ${budget.metadata.name} is still being processed by the server.`
    : `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  return tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", stale ? 10 : 0, [
    { reason: 'DisruptionBudget', message },
  ])
}
