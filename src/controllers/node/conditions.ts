import type { Node } from '../../api/core/node.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'

type Conditions = NonNullable<Node['status']['conditions']>

/** Conditions that a kubelet keeps; they are unknown when it is not heard of. */
const KEPT_BY_KUBELET = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export const readiness = ({ status }: Node): string => status.conditions?.find(c => c.type === 'Ready')?.status ?? ''

/** The conditions of a node whose kubelet is silent. */
export function unknownConditions({ status, metadata }: Node, now: number): Conditions {
  const time = rfc3339(now)
  const before = status.conditions ?? []
  const missing = KEPT_BY_KUBELET.filter(type => !before.some(c => c.type === type)).map(type => ({
    type,
    status: 'Unknown',
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
    lastHeartbeatTime: metadata.creationTimestamp,
    lastTransitionTime: time,
  }))
  const known = before.map(c =>
    !KEPT_BY_KUBELET.includes(c.type) || c.status === 'Unknown'
      ? c
      : {
          ...c,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: time,
        },
  )
  return [...known, ...missing]
}
