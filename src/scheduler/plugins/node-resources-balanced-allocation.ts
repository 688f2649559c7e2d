import type { NodeResourcesBalancedAllocationArgs } from '../config/args.ts'
import { type Plugin, plugin, skip } from '../framework.ts'
import { amountOf, isOptional } from '../resources.ts'
import { amountsKey } from './node-resources-fit.ts'

/** Prefers nodes whose resources are then used to a similar degree. Says nothing of pods that ask for none of them. */
export const nodeResourcesBalancedAllocation = ({ resources }: NodeResourcesBalancedAllocationArgs): Plugin =>
  plugin({
    name: 'NodeResourcesBalancedAllocation',
    sign: ({ requests }) => amountsKey(requests),
    preScore: ({ requests }) => (resources.every(({ name }) => amountOf(requests, name) === 0) ? skip : undefined),
    score(_state, { allocatable, requested }, { requests }) {
      const shares: number[] = []
      for (const { name } of resources) {
        const [capacity, wanted] = [amountOf(allocatable, name), amountOf(requests, name)]
        if (capacity === 0 || (isOptional(name) && wanted === 0)) continue
        shares.push(Math.min(1, (amountOf(requested, name) + wanted) / capacity))
      }
      return Math.trunc((1 - deviation(shares)) * 100)
    },
  })

function deviation(shares: readonly number[]): number {
  if (shares.length < 2) return 0
  if (shares.length === 2) return Math.abs(shares[0]! - shares[1]!) / 2
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  return Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length)
}
