import { plugin, skip } from '../framework.ts'
import { amountsKey } from './node-resources-fit.ts'

/** Prefers nodes whose CPU and memory are then used to a similar degree. Says nothing of pods that ask for neither. */
export const nodeResourcesBalancedAllocation = plugin({
  name: 'NodeResourcesBalancedAllocation',
  sign: ({ requests }) => amountsKey(requests),
  preScore: ({ requests }) => (requests.milliCpu === 0 && requests.memory === 0 ? skip : undefined),
  score(_state, { allocatable, requested }, { requests }) {
    const cpu = share(requested.milliCpu + requests.milliCpu, allocatable.milliCpu)
    const memory = share(requested.memory + requests.memory, allocatable.memory)
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * 100)
  },
})

const share = (used: number, capacity: number): number => (capacity === 0 ? 1 : Math.min(1, used / capacity))
