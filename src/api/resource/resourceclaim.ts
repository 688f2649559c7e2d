import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { ref } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { resourceClaimStatus } from './allocation.ts'
import { resourceClaimSpec } from './claim.ts'
import { validateResourceClaimStatus } from './status-rules.ts'

const fields = {
  spec: ref(2, resourceClaimSpec).present().immutable().doc('What is asked for.'),
  status: ref(3, resourceClaimStatus).always().doc('What it got, and who uses it.'),
}
export interface ResourceClaim extends ObjectOf<typeof fields> {}

function stateOf({ metadata, status }: ResourceClaim): string {
  const deleted = metadata.deletionTimestamp !== undefined
  const { allocation, reservedFor = [] } = status
  return [
    deleted && 'deleted',
    !(allocation || deleted) && 'pending',
    allocation && 'allocated',
    allocation && reservedFor.length > 0 && 'reserved',
  ]
    .filter(Boolean)
    .join(',')
}

const columns: readonly Column<ResourceClaim>[] = [
  column('State', stateOf, 'Whether it is pending, allocated, reserved or deleted.'),
  age,
]

export const resourceClaim = kind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  scope: 'Namespaced',
  doc: 'Asks for devices, as GPUs, that pods can then use.',
  fields,
  subresources: { status: true },
  tracksGeneration: false,
  validateStatusUpdate(claim, old, at) {
    validateResourceClaimStatus(claim, old, at.child('status'))
  },
  columns,
})
