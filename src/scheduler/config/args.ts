import { nodeAffinity } from '../../api/core/pod/affinity.ts'
import { topologySpreadConstraint } from '../../api/core/pod/scheduling.ts'
import {
  bool,
  Field,
  type Infer,
  int32,
  int64,
  list,
  message,
  ref,
  string,
  types,
} from '../../apimachinery/schema/types.ts'

/** The arguments of plugins that take some (upstream kube-scheduler config/v1 types_pluginargs.go). */

const PACKAGE = 'k8s.io.kube_scheduler.config.v1'
const duration = (number: number) => new Field(number, types.duration, { presence: 'optional' })

export const defaultPreemptionArgs = message(
  `${PACKAGE}.DefaultPreemptionArgs`,
  {
    minCandidateNodesPercentage: int32(1).pointer().default(10).doc('Share of the nodes that are tried at least.'),
    minCandidateNodesAbsolute: int32(2).pointer().default(100).doc('How many nodes are tried at least.'),
  },
  { doc: 'On how many nodes preemption is tried out.' },
)
export interface DefaultPreemptionArgs extends Infer<typeof defaultPreemptionArgs> {}

export const interPodAffinityArgs = message(
  `${PACKAGE}.InterPodAffinityArgs`,
  {
    hardPodAffinityWeight: int32(1).pointer().default(1).doc('What required affinity of placed pods counts in scores.'),
    ignorePreferredTermsOfExistingPods: bool(2).always().doc('Whether wishes of placed pods do not count.'),
  },
  { doc: 'How affinity between pods is scored.' },
)
export interface InterPodAffinityArgs extends Infer<typeof interPodAffinityArgs> {}

export const nodeAffinityArgs = message(
  `${PACKAGE}.NodeAffinityArgs`,
  { addedAffinity: ref(1, nodeAffinity).doc('Affinity that all pods have besides their own.') },
  { doc: 'Affinity to nodes for all pods of a profile.' },
)
export interface NodeAffinityArgs extends Infer<typeof nodeAffinityArgs> {}

export const podTopologySpreadArgs = message(
  `${PACKAGE}.PodTopologySpreadArgs`,
  {
    defaultConstraints: list(1, topologySpreadConstraint).doc('For pods that have none of their own.'),
    defaultingType: string(2).default('System').doc('System, or List for defaultConstraints.'),
  },
  { doc: 'How pods are spread that do not say so.' },
)
export interface PodTopologySpreadArgs extends Infer<typeof podTopologySpreadArgs> {}

const resourceSpec = message(
  `${PACKAGE}.ResourceSpec`,
  {
    name: string(1).present().doc('A resource.'),
    weight: int64(2).default(1).doc('How much it counts.'),
  },
  { doc: 'A resource that counts in scores.' },
)
export interface ResourceSpec extends Infer<typeof resourceSpec> {}

const utilizationShapePoint = message(
  `${PACKAGE}.UtilizationShapePoint`,
  {
    utilization: int32(1).present().doc('Percent in use.'),
    score: int32(2).present().doc('What that is worth, 0 to 10.'),
  },
  { doc: 'One point of a function from use to score.' },
)
export interface UtilizationShapePoint extends Infer<typeof utilizationShapePoint> {}

const requestedToCapacityRatioParam = message(
  `${PACKAGE}.RequestedToCapacityRatioParam`,
  { shape: list(1, utilizationShapePoint).doc('A function from use to score.') },
  { doc: 'For RequestedToCapacityRatio.' },
)

const CPU_AND_MEMORY = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

const scoringStrategy = message(
  `${PACKAGE}.ScoringStrategy`,
  {
    type: string(1).default('LeastAllocated').doc('LeastAllocated, MostAllocated or RequestedToCapacityRatio.'),
    resources: list(2, resourceSpec).default(CPU_AND_MEMORY).doc('Which resources count.'),
    requestedToCapacityRatio: ref(3, requestedToCapacityRatioParam).doc('For RequestedToCapacityRatio.'),
  },
  { doc: 'How the use of nodes is scored.' },
)
export interface ScoringStrategy extends Infer<typeof scoringStrategy> {}

export const nodeResourcesFitArgs = message(
  `${PACKAGE}.NodeResourcesFitArgs`,
  {
    ignoredResources: list(1, types.string).doc('Extended resources that somebody else looks after.'),
    ignoredResourceGroups: list(2, types.string).doc('The same, by what stands before the slash.'),
    scoringStrategy: ref(3, scoringStrategy)
      .default({ type: 'LeastAllocated', resources: CPU_AND_MEMORY })
      .doc('How use is scored.'),
  },
  { doc: 'Which resources count, and how.' },
)
export interface NodeResourcesFitArgs extends Infer<typeof nodeResourcesFitArgs> {}

export const nodeResourcesBalancedAllocationArgs = message(
  `${PACKAGE}.NodeResourcesBalancedAllocationArgs`,
  { resources: list(1, resourceSpec).default(CPU_AND_MEMORY).doc('Resources whose use is balanced.') },
  { doc: 'Which resources are balanced.' },
)
export interface NodeResourcesBalancedAllocationArgs extends Infer<typeof nodeResourcesBalancedAllocationArgs> {}

export const volumeBindingArgs = message(
  `${PACKAGE}.VolumeBindingArgs`,
  {
    bindTimeoutSeconds: int64(1).pointer().default(600).doc('How long binding may take.'),
    shape: list(2, utilizationShapePoint).doc('A function from use of capacity to score.'),
  },
  { doc: 'How volumes are bound.' },
)
export interface VolumeBindingArgs extends Infer<typeof volumeBindingArgs> {}

export const dynamicResourcesArgs = message(
  `${PACKAGE}.DynamicResourcesArgs`,
  {
    filterTimeout: duration(1).doc('How long the search for devices on one node may take.'),
    bindingTimeout: duration(2).doc('How long preparing devices may take.'),
  },
  { doc: 'How devices are allocated.' },
)

/** The arguments each plugin takes, by its name. */
export const pluginArgs = {
  DefaultPreemption: defaultPreemptionArgs,
  InterPodAffinity: interPodAffinityArgs,
  NodeAffinity: nodeAffinityArgs,
  PodTopologySpread: podTopologySpreadArgs,
  NodeResourcesFit: nodeResourcesFitArgs,
  NodeResourcesBalancedAllocation: nodeResourcesBalancedAllocationArgs,
  VolumeBinding: volumeBindingArgs,
  DynamicResources: dynamicResourcesArgs,
} as const
export type PluginArgs = { [N in keyof typeof pluginArgs]: Infer<(typeof pluginArgs)[N]> }
