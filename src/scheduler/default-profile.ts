import type { Clock } from '../apimachinery/clock.ts'
import type { Nominator } from './nominator.ts'
import { defaultBinder } from './plugins/default-binder.ts'
import { defaultPreemption } from './plugins/default-preemption.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { interPodAffinity } from './plugins/inter-pod-affinity.ts'
import { nodeAffinity } from './plugins/node-affinity.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './plugins/node-resources-fit.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { podTopologySpread } from './plugins/pod-topology-spread.ts'
import { prioritySort } from './plugins/priority-sort.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { taintToleration } from './plugins/taint-toleration.ts'
import { Profile } from './profile.ts'

/** The plugins of `default-scheduler` with upstream's order and weights. */
export const defaultProfile = (clock: Clock, nominator: Nominator): Profile =>
  new Profile(
    'default-scheduler',
    [
      schedulingGates,
      prioritySort,
      nodeUnschedulable,
      nodeName,
      { plugin: taintToleration, weight: 3 },
      { plugin: nodeAffinity, weight: 2 },
      nodePorts,
      nodeResourcesFit,
      { plugin: podTopologySpread, weight: 2 },
      { plugin: interPodAffinity, weight: 2 },
      nodeResourcesBalancedAllocation,
      imageLocality,
      defaultBinder,
    ],
    defaultPreemption(clock, nominator),
  )
