import { type Facts, type Invariant, isFinished, keyOf } from './invariant.ts'
import { parseQuantity } from './quantity.ts'

/** A pod is bound once, a pod that has ended stays so, and no node gets more than it can hold. */
export const pods: Invariant =
  facts =>
  ({ plural, key, before, after, by }) => {
    if (plural !== 'pods' || !after || after.metadata.uid !== (before ?? after).metadata.uid) return
    const [old, now] = [before?.spec.nodeName, after.spec.nodeName]
    if (old && old !== now) {
      facts.violated('a pod is bound once', `${key} was on ${old} and is bound to ${now} by ${by}`, ['pods', key])
    }
    if (before && isFinished(before) && before.status.phase !== after.status.phase) {
      facts.violated(
        'a pod that has ended stays so',
        `${key} was ${before.status.phase} and is ${after.status.phase} by ${by}`,
        ['pods', key],
      )
    }
    if (!old && now) checkNode(facts, now, key)
  }

/** What a node's pods ask for does not exceed what it has. */
function checkNode({ history, violated }: Facts, name: string, key: string): void {
  const node = history.get('nodes', name)
  if (!node) return
  const there = history.list('pods').filter(p => p.spec.nodeName === name && !isFinished(p))
  const limits = node.status.allocatable ?? {}
  const used: Record<string, number> = { pods: there.length }
  for (const pod of there) {
    for (const { resources } of pod.spec.containers) {
      for (const [resource, amount] of Object.entries(resources?.requests ?? {})) {
        used[resource] = (used[resource] ?? 0) + parseQuantity(amount as string)
      }
    }
  }
  for (const [resource, amount] of Object.entries(used)) {
    if (limits[resource] !== undefined && amount > parseQuantity(limits[resource]) + 1e-9) {
      violated(
        'a node holds what it can',
        `${name} has ${limits[resource]} of ${resource}, and with ${key} ${amount} are asked for`,
        ['nodes', name],
        ...there.map(p => ['pods', keyOf(p)] as const),
      )
    }
  }
}
