import type { KubeObject } from '../../apimachinery/schema/kind.ts'
import type { PersistentVolumeClaim } from '../core/persistentvolumeclaim.ts'
import { podQOS } from '../core/pod/qos.ts'
import type { Pod } from '../core/pod.ts'
import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../core/resourcequota.ts'

const POD_SCOPES = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
])

/** All conditions of a quota; a plain scope is one that has to hold. */
const conditionsOf = ({
  scopes = [],
  scopeSelector,
}: ResourceQuotaSpec): readonly ScopedResourceSelectorRequirement[] => [
  ...scopes.map(scopeName => ({ scopeName, operator: 'Exists' })),
  ...(scopeSelector?.matchExpressions ?? []),
]

/** Whether a quota counts an object. A quota with scopes counts only what its scopes are about. */
export const countsObject = (spec: ResourceQuotaSpec, object: KubeObject): boolean =>
  conditionsOf(spec).every(condition => holds(condition, object))

function holds(condition: ScopedResourceSelectorRequirement, object: KubeObject): boolean {
  const { scopeName } = condition
  if (object.kind === 'Pod' && POD_SCOPES.has(scopeName)) return holdsForPod(condition, object as Pod)
  if (object.kind === 'PersistentVolumeClaim' && scopeName === 'VolumeAttributesClass') {
    const { spec, status } = object as PersistentVolumeClaim
    const names = [spec.volumeAttributesClassName, status.currentVolumeAttributesClassName].filter(name => !!name)
    return names.length > 0 ? names.some(name => matches(condition, name)) : matches(condition, undefined)
  }
  return false
}

function holdsForPod(condition: ScopedResourceSelectorRequirement, { spec }: Pod): boolean {
  const terminating = spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0
  switch (condition.scopeName) {
    case 'Terminating':
      return terminating
    case 'NotTerminating':
      return !terminating
    case 'BestEffort':
      return podQOS(spec) === 'BestEffort'
    case 'NotBestEffort':
      return podQOS(spec) !== 'BestEffort'
    case 'PriorityClass':
      return matches(condition, spec.priorityClassName || undefined)
    default:
      return reachesOtherNamespaces(spec)
  }
}

function matches({ operator, values = [] }: ScopedResourceSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'In':
      return value !== undefined && values.includes(value)
    default:
      return value === undefined || !values.includes(value)
  }
}

function reachesOtherNamespaces({ affinity }: Pod['spec']): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap(part => [
    ...(part?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.some(
    ({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined,
  )
}
