import type { NodesRejected } from '../client/decisions.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { PodFilter } from './pod-filter.ts'

/** Nodes that are named for each reason. */
const EXAMPLES = 3

/** What is written down of a pod that fits nowhere: which plugin said no on how many nodes, and what would change that. */
export function rejectionsOf(diagnosis: Diagnosis, filter: PodFilter | undefined): NodesRejected[] {
  const { preFilter, verdicts, totalNodes } = diagnosis
  if (preFilter) {
    const { plugin, rejection } = preFilter
    return rejection.reasons.map(reason => ({ plugin, reason, nodes: totalNodes, examples: [] }))
  }
  const groups = new Map<string, { plugin: string; reason: string; nodes: number; examples: Example[] }>()
  for (const { node, plugin, rejection } of verdicts) {
    for (const reason of rejection.reasons) {
      const key = `${plugin} ${reason}`
      const group = groups.get(key) ?? { plugin, reason, nodes: 0, examples: [] }
      groups.set(key, group)
      group.nodes++
      if (group.examples.length < EXAMPLES) {
        group.examples.push({ node: node.name, ...filter?.explain(plugin, node) })
      }
    }
  }
  return [...groups.values()].sort((a, b) => b.nodes - a.nodes)
}

type Example = NodesRejected['examples'][number]
