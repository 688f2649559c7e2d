import { type Pod, pod as podKind } from '../../api/core/pod.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { rfc3339 } from '../../apimachinery/clock.ts'
import { isReason } from '../../apimachinery/errors.ts'
import type { DefaultPreemptionArgs } from '../config/args.ts'
import { type Diagnosis, fitError, type Verdict } from '../diagnosis.ts'
import { type Plugin, type PluginContext, Rejection, unresolvable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { Nominator } from '../nominator.ts'
import type { PodFilter } from '../pod-filter.ts'
import type { PodInfo } from '../pod-info.ts'
import type { PostFilterResult } from '../post-filter.ts'

/** A node, and the pods that would have to go from it. */
interface Candidate {
  readonly node: NodeInfo
  readonly victims: readonly PodInfo[]
}

const noVictims = unresolvable('No preemption victims found for incoming pod')
const notHelpful = unresolvable('Preemption is not helpful for scheduling')

/** Makes room for a pod by deleting pods of lower priority where that helps (upstream plugins/defaultpreemption). */
export const defaultPreemption = (
  args: DefaultPreemptionArgs,
  { clock, nominator }: { readonly clock: Clock; readonly nominator: Nominator },
): Plugin => ({
  name: 'DefaultPreemption',
  postFilter(pod, filter, diagnosis, context) {
    const obstacle = obstacleTo(pod, nominator, context)
    if (obstacle) return { message: `preemption: ${obstacle}` }
    const { candidates, verdicts } = findCandidates(pod, filter, diagnosis, context, args)
    const chosen = best(candidates)
    if (!chosen) {
      const { totalNodes, rejectedBy } = diagnosis
      const message = fitError({ totalNodes, verdicts, others: notHelpful, rejectedBy })
      return { message: `preemption: ${message}`, nominatedNodeName: '' } satisfies PostFilterResult
    }
    void evict(pod, chosen, nominator, clock, context)
    return { nominatedNodeName: chosen.node.name }
  },
})

/** Why this pod must not push others out. */
function obstacleTo(pod: PodInfo, nominator: Nominator, { cache }: PluginContext): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = nominator.nodeOf(pod.uid)
  const node = nominated ? cache.node(nominated) : undefined
  for (const other of node?.pods.values() ?? []) {
    if (other.priority < pod.priority && other.pod.metadata.deletionTimestamp) {
      return 'not eligible due to a terminating pod on the nominated node.'
    }
  }
  return undefined
}

function findCandidates(
  pod: PodInfo,
  filter: PodFilter,
  { verdicts }: Diagnosis,
  { random, cache }: PluginContext,
  { minCandidateNodesPercentage: percent, minCandidateNodesAbsolute: least }: DefaultPreemptionArgs,
) {
  const possible = verdicts.filter(({ rejection }) => rejection.resolvable)
  const enough = Math.max(least, Math.floor((cache.nodes.length * percent) / 100))
  const start = Math.floor(random.next() * possible.length)
  const candidates: Candidate[] = []
  const failed: Verdict[] = []
  for (let i = 0; i < possible.length && candidates.length < enough; i++) {
    const { node, plugin } = possible[(start + i) % possible.length]!
    const victims = victimsOn(node, pod, filter)
    if (victims instanceof Rejection) failed.push({ node, plugin, rejection: victims })
    else candidates.push({ node, victims })
  }
  return { candidates, verdicts: failed }
}

/** The fewest and least important pods whose absence lets the pod in; a rejection when there are none. */
function victimsOn(original: NodeInfo, pod: PodInfo, filter: PodFilter): readonly PodInfo[] | Rejection {
  const lower = [...original.pods.values()].filter(other => other.priority < pod.priority)
  if (lower.length === 0) return noVictims
  const node = original.copy()
  let trial = filter
  for (const other of lower) {
    node.remove(other.uid)
    trial = trial.withPod(other, node, -1)
  }
  const rejected = trial.check(node)
  if (rejected) return rejected.rejection
  const victims: PodInfo[] = []
  for (const other of lower.sort(moreImportant)) {
    node.add(other)
    const with_ = trial.withPod(other, node, 1)
    if (!with_.check(node)) {
      trial = with_
      continue
    }
    node.remove(other.uid)
    victims.push(other)
  }
  return victims
}

const startOf = ({ status }: Pod): number =>
  status.startTime ? Date.parse(status.startTime) : Number.POSITIVE_INFINITY

/** Higher priority first, then the one that has run for longer. */
const moreImportant = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority || (startOf(a.pod) < startOf(b.pod) ? -1 : startOf(a.pod) > startOf(b.pod) ? 1 : 0)

/** The candidate that hurts least: lowest top priority, lowest sum, fewest pods, latest started. */
function best(candidates: readonly Candidate[]): Candidate | undefined {
  const cost = ({ victims }: Candidate): number[] => {
    const top = Math.max(...victims.map(({ priority }) => priority))
    const earliest = Math.min(...victims.filter(({ priority }) => priority === top).map(({ pod }) => startOf(pod)))
    const sum = victims.reduce((total, { priority }) => total + priority + 2 ** 31, 0)
    return [top, sum, victims.length, -earliest]
  }
  let chosen: { candidate: Candidate; cost: number[] } | undefined
  for (const candidate of candidates) {
    const own = cost(candidate)
    const i = chosen ? own.findIndex((value, at) => value !== chosen!.cost[at]) : 0
    if (!chosen || (i >= 0 && own[i]! < chosen.cost[i]!)) chosen = { candidate, cost: own }
  }
  return chosen?.candidate
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
        await client.patch(podKind, metadata, 'strategic', disrupted(clock.now()), { subresource: 'status' })
        await client.delete(podKind, { metadata })
        events.normal(pod, 'Preempted', `Preempted by pod ${preemptor.uid} on node ${node.name}`)
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error
      }
    }),
  )
}

const disrupted = (now: number) => ({
  status: {
    conditions: [
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: 'default-scheduler: preempting to accommodate a higher priority pod',
        lastTransitionTime: rfc3339(now),
      },
    ],
  },
})
