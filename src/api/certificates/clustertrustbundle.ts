import { type Column, kind, type ObjectOf } from '../../apimachinery/schema/kind.ts'
import { type Infer, message, ref, string } from '../../apimachinery/schema/types.ts'
import { column } from '../columns.ts'
import { validateClusterTrustBundle, validateTrustBundle } from './clustertrustbundle-rules.ts'

export const clusterTrustBundleSpec = message(
  'k8s.io.api.certificates.v1beta1.ClusterTrustBundleSpec',
  {
    signerName: string(1).immutable().doc('The signer whose certificates they vouch for; none when left out.'),
    trustBundle: string(2).present().doc('Certificates of authorities, as PEM.'),
  },
  { doc: 'Authorities, and the signer they belong to.' },
)
export interface ClusterTrustBundleSpec extends Infer<typeof clusterTrustBundleSpec> {}

const fields = {
  spec: ref(2, clusterTrustBundleSpec).present().doc('The authorities, and the signer they belong to.'),
}
export interface ClusterTrustBundle extends ObjectOf<typeof fields> {}

const columns: readonly Column<ClusterTrustBundle>[] = [
  column('SignerName', ({ spec }) => spec.signerName || '<none>', 'The signer they belong to.'),
]

export const clusterTrustBundle = kind({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterTrustBundle',
  plural: 'clustertrustbundles',
  scope: 'Cluster',
  doc: 'Certificates of authorities that pods can have mounted (KEP-3257).',
  fields,
  tracksGeneration: false,
  // The signer decides which names are good.
  nameFormat: () => [],
  validate(bundle, at) {
    validateClusterTrustBundle(bundle, at)
  },
  validateCreate({ spec }, at) {
    validateTrustBundle(spec.trustBundle, at.child('spec', 'trustBundle'))
  },
  validateUpdate({ spec }, old, at) {
    if (spec.trustBundle !== old.spec.trustBundle) {
      validateTrustBundle(spec.trustBundle, at.child('spec', 'trustBundle'))
    }
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
  columns,
})
