import type { PluginArgs } from '../config/args.ts'
import type { Plugin } from '../framework.ts'
import { defaultBinder } from './default-binder.ts'
import { defaultPreemption } from './default-preemption.ts'
import { dynamicResources } from './dynamic-resources.ts'
import { gangScheduling } from './gang-scheduling.ts'
import type { Handle } from './handle.ts'
import { imageLocality } from './image-locality.ts'
import { interPodAffinity } from './inter-pod-affinity.ts'
import { nodeAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { nodeVolumeLimits } from './node-volume-limits.ts'
import { podTopologySpread } from './pod-topology-spread.ts'
import { prioritySort } from './priority-sort.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'
import { volumeBinding } from './volume-binding.ts'
import { volumeRestrictions } from './volume-restrictions.ts'
import { volumeZone } from './volume-zone.ts'

/** All plugins, by name; each profile has its own ones. */
export const plugins: Readonly<Record<string, (args: PluginArgs, handle: Handle) => Plugin>> = {
  SchedulingGates: () => schedulingGates,
  PrioritySort: () => prioritySort,
  NodeUnschedulable: () => nodeUnschedulable,
  NodeName: () => nodeName,
  TaintToleration: () => taintToleration,
  NodeAffinity: args => nodeAffinity(args.NodeAffinity),
  NodePorts: () => nodePorts,
  NodeResourcesFit: args => nodeResourcesFit(args.NodeResourcesFit),
  VolumeRestrictions: (_args, handle) => volumeRestrictions(handle),
  NodeVolumeLimits: (_args, handle) => nodeVolumeLimits(handle),
  VolumeBinding: (args, handle) => volumeBinding(args.VolumeBinding, handle),
  VolumeZone: (_args, handle) => volumeZone(handle),
  PodTopologySpread: args => podTopologySpread(args.PodTopologySpread),
  InterPodAffinity: args => interPodAffinity(args.InterPodAffinity),
  DynamicResources: (_args, handle) => dynamicResources(handle),
  DefaultPreemption: (args, handle) => defaultPreemption(args.DefaultPreemption, handle),
  NodeResourcesBalancedAllocation: args => nodeResourcesBalancedAllocation(args.NodeResourcesBalancedAllocation),
  ImageLocality: () => imageLocality,
  GangScheduling: (_args, handle) => gangScheduling(handle),
  DefaultBinder: () => defaultBinder,
}

/** The plugins of a profile that does not say otherwise, in upstream's order, and how much their scores count. */
export const DEFAULT_PLUGINS: readonly { readonly name: string; readonly weight?: number }[] = [
  { name: 'SchedulingGates' },
  { name: 'PrioritySort' },
  { name: 'NodeUnschedulable' },
  { name: 'NodeName' },
  { name: 'TaintToleration', weight: 3 },
  { name: 'NodeAffinity', weight: 2 },
  { name: 'NodePorts' },
  { name: 'NodeResourcesFit', weight: 1 },
  { name: 'VolumeRestrictions' },
  { name: 'NodeVolumeLimits' },
  { name: 'VolumeBinding' },
  { name: 'VolumeZone' },
  { name: 'PodTopologySpread', weight: 2 },
  { name: 'InterPodAffinity', weight: 2 },
  { name: 'DynamicResources' },
  { name: 'DefaultPreemption' },
  { name: 'NodeResourcesBalancedAllocation', weight: 1 },
  { name: 'ImageLocality', weight: 1 },
  { name: 'GangScheduling' },
  { name: 'DefaultBinder' },
]
