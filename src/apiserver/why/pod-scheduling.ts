import { persistentVolumeClaim } from '../../api/core/persistentvolumeclaim.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Cause } from '../../api/why/explanation.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import type { NodesRejected } from '../../client/decisions.ts'
import { claimCauses } from './claim.ts'
import { because, type Why } from './explain.ts'

/** Why a pod has no node: from what the scheduler wrote down the last time it tried. */
export function schedulingCauses(pod: Pod, why: Why): Cause[] {
  const { spec, metadata, status } = pod
  const gates = spec.schedulingGates ?? []
  if (gates.length > 0) {
    const names = gates.map(({ name }) => name).join(', ')
    return [
      {
        source: 'User',
        reason: 'SchedulingGated',
        message: `The pod is held back by its scheduling gates: ${names}`,
        remedy: 'whoever put them there has to take them away',
      },
    ]
  }
  const claims = unboundClaims(pod, why)
  const decision = why.server.decisions.scheduling(metadata.uid!)
  if (!decision) {
    const told = status.conditions?.find(c => c.type === 'PodScheduled' && c.status === 'False')
    const message = told?.message ?? `No scheduler of the name ${spec.schedulerName} has looked at the pod yet`
    const remedy = told ? undefined : 'see that such a scheduler runs, or do without spec.schedulerName'
    return [{ source: 'Scheduler', reason: told?.reason ?? 'NotTried', message, ...(remedy && { remedy }) }, ...claims]
  }
  const since = rfc3339(decision.at)
  const preempting: Cause[] = decision.nominatedNode
    ? [
        {
          source: 'Scheduler',
          reason: 'Preemption',
          message: `Pods of lower priority are being ended on ${decision.nominatedNode} to make room for it`,
          remedy: 'wait until they have ended',
          nodes: [decision.nominatedNode],
          since,
        },
      ]
    : []
  return [...preempting, ...decision.rejected.map(group => rejectionCause(group, since)), ...claims]
}

function rejectionCause({ plugin, reason, nodes, examples }: NodesRejected, since: string): Cause {
  const details = examples.filter(({ detail }) => detail).map(({ node, detail }) => `${node}: ${detail}`)
  const count = nodes === 1 ? '1 node' : `${nodes} nodes`
  const more = details.length > 0 && nodes > details.length ? `; and ${nodes - details.length} more` : ''
  return {
    source: 'Scheduler',
    reason: plugin,
    message:
      examples.length > 0
        ? `${count}: ${reason}${details.length > 0 ? ` (${details.join('; ')}${more})` : ''}`
        : reason,
    ...(examples[0]?.remedy && { remedy: examples[0].remedy }),
    ...(examples.length > 0 && { nodes: examples.map(({ node }) => node) }),
    since,
  }
}

/** What holds back the claims of a pod that are not bound. */
function unboundClaims({ spec, metadata }: Pod, why: Why): Cause[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: source }) => {
    const claim = source && why.get(persistentVolumeClaim, metadata.namespace!, source.claimName)
    return claim && claim.status.phase !== 'Bound' ? because(claim, claimCauses(claim, why)) : []
  })
}
