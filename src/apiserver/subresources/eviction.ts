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
    await deleteObject(resource, namespace, name, options, context)
    return success()
  },
}

function ignoresBudgets(pod: Pod): boolean {
  const phase = pod.status?.phase
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || !!pod.metadata.deletionTimestamp
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
  const lenient = budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || currentHealthy >= desiredHealthy
  if (!ready && lenient && desiredHealthy > 0) return
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
