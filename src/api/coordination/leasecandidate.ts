import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, message, microTime, ref, string } from '../../apimachinery/schema/types.ts'
import { isConfigMapKey } from '../../apimachinery/validation/names.ts'
import { age, column } from '../columns.ts'
import { validateLeaseCandidate } from './leasecandidate-rules.ts'

export const leaseCandidateSpec = message(
  'k8s.io.api.coordination.v1beta1.LeaseCandidateSpec',
  {
    leaseName: string(1).present().immutable().doc('Name of the lease that it would hold.'),
    pingTime: microTime(2).pointer().doc('When the candidate was last asked whether it is still there.'),
    renewTime: microTime(3).pointer().doc('When the candidate last answered.'),
    binaryVersion: string(4).present().doc('Version of the program, as 1.36.0.'),
    emulationVersion: string(5).doc('Version that the program behaves as; not above its own.'),
    strategy: string(6).required().doc('How the leader is chosen: OldestEmulationVersion.'),
  },
  {
    doc: 'Who would hold a lease.',
    validate(spec, at) {
      validateLeaseCandidate(spec, at)
    },
  },
)
export interface LeaseCandidateSpec extends Infer<typeof leaseCandidateSpec> {}

const fields = {
  spec: ref(2, leaseCandidateSpec).present().doc('Who would hold a lease.'),
}
export interface LeaseCandidate extends ObjectOf<typeof fields> {}

const columns: readonly Column<LeaseCandidate>[] = [
  column('LeaseName', ({ spec }) => spec.leaseName, 'The lease.'),
  column('BinaryVersion', ({ spec }) => spec.binaryVersion, 'Version of the program.'),
  column('EmulationVersion', ({ spec }) => spec.emulationVersion ?? '', 'Version that it behaves as.'),
  age,
]

export const leaseCandidate = kind({
  group: 'coordination.k8s.io',
  version: 'v1beta1',
  kind: 'LeaseCandidate',
  plural: 'leasecandidates',
  scope: 'Namespaced',
  doc: 'Would hold a lease; in coordinated election the server chooses among candidates (KEP-4355).',
  deprecated: {
    warning: 'coordination.k8s.io/v1beta1 LeaseCandidate is deprecated in v1.36+, unavailable in v1.39+',
    removedRelease: '1.39',
  },
  fields,
  tracksGeneration: false,
  createOnUpdate: true,
  nameFormat: isConfigMapKey,
  columns,
})
