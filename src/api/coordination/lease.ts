import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, int32, message, microTime, ref, string } from '../../apimachinery/schema/types.ts'
import { age, column } from '../columns.ts'
import { validateLease } from './lease-rules.ts'

export const leaseSpec = message(
  'k8s.io.api.coordination.v1.LeaseSpec',
  {
    holderIdentity: string(1).pointer().doc('Who holds it.'),
    leaseDurationSeconds: int32(2).pointer().doc('Seconds after the last renewal until others may take it.'),
    acquireTime: microTime(3).pointer().doc('When the holder took it.'),
    renewTime: microTime(4).pointer().doc('When the holder last renewed it.'),
    leaseTransitions: int32(5).pointer().doc('How often it changed hands.'),
    strategy: string(6).pointer().doc('How the leader is chosen in coordinated election.'),
    preferredHolder: string(7).pointer().doc('Who should hold it next, in coordinated election.'),
  },
  {
    doc: 'Who holds a lease, and until when.',
  },
)
export interface LeaseSpec extends Infer<typeof leaseSpec> {}

const fields = {
  spec: ref(2, leaseSpec).always().doc('Who holds it, and until when.'),
}
export interface Lease extends ObjectOf<typeof fields> {}

const columns: readonly Column<Lease>[] = [
  column('Holder', ({ spec }) => spec.holderIdentity ?? '', 'Who holds it.'),
  age,
]

export const lease = kind({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  scope: 'Namespaced',
  doc: 'Lets one of several hold a right, as that to lead, for a while.',
  fields,
  tracksGeneration: false,
  createOnUpdate: true,
  validate(lease, at) {
    validateLease(lease.spec, at.child('spec'))
  },
  columns,
})
