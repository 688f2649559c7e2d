import type { NodeCondition } from '../../api/core/node.ts'
import type { Pressures } from '../eviction.ts'

interface Words {
  readonly type: string
  readonly bad: readonly [reason: string, message: string]
  readonly good: readonly [reason: string, message: string]
}

const PRESSURES: readonly (Words & { readonly of: keyof Pressures })[] = [
  {
    type: 'MemoryPressure',
    of: 'memory',
    bad: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    good: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  },
  {
    type: 'DiskPressure',
    of: 'disk',
    bad: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    good: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  },
  {
    type: 'PIDPressure',
    of: 'pid',
    bad: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    good: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  },
]

/** A node's conditions. `problem`: what keeps it from running pods. Times are RFC 3339. */
export function nodeConditions(
  pressures: Pressures,
  problem: string | undefined,
  before: readonly NodeCondition[],
  now: string,
): NodeCondition[] {
  const condition = (
    type: string,
    status: 'True' | 'False',
    [reason, message]: readonly [string, string],
  ): NodeCondition => {
    const previous = before.find(other => other.type === type)
    const lastTransitionTime = previous?.status === status ? previous.lastTransitionTime : now
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message }
  }
  return [
    ...PRESSURES.map(({ type, of, bad, good }) =>
      pressures[of] ? condition(type, 'True', bad) : condition(type, 'False', good),
    ),
    problem
      ? condition('Ready', 'False', ['KubeletNotReady', problem])
      : condition('Ready', 'True', ['KubeletReady', 'kubelet is posting ready status']),
  ]
}

/** The event for a condition that has changed, as upstream names it. */
export function conditionEvent({ type, status, reason = '' }: NodeCondition): string {
  if (type === 'Ready') return status === 'True' ? 'NodeReady' : 'NodeNotReady'
  return reason.replace(/^Kubelet/, 'Node')
}
