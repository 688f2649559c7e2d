import type { History, Stored } from './history.ts'
import { isFinished, isReady } from './invariants/invariant.ts'
import { parseQuantity } from './invariants/quantity.ts'

interface Taint {
  readonly key: string
  readonly effect: string
  readonly value?: string
}
interface Toleration {
  readonly key?: string
  readonly effect?: string
  readonly operator?: string
  readonly value?: string
}

const tolerated = (tolerations: readonly Toleration[], taint: Taint): boolean =>
  tolerations.some(
    t =>
      (!t.key || t.key === taint.key) &&
      (!t.effect || t.effect === taint.effect) &&
      (t.operator === 'Exists' || (t.value ?? '') === (taint.value ?? '')),
  )

const asked = (pod: Stored, resource: string): number =>
  pod.spec.containers.reduce(
    (sum: number, c: { resources?: { requests?: Record<string, string> } }) =>
      sum + parseQuantity(c.resources?.requests?.[resource] ?? '0'),
    0,
  )

/** Whether a node could take a pod: the simulation's own plain reading of what the scheduler does. */
export function fits(history: History, pod: Stored, node: Stored): boolean {
  const { spec } = pod
  const { name, labels = {} } = node.metadata
  if (!isReady(node)) return false
  const taints: Taint[] = node.spec.taints ?? []
  if (taints.some(t => t.effect !== 'PreferNoSchedule' && !tolerated(spec.tolerations ?? [], t))) return false
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels[key] !== value) return false
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (terms && terms[0].matchFields?.[0]?.values?.[0] !== name) return false
  const there = history.list('pods').filter(p => p.spec.nodeName === name && !isFinished(p))
  const { allocatable } = node.status
  if (there.length + 1 > Number(allocatable.pods)) return false
  return ['cpu', 'memory'].every(resource => {
    const used = there.reduce((sum, p) => sum + asked(p, resource), asked(pod, resource))
    return used <= parseQuantity(allocatable[resource]) + 1e-9
  })
}
