import { plugin, Rejection } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Amounts } from '../resources.ts'

/** Keeps pods off nodes that have not enough left for them, and prefers those with most left (LeastAllocated). */
export const nodeResourcesFit = plugin({
  name: 'NodeResourcesFit',
  requeueOn: [{ on: 'node/add' }, { on: 'node/allocatable' }, { on: 'pod/delete' }],
  sign: ({ requests, nonZeroRequests }) => [...amountsKey(requests), nonZeroRequests.milliCpu, nonZeroRequests.memory],
  filter: (_state, node, pod) => insufficient(node, pod),
  score: (_state, { allocatable, nonZeroRequested }, { nonZeroRequests }) =>
    Math.floor(
      (leastAllocated(nonZeroRequested.milliCpu + nonZeroRequests.milliCpu, allocatable.milliCpu) +
        leastAllocated(nonZeroRequested.memory + nonZeroRequests.memory, allocatable.memory)) /
        2,
    ),
})

const leastAllocated = (used: number, capacity: number): number =>
  capacity === 0 || used > capacity ? 0 : Math.floor(((capacity - used) * 100) / capacity)

/** All that is short, in one rejection; it can be resolved if the pod would fit an empty node. */
function insufficient(node: NodeInfo, { requests }: PodInfo): Rejection | undefined {
  const { allocatable, requested } = node
  let reasons: string[] | undefined
  let resolvable = true
  const short = (reason: string, needed: number, capacity: number) => {
    reasons ??= []
    reasons.push(reason)
    if (needed > capacity) resolvable = false
  }
  if (node.pods.size + 1 > allocatable.pods) short('Too many pods', 0, 0)
  const { milliCpu, memory, ephemeralStorage, other } = requests
  if (milliCpu > 0 && milliCpu > allocatable.milliCpu - requested.milliCpu) {
    short('Insufficient cpu', milliCpu, allocatable.milliCpu)
  }
  if (memory > 0 && memory > allocatable.memory - requested.memory) {
    short('Insufficient memory', memory, allocatable.memory)
  }
  if (ephemeralStorage > 0 && ephemeralStorage > allocatable.ephemeralStorage - requested.ephemeralStorage) {
    short('Insufficient ephemeral-storage', ephemeralStorage, allocatable.ephemeralStorage)
  }
  for (const [name, amount] of other) {
    const capacity = allocatable.other.get(name) ?? 0
    if (amount > 0 && amount > capacity - (requested.other.get(name) ?? 0))
      short(`Insufficient ${name}`, amount, capacity)
  }
  return reasons && new Rejection(reasons, resolvable)
}

export const amountsKey = ({ milliCpu, memory, ephemeralStorage, other }: Amounts): unknown[] => [
  milliCpu,
  memory,
  ephemeralStorage,
  ...other,
]
