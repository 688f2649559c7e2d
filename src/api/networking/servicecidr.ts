import { condition } from '../../apimachinery/meta/condition.ts'
import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, list, message, ref, types } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { validateServiceCIDR, validateServiceCIDRUpdate } from './servicecidr-rules.ts'

export const serviceCIDRSpec = message(
  'k8s.io.api.networking.v1.ServiceCIDRSpec',
  { cidrs: list(1, types.string).atomic().doc('One range, or one of each IP family.') },
  { doc: 'Ranges that Services get their addresses from.' },
)
export interface ServiceCIDRSpec extends Infer<typeof serviceCIDRSpec> {}

export const serviceCIDRStatus = message(
  'k8s.io.api.networking.v1.ServiceCIDRStatus',
  { conditions: list(1, condition).mapKeys('type').patchMerge('type').doc('Observations, by type.') },
  { doc: 'What is known of the ranges.' },
)
export interface ServiceCIDRStatus extends Infer<typeof serviceCIDRStatus> {}

const fields = {
  spec: ref(2, serviceCIDRSpec).always().doc('The ranges.'),
  status: ref(3, serviceCIDRStatus).always().doc('What is known of them.'),
}
export interface ServiceCIDR extends ObjectOf<typeof fields> {}

const columns: readonly Column<ServiceCIDR>[] = [
  column('CIDRs', ({ spec }) => spec.cidrs?.join(',') ?? '', 'The ranges.'),
  age,
]

export const serviceCIDR = kind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  scope: 'Cluster',
  doc: 'Ranges that Services get their addresses from.',
  fields,
  subresources: { status: true },
  validateCreate({ spec }, at) {
    validateServiceCIDR(spec, at.child('spec', 'cidrs'))
  },
  validateUpdate(now, old, at) {
    validateServiceCIDRUpdate(now.spec, old.spec, at.child('spec', 'cidrs'))
  },
  columns,
})
