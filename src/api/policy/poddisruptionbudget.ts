import { condition, validateConditions } from '../../apimachinery/meta/condition.ts'
import { labelSelector } from '../../apimachinery/meta/label-selector.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import {
  type Infer,
  int32,
  int64,
  intOrString,
  list,
  map,
  message,
  ref,
  string,
  types,
} from '../../apimachinery/schema/types.ts'
import { age, column, count } from '../columns.ts'
import { validateBudget } from './poddisruptionbudget-rules.ts'

export const podDisruptionBudgetSpec = message(
  'k8s.io.api.policy.v1.PodDisruptionBudgetSpec',
  {
    minAvailable: intOrString(1).pointer().doc('How many must stay, as a number or a percentage.'),
    selector: ref(2, labelSelector).patchReplace().doc('Which pods.'),
    maxUnavailable: intOrString(3).pointer().doc('How many may be missing, as a number or a percentage.'),
    unhealthyPodEvictionPolicy: string(4)
      .pointer()
      .oneOf('AlwaysAllow', 'IfHealthyBudget')
      .doc('When pods that are not ready may be evicted: IfHealthyBudget or AlwaysAllow.'),
  },
  {
    doc: 'How many pods may be evicted at a time.',
    validate(spec, at) {
      validateBudget(spec, at)
    },
  },
)
export interface PodDisruptionBudgetSpec extends Infer<typeof podDisruptionBudgetSpec> {}

export const podDisruptionBudgetStatus = message(
  'k8s.io.api.policy.v1.PodDisruptionBudgetStatus',
  {
    observedGeneration: int64(1).doc('The generation last acted upon.'),
    disruptedPods: map(2, types.time).doc('Pods being evicted, and since when.'),
    disruptionsAllowed: int32(3).always().min(0).doc('How many may be evicted now.'),
    currentHealthy: int32(4).always().min(0).doc('How many pods are healthy.'),
    desiredHealthy: int32(5).always().min(0).doc('How many must be.'),
    expectedPods: int32(6).always().min(0).doc('How many pods there should be.'),
    conditions: list(7, condition).mapKeys('type').patchMerge('type').doc('Observations, by type.'),
  },
  {
    doc: 'How many pods may be evicted now.',
  },
)
export interface PodDisruptionBudgetStatus extends Infer<typeof podDisruptionBudgetStatus> {}

const fields = {
  spec: ref(2, podDisruptionBudgetSpec).always().doc('How many may be evicted.'),
  status: ref(3, podDisruptionBudgetStatus).always().doc('How many may be evicted now.'),
}
export interface PodDisruptionBudget extends ObjectOf<typeof fields> {}

const columns: readonly Column<PodDisruptionBudget>[] = [
  column('Min Available', ({ spec }) => String(spec.minAvailable ?? 'N/A'), 'How many must stay.'),
  column('Max Unavailable', ({ spec }) => String(spec.maxUnavailable ?? 'N/A'), 'How many may be missing.'),
  count('Allowed Disruptions', ({ status }) => status.disruptionsAllowed, 'How many may be evicted now.'),
  age,
]

export const podDisruptionBudget = kind({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Limits how many pods are evicted at a time.',
  fields,
  validateStatusUpdate({ status }, _old, at) {
    validateConditions(status.conditions, at.child('status', 'conditions'))
  },
  columns,
})
