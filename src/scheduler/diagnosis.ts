import type { Rejection } from './framework.ts'
import type { NodeInfo } from './node-info.ts'

/** Which plugin kept a pod off which node, and why. */
export interface Verdict {
  readonly node: NodeInfo
  readonly plugin: string
  readonly rejection: Rejection
}

/** Why a pod fits nowhere. */
export interface Diagnosis {
  readonly totalNodes: number
  readonly verdicts: readonly Verdict[]
  /** A reason that holds for the pod as a whole, whatever the node. */
  readonly preFilter?: { readonly plugin: string; readonly rejection: Rejection }
  /** What is said of the nodes that were not looked at, because a plugin named the ones that come into question. */
  readonly others?: Rejection
  readonly rejectedBy: ReadonlySet<string>
}

/** The text of PodScheduled and FailedScheduling (upstream framework.FitError). */
export function fitError({ totalNodes, verdicts, preFilter, others }: Diagnosis, postFilterMessage?: string): string {
  const head = `0/${totalNodes} nodes are available:`
  const tail = postFilterMessage ? ` ${postFilterMessage}` : ''
  if (preFilter) return `${head} ${preFilter.rejection.reasons.join(', ')}.${tail}`
  const counts = new Map<string, number>()
  const count = (rejection: Rejection, nodes: number) => {
    for (const reason of rejection.reasons) counts.set(reason, (counts.get(reason) ?? 0) + nodes)
  }
  for (const { rejection } of verdicts) count(rejection, 1)
  if (others && verdicts.length < totalNodes) count(others, totalNodes - verdicts.length)
  const reasons = [...counts].map(([reason, nodes]) => `${nodes} ${reason}`).sort()
  return reasons.length > 0 ? `${head} ${reasons.join(', ')}.${tail}` : head + tail
}
