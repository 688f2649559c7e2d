import { validateNodeSelector } from '../../api/core/pod/affinity-rules.ts'
import type { At } from '../../apimachinery/validation/at.ts'
import { validateLabelName } from '../../apimachinery/validation/labels.ts'
import type { PluginArgs, ResourceSpec, UtilizationShapePoint } from './args.ts'

type Rules = { readonly [N in keyof PluginArgs]?: (args: PluginArgs[N], at: At) => void }

const STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']

/** What must hold in the arguments of plugins (upstream validation_pluginargs.go). */
export const argsRules: Rules = {
  DefaultPreemption({ minCandidateNodesPercentage: percentage, minCandidateNodesAbsolute: absolute }, at) {
    const [one, other] = [at.child('minCandidateNodesPercentage'), at.child('minCandidateNodesAbsolute')]
    if (percentage < 0 || percentage > 100) one.invalid(percentage, 'not in valid range [0, 100]')
    if (absolute < 0) other.invalid(absolute, 'not in valid range [0, inf)')
    if (percentage !== 0 || absolute !== 0) return
    one.invalid(percentage, 'cannot be zero at the same time as minCandidateNodesAbsolute')
    other.invalid(absolute, 'cannot be zero at the same time as minCandidateNodesPercentage')
  },

  InterPodAffinity({ hardPodAffinityWeight: weight }, at) {
    if (weight < 0 || weight > 100) at.child('hardPodAffinityWeight').invalid(weight, 'not in valid range [0, 100]')
  },

  NodeAffinity({ addedAffinity }, at) {
    const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    const place = at.child('addedAffinity', 'requiredDuringSchedulingIgnoredDuringExecution')
    if (required) validateNodeSelector(required, place)
  },

  PodTopologySpread({ defaultingType, defaultConstraints = [] }, at) {
    const type = at.child('defaultingType')
    if (defaultingType !== 'System' && defaultingType !== 'List') type.notSupported(defaultingType, ['System', 'List'])
    else if (defaultingType === 'System' && defaultConstraints.length > 0) {
      type.invalid(defaultingType, 'when .defaultConstraints are not empty')
    }
    const list = at.child('defaultConstraints')
    defaultConstraints.forEach(({ labelSelector, topologyKey, whenUnsatisfiable }, i) => {
      const forbidden = 'constraint must not define a selector, as they deduced for each pod'
      if (labelSelector) list.index(i).child('labelSelector').forbidden(forbidden)
      const same = (other: { topologyKey: string; whenUnsatisfiable: string }) =>
        other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable
      if (defaultConstraints.findIndex(same) < i) list.index(i).duplicate(`{${topologyKey}, ${whenUnsatisfiable}}`)
    })
  },

  NodeResourcesFit({ ignoredResources = [], ignoredResourceGroups = [], scoringStrategy }, at) {
    ignoredResources.forEach((name, i) => {
      validateLabelName(name, at.child('ignoredResources').index(i))
    })
    ignoredResourceGroups.forEach((group, i) => {
      const place = at.child('ignoredResourceGroups').index(i)
      if (group.includes('/')) place.invalid(group, "resource group name can't contain '/'")
      validateLabelName(group, place)
    })
    const { type, resources, requestedToCapacityRatio: ratio } = scoringStrategy
    const place = at.child('scoringStrategy')
    if (!STRATEGIES.includes(type)) place.child('type').notSupported(type, STRATEGIES)
    validateResources(resources, place.child('resources'))
    const ratioPlace = place.child('requestedToCapacityRatio')
    if (type !== 'RequestedToCapacityRatio') {
      if (ratio) ratioPlace.forbidden('must be nil when type is not RequestedToCapacityRatio')
    } else if (!ratio) ratioPlace.required('must be specified when type is RequestedToCapacityRatio')
    else validateShape(ratio.shape ?? [], ratioPlace.child('shape'))
  },

  NodeResourcesBalancedAllocation({ resources }, at) {
    resources.forEach(({ name, weight }, i) => {
      const place = at.child('resources').index(i)
      if (resources.findIndex(other => other.name === name) < i) place.child('name').duplicate(name)
      if (weight !== 1) place.child('weight').invalid(weight, 'must be 1')
    })
  },

  VolumeBinding({ bindTimeoutSeconds, shape }, at) {
    if (bindTimeoutSeconds < 0) {
      const detail = 'invalid BindTimeoutSeconds, should not be a negative value'
      at.child('bindTimeoutSeconds').invalid(bindTimeoutSeconds, detail)
    }
    if (shape) {
      const detail = 'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring'
      at.child('shape').invalid(shape, detail)
    }
  },
}

function validateResources(resources: readonly ResourceSpec[], at: At): void {
  resources.forEach(({ name, weight }, i) => {
    if (weight > 0 && weight <= 100) return
    at.index(i).child('weight').invalid(weight, `resource weight of ${name} not in valid range (0, 100]`)
  })
}

function validateShape(shape: readonly UtilizationShapePoint[], at: At): void {
  if (shape.length === 0) at.required('at least one point must be specified')
  const unsorted = shape.findIndex(({ utilization }, i) => i > 0 && shape[i - 1]!.utilization >= utilization)
  if (unsorted >= 0) {
    const { utilization } = shape[unsorted]!
    at.index(unsorted).child('utilization').invalid(utilization, 'values must be sorted in increasing order')
  }
  shape.forEach(({ utilization, score }, i) => {
    if (utilization < 0 || utilization > 100) {
      at.index(i).child('utilization').invalid(utilization, 'not in valid range [0, 100]')
    }
    if (score < 0 || score > 10) at.index(i).child('score').invalid(score, 'not in valid range [0, 10]')
  })
}
