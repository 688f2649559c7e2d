import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import { type PodDisruptionBudget, podDisruptionBudget } from '../../api/policy/poddisruptionbudget.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { DefaultPreemptionArgs } from '../config/args.ts'
import { type Diagnosis, fitError, type Verdict } from '../diagnosis.ts'
import { type Plugin, type PluginContext, Rejection, unresolvable } from '../framework.ts'
import type { Nominator } from '../nominator.ts'
import type { PodFilter } from '../pod-filter.ts'
import type { PodInfo } from '../pod-info.ts'
import type { PostFilterResult } from '../post-filter.ts'
import type { Handle } from './handle.ts'
import { type Candidate, leastHarmful, victimsOn } from './preemption-victims.ts'

const notHelpful = unresolvable('Preemption is not helpful for scheduling')

/** Makes room for a pod by deleting pods of lower priority where that helps (upstream plugins/defaultpreemption). */
export const defaultPreemption = (args: DefaultPreemptionArgs, { clock, nominator, informers }: Handle): Plugin => {
  const budgets = informers.of(podDisruptionBudget)
  return {
    name: 'DefaultPreemption',
    postFilter(pod, filter, diagnosis, context) {
      const obstacle = obstacleTo(pod, nominator, context)
      if (obstacle) return { message: `preemption: ${obstacle}` }
      const { candidates, verdicts } = filter
        ? findCandidates(pod, filter, diagnosis, context, args, budgets.list(), nominator)
        : { candidates: [], verdicts: [] }
      const chosen = leastHarmful(candidates)
      if (!chosen) {
        const { totalNodes, rejectedBy } = diagnosis
        const message = fitError({ totalNodes, verdicts, others: notHelpful, rejectedBy })
        return { message: `preemption: ${message}`, nominatedNodeName: '' } satisfies PostFilterResult
      }
      void evict(pod, chosen, nominator, clock, context)
      return { nominatedNodeName: chosen.node.name }
    },
  }
}

/** Why this pod must not push others out. */
function obstacleTo(pod: PodInfo, nominator: Nominator, { cache }: PluginContext): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = nominator.nodeOf(pod.uid)
  const node = nominated ? cache.node(nominated) : undefined
  for (const other of node?.pods.values() ?? []) {
    if (other.priority < pod.priority && isBeingPreempted(other.pod)) {
      return 'not eligible due to a terminating pod on the nominated node.'
    }
  }
  return undefined
}

const REASON = 'PreemptionByScheduler'

/** Whether a pod is going to make room already. */
const isBeingPreempted = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (status.conditions ?? []).some(
    ({ type, status, reason }) => type === 'DisruptionTarget' && status === 'True' && reason === REASON,
  )

function findCandidates(
  pod: PodInfo,
  filter: PodFilter,
  { verdicts }: Diagnosis,
  { random, cache }: PluginContext,
  { minCandidateNodesPercentage: percent, minCandidateNodesAbsolute: least }: DefaultPreemptionArgs,
  budgets: readonly PodDisruptionBudget[],
  nominator: Nominator,
) {
  const possible = verdicts.filter(({ rejection }) => rejection.resolvable)
  const enough = Math.max(least, Math.floor((cache.nodes.length * percent) / 100))
  const start = Math.floor(random.next() * possible.length)
  const candidates: Candidate[] = []
  const failed: Verdict[] = []
  for (let i = 0; i < possible.length && candidates.length < enough; i++) {
    const { node, plugin } = possible[(start + i) % possible.length]!
    const found = victimsOn(node, pod, filter, budgets, nominator)
    if (found instanceof Rejection) failed.push({ node, plugin, rejection: found })
    else candidates.push(found)
  }
  return { candidates, verdicts: failed }
}

/** Deletes the victims, and takes back the nominations of lesser pods to the node. */
async function evict(
  preemptor: PodInfo,
  { node, victims }: Candidate,
  nominator: Nominator,
  clock: Clock,
  { client, events }: PluginContext,
): Promise<void> {
  for (const other of nominator.on(node.name)) if (other.priority < preemptor.priority) nominator.delete(other.uid)
  await Promise.allSettled(
    victims.map(async ({ pod }) => {
      const { metadata } = pod
      if (metadata.deletionTimestamp) return
      try {
        await client.patch(podKind, metadata, 'strategic', disrupted(preemptor, clock.now()), { subresource: 'status' })
        await client.delete(podKind, { metadata })
        events.normal(pod, 'Preempted', `Preempted by pod ${preemptor.uid} on node ${node.name}`)
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error
      }
    }),
  )
}

const disrupted = ({ pod }: PodInfo, now: number) => ({
  status: {
    conditions: [
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: REASON,
        message: `${pod.spec.schedulerName}: preempting to accommodate a higher priority pod`,
        lastTransitionTime: rfc3339(now),
      },
    ],
  },
})
