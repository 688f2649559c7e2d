import type { Node, Taint } from '../../api/core/node.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { readiness } from './conditions.ts'

const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** The taint for a condition, and the status that calls for it. */
const BY_CONDITION: readonly (readonly [condition: string, status: string, key: string])[] = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
]
const NO_SCHEDULE_KEYS = new Set([...BY_CONDITION.map(([, , key]) => key), UNSCHEDULABLE])
const NO_EXECUTE_KEYS = new Set([NOT_READY, UNREACHABLE])

/**
 * The taints a node should have: those that stand for its conditions, and all others as they are. `evicts`: whether a node
 * that is not ready drives its pods out.
 */
export function taintsFor(node: Node, evicts: boolean, now: number): Taint[] {
  const wanted: { key: string; effect: string }[] = []
  for (const [type, status, key] of BY_CONDITION) {
    if (node.status.conditions?.some(c => c.type === type && c.status === status))
      wanted.push({ key, effect: 'NoSchedule' })
  }
  // A node that has never said how it is takes no pods.
  if (readiness(node) === '') wanted.push({ key: NOT_READY, effect: 'NoSchedule' })
  if (node.spec.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' })
  if (evicts && readiness(node) === 'False') wanted.push({ key: NOT_READY, effect: 'NoExecute' })
  if (evicts && readiness(node) === 'Unknown') wanted.push({ key: UNREACHABLE, effect: 'NoExecute' })
  const before = node.spec.taints ?? []
  const is = (a: { key: string; effect: string }) => (b: { key: string; effect: string }) =>
    a.key === b.key && a.effect === b.effect
  const kept = before.filter(taint => !isOurs(taint) || wanted.some(is(taint)))
  const added = wanted.filter(taint => !before.some(is(taint)))
  return [...kept, ...added.map(taint => ({ ...taint, timeAdded: rfc3339(now) }))]
}

/** Whether a node that is not ready drives its pods out already. */
export const isEvicting = ({ spec }: Node): boolean =>
  (spec.taints ?? []).some(({ key, effect }) => effect === 'NoExecute' && NO_EXECUTE_KEYS.has(key))

const isOurs = ({ key, effect }: Taint): boolean =>
  (effect === 'NoSchedule' && NO_SCHEDULE_KEYS.has(key)) || (effect === 'NoExecute' && NO_EXECUTE_KEYS.has(key))
