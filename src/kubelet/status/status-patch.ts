import type { PodStatus } from '../../api/core/pod/status.ts'
import { deepEqual } from '../../apimachinery/json.ts'

/** Fields that a kubelet owns; it leaves the others as they are. */
const OWNED = [
  'observedGeneration',
  'phase',
  'reason',
  'message',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
  'startTime',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
  'qosClass',
] as const

/** Lists that strategic merge patch would join by key. */
const REPLACED = new Set(['hostIPs', 'podIPs'])

const plain = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

/**
 * The strategic merge patch that brings a pod's status from what is stored to what it should be; undefined when there is
 * nothing to change.
 */
export function statusPatch(from: PodStatus, to: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {}
  for (const field of OWNED) {
    const wanted = plain(to[field])
    if (deepEqual(plain(from[field]), wanted)) continue
    patch[field] = wanted === undefined ? null : REPLACED.has(field) ? [{ $patch: 'replace' }, ...wanted] : wanted
  }
  const conditions = (to.conditions ?? []).filter(condition => {
    const stored = from.conditions?.find(({ type }) => type === condition.type)
    return !deepEqual(comparable(stored), comparable(condition))
  })
  if (conditions.length > 0)
    patch.conditions = conditions.map(condition => ({
      lastProbeTime: null,
      ...plain(condition),
      reason: condition.reason ?? null,
      message: condition.message ?? null,
    }))
  return Object.keys(patch).length > 0 ? patch : undefined
}

function comparable(condition: NonNullable<PodStatus['conditions']>[number] | undefined) {
  if (!condition) return undefined
  const { type, status, reason = '', message = '', observedGeneration } = condition
  return { type, status, reason, message, observedGeneration }
}
