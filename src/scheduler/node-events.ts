import type { Node } from '../api/core/node.ts'
import { deepEqual } from '../apimachinery/json.ts'
import type { ClusterEvent } from './framework.ts'

/** What a change of a node means to pods that wait for one; nothing when it concerns no plugin, as a heartbeat. */
export function nodeEvents(node: Node, previous: Node | undefined): ClusterEvent[] {
  if (!previous) return ['node/add']
  const events: ClusterEvent[] = []
  const [old, fresh] = [previous, node]
  if (!deepEqual(old.status.allocatable, fresh.status.allocatable)) events.push('node/allocatable')
  if (!deepEqual(old.metadata.labels, fresh.metadata.labels)) events.push('node/labels')
  if (!deepEqual(old.spec.taints, fresh.spec.taints)) events.push('node/taints')
  if (old.spec.unschedulable !== fresh.spec.unschedulable) events.push('node/unschedulable')
  return events
}
