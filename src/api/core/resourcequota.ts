import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, map, message, ref, string, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { showUsage } from './resourcequota-columns.ts'
import { validateResourceQuota, validateResourceQuotaUpdate } from './resourcequota-rules.ts'

export const scopedResourceSelectorRequirement = message(
  'k8s.io.api.core.v1.ScopedResourceSelectorRequirement',
  {
    scopeName: string(1).present().doc('The scope it is about, as PriorityClass.'),
    operator: string(2).present().doc('In, NotIn, Exists or DoesNotExist.'),
    values: list(3, types.string).atomic().doc('For In and NotIn: what it is compared with.'),
  },
  {
    doc: 'A condition on what a quota counts.',
  },
)
export interface ScopedResourceSelectorRequirement extends Infer<typeof scopedResourceSelectorRequirement> {}

export const scopeSelector = message(
  'k8s.io.api.core.v1.ScopeSelector',
  {
    matchExpressions: list(1, scopedResourceSelectorRequirement).atomic().doc('The conditions.'),
  },
  {
    atomic: true,
    doc: 'Conditions on what a quota counts; all must hold.',
  },
)
export interface ScopeSelector extends Infer<typeof scopeSelector> {}

export const resourceQuotaSpec = message(
  'k8s.io.api.core.v1.ResourceQuotaSpec',
  {
    hard: map(1, types.quantity).doc('The limits, by resource.'),
    scopes: list(2, types.string).atomic().doc('Count only what is in all of these scopes.'),
    scopeSelector: ref(3, scopeSelector).doc('Conditions on what is counted, besides the scopes.'),
  },
  {
    doc: 'How much may be used in a namespace.',
  },
)
export interface ResourceQuotaSpec extends Infer<typeof resourceQuotaSpec> {}

export const resourceQuotaStatus = message(
  'k8s.io.api.core.v1.ResourceQuotaStatus',
  {
    hard: map(1, types.quantity).doc('The limits in force.'),
    used: map(2, types.quantity).doc('What is used, by resource.'),
  },
  {
    doc: 'How much is used.',
  },
)
export interface ResourceQuotaStatus extends Infer<typeof resourceQuotaStatus> {}

const fields = {
  spec: ref(2, resourceQuotaSpec).always().doc('How much may be used.'),
  status: ref(3, resourceQuotaStatus).always().doc('How much is used.'),
}
export interface ResourceQuota extends ObjectOf<typeof fields> {}

const columns: readonly Column<ResourceQuota>[] = [
  column('Request', quota => showUsage(quota.status, false), 'What is used and allowed, limits aside.'),
  column('Limit', quota => showUsage(quota.status, true), 'What is used and allowed of limits.'),
  age,
]

export const resourceQuota = kind({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  scope: 'Namespaced',
  subresources: { status: true },
  doc: 'Limits how much may be used in a namespace.',
  fields,
  tracksGeneration: false,
  validate(quota, at) {
    validateResourceQuota(quota, at)
  },
  validateUpdate(quota, old, at) {
    validateResourceQuotaUpdate(quota, old, at)
  },
  columns,
})
