import { isExtendedResource } from '../../api/core/pod/resource-names.ts'
import type { NodeResourcesFitArgs } from '../config/args.ts'
import { type Explanation, type Plugin, plugin, Rejection } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { type Amounts, amountOf } from '../resources.ts'
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
    explain: (_state, node, pod) => explainShortage(node, pod),
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

function explainShortage({ allocatable, requested, pods }: NodeInfo, { requests }: PodInfo): Explanation {
  const names = ['cpu', 'memory', 'ephemeral-storage', ...requests.other.keys()]
  const short = names.filter(name => {
    const wanted = amountOf(requests, name)
    return wanted > 0 && wanted > amountOf(allocatable, name) - amountOf(requested, name)
  })
  const details = short.map(name => {
    const [wanted, all, used] = [requests, allocatable, requested].map(amounts => amountOf(amounts, name))
    return `${show(name, wanted!)} of ${name} is asked for, ${show(name, all! - used!)} of ${show(name, all!)} is free`
  })
  if (pods.size + 1 > allocatable.pods) details.push(`it has ${pods.size} pods, of ${allocatable.pods} it can have`)
  const never = short.some(name => amountOf(requests, name) > amountOf(allocatable, name))
  return {
    detail: details.join('; '),
    remedy: never
      ? `ask for less ${short.join(' and ')}: even empty the node would be too small`
      : 'ask for less, end pods that are not needed, or add a node: tsukube up --nodes N',
  }
}

const show = (name: string, amount: number): string => {
  if (name === 'cpu') return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`
  const binary = name === 'memory' || name === 'ephemeral-storage'
  if (!binary || amount < 1024 ** 2) return String(amount)
  return amount < 1024 ** 3 ? `${Math.round(amount / 1024 ** 2)}Mi` : `${Math.round((amount * 10) / 1024 ** 3) / 10}Gi`
}
