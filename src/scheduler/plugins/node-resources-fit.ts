import { isExtendedResource } from '../../api/core/pod/resource-names.ts'
import type { NodeResourcesFitArgs } from '../config/args.ts'
import { type Plugin, plugin, Rejection } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Amounts } from '../resources.ts'
import { strategyScore } from './scoring-strategy.ts'

/** Keeps pods off nodes that have not enough left for them, and scores the use of the others by a strategy. */
export function nodeResourcesFit(args: NodeResourcesFitArgs): Plugin {
  const isIgnored = ignored(args)
  const score = strategyScore(args.scoringStrategy)
  return plugin({
    name: 'NodeResourcesFit',
    requeueOn: [{ on: 'node/add' }, { on: 'node/allocatable' }, { on: 'pod/delete' }],
    sign: ({ requests, nonZeroRequests }) => [
      ...amountsKey(requests),
      nonZeroRequests.milliCpu,
      nonZeroRequests.memory,
    ],
    filter: (_state, node, pod) => insufficient(node, pod, isIgnored),
    score: (_state, node, pod) => score(node, pod),
  })
}

/** Whether somebody else looks after an extended resource. */
function ignored({ ignoredResources = [], ignoredResourceGroups = [] }: NodeResourcesFitArgs) {
  const [names, groups] = [new Set(ignoredResources), new Set(ignoredResourceGroups)]
  return (name: string) => names.has(name) || groups.has(name.split('/')[0]!)
}

/** All that is short, in one rejection; it can be resolved if the pod would fit an empty node. */
function insufficient(
  node: NodeInfo,
  { requests }: PodInfo,
  isIgnored: (resource: string) => boolean,
): Rejection | undefined {
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
    if (isExtendedResource(name) && isIgnored(name)) continue
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
